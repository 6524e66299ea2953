package main

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/creack/pty"
	pb "go.etcd.io/etcd/api/v3/etcdserverpb"
)

// markup ends a picture's title, a text, an attribute and the picture, and begins a script: as much of it as a name on
// the screen has room for, behind what is obeyed by a terminal.
const markup = tellTale + "\x1b]0;x\x07\"'></title></text></svg><script>]]>&lt;"

// TestSnapshotsHoldHostileTextAsText keeps the dashboard of members, and of a cluster, with such names: the picture has
// them as text, and in the other files no terminal obeys them.
func TestSnapshotsHoldHostileTextAsText(t *testing.T) {
	t.Parallel()
	reach := hostile(t, []*villain{{
		status: plainStatus,
		list: func() (*pb.MemberListResponse, error) {
			return &pb.MemberListResponse{Header: header(), Members: []*pb.Member{
				{ID: 1, Name: "<b>" + tellTale + "&\"'\x1b[31m", ClientURLs: []string{"http://127.0.0.1:1/" + markup}},
				{ID: 2, Name: markup, ClientURLs: []string{markup}, PeerURLs: []string{"http://" + markup}},
			}}, nil
		},
	}}, func(w http.ResponseWriter, _ *http.Request, id, _ int) {
		begin(w, id)
		_, _ = io.WriteString(w, hostileExposition)
	})
	config := fmt.Sprintf("clusters:\n  one:\n    name: %q\n    endpoints: [%q]\n    metrics-endpoints: [%q]\n",
		"</title><script>"+tellTale, reach[1], reach[3])
	folder := t.TempDir()
	cmd := etcdoc(t, "--config", hostileFile(t, config), "--on", "one", "--interval", "100ms")
	cmd.Dir = folder
	ptmx, _, _, said := startOnTerminal(t, cmd)
	if err := pty.Setsize(ptmx, &pty.Winsize{Rows: 60, Cols: 200}); err != nil {
		t.Fatal(err)
	}
	said.await(t, "1/2 healthy")
	if _, err := io.WriteString(ptmx, "S"); err != nil {
		t.Fatal(err)
	}
	said.await(t, ".{txt,svg,json}")
	_ = cmd.Process.Signal(syscall.SIGTERM)
	ended(t, cmd)
	kept := make(map[string]string)
	files, err := filepath.Glob(filepath.Join(folder, "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		kept[filepath.Ext(file)] = string(text)
		checkTame(t, filepath.Base(file), string(text), filepath.Base(file))
	}
	if len(files) != 3 || !json.Valid([]byte(kept[".json"])) {
		t.Errorf("it has kept %q", files)
	}
	checkPicture(t, kept[".svg"])
}

// checkPicture checks that a picture has elements that draw, and attributes of theirs, alone, and the names as text.
func checkPicture(t *testing.T, picture string) {
	t.Helper()
	var text strings.Builder
	decoder := xml.NewDecoder(strings.NewReader(picture))
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("the picture is no XML: %v: %s", err, picture)
		}
		switch token := token.(type) {
		case xml.StartElement:
			if !slices.Contains([]string{"svg", "title", "rect", "text"}, token.Name.Local) {
				t.Errorf("it has an element %s", token.Name.Local)
			}
			for _, a := range token.Attr {
				if strings.HasPrefix(a.Name.Local, "on") || strings.Contains(a.Value, tellTale) {
					t.Errorf("%s has the attribute %s=%q", token.Name.Local, a.Name.Local, a.Value)
				}
			}
		case xml.CharData:
			text.Write(token)
			text.WriteByte(' ')
		case xml.Comment, xml.ProcInst, xml.Directive:
			t.Errorf("it has %T", token)
		}
	}
	for _, name := range []string{"</title><script>" + tellTale, "<b>" + tellTale + "&\"'"} {
		if !strings.Contains(text.String(), name) {
			t.Errorf("it lacks %q: %s", name, text.String())
		}
	}
}
