package tui

import (
	"bytes"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/ansi"

	"github.com/etcdoc/etcdoc/thresholds"
	"github.com/etcdoc/etcdoc/tui/internal/redact"
	"github.com/etcdoc/etcdoc/tui/internal/svg"
)

// snapshot is the screen as it is to be kept.
type snapshot struct {
	frame, title string
	assessment   *thresholds.Assessment
	light        bool            // the theme is made for a light background
	aliases      *redact.Aliases // hide names and addresses in all that is kept; nil: they are shown
}

// contents are the frame as text and as a picture, and the assessment that it shows.
func (s *snapshot) contents() ([]content, error) {
	var assessment bytes.Buffer
	encoder := json.NewEncoder(&assessment)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(s.assessment); err != nil {
		return nil, err
	}
	var text strings.Builder
	for line := range strings.SplitSeq(ansi.Strip(s.frame), "\n") {
		text.WriteString(strings.TrimRight(line, " ") + "\n")
	}
	inks := svg.Dark()
	if s.light {
		inks = svg.Light()
	}
	document := assessment.String()
	if s.aliases != nil {
		document = s.aliases.RedactJSON(document)
	}
	return []content{{".txt", text.String()}, {".svg", inks.Render(s.frame, s.title)}, {".json", document}}, nil
}

// writeSnapshot writes the files and says where they are; shown makes a path fit for the screen.
func writeSnapshot(name string, kept []content, shown func(string) string) tea.Msg {
	paths, err := writeNew(name, kept...)
	if err != nil {
		return noticeMsg{err: fmt.Errorf("writing a snapshot: %w", err)}
	}
	var suffixes []string
	for _, path := range paths {
		suffixes = append(suffixes, strings.TrimPrefix(filepath.Ext(path), "."))
	}
	base := strings.TrimSuffix(paths[0], filepath.Ext(paths[0]))
	return noticeMsg{text: "snapshot: " + shown(base) + ".{" + strings.Join(suffixes, ",") + "}"}
}
