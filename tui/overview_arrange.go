package tui

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"github.com/etcdoc/etcdoc/thresholds"
)

// Sort is what the members are sorted by in the table and the charts.
type Sort string

// The sort orders: list is the member list's own, name and role ascend, all others begin with the worst or the
// largest.
const (
	SortList  Sort = "list"
	SortName  Sort = "name"
	SortRole  Sort = "role"
	SortState Sort = "state"
	SortWAL   Sort = "wal"
	SortLag   Sort = "lag"
	SortDB    Sort = "db"
)

// Sorts are all sort orders, in the order in which the key goes through them.
func Sorts() []Sort {
	return []Sort{SortList, SortName, SortRole, SortState, SortWAL, SortLag, SortDB}
}

// column is the title of the column to sort by; empty for the member list's own order.
func (s Sort) column() string {
	switch s {
	case SortName:
		return "MEMBER"
	case SortRole:
		return "ROLE"
	case SortState:
		return "STATE"
	case SortWAL:
		return "WAL p99"
	case SortLag:
		return "LAG"
	case SortDB:
		return "DB"
	}
	return ""
}

// ascends says that the order begins with the least.
func (s Sort) ascends() bool { return s == SortName || s == SortRole }

func (s Sort) vital() (v thresholds.Vital, by bool) {
	switch s {
	case SortWAL:
		return thresholds.WALFsyncP99, true
	case SortLag:
		return thresholds.ApplyLag, true
	case SortDB:
		return thresholds.DBSize, true
	}
	return 0, false
}

// compare orders two members; members that are equal in it keep their order.
func (s Sort) compare(a, b *thresholds.Member) int {
	switch s {
	case SortName:
		return compareNames(a.Label, b.Label)
	case SortRole:
		return cmp.Compare(roleOrder(a.Role), roleOrder(b.Role))
	case SortState:
		return cmp.Or(cmp.Compare(b.Condition.Level, a.Condition.Level),
			cmp.Compare(stateOrder(a.State), stateOrder(b.State)))
	}
	v, by := s.vital()
	if !by {
		return 0
	}
	x, _ := a.Shown(v)
	y, _ := b.Shown(v)
	doubt := func(a *thresholds.Member, known bool) int {
		switch {
		case !known:
			return 2
		case a.IsStale(v):
			return 1
		}
		return 0
	}
	return cmp.Or(cmp.Compare(doubt(a, x.IsKnown()), doubt(b, y.IsKnown())), cmp.Compare(y.Or(0), x.Or(0)))
}

func roleOrder(r thresholds.Role) int {
	return indexOr(r, thresholds.RoleLeader, thresholds.RoleFollower, thresholds.RoleLearner)
}

func stateOrder(s thresholds.State) int {
	return indexOr(s, thresholds.StateDown, thresholds.StateLate, thresholds.StateOutOfReach, thresholds.StateOK)
}

// indexOr is the place of a value among known ones; that of any other value is behind them.
func indexOr[T comparable](value T, known ...T) int {
	if at := slices.Index(known, value); at >= 0 {
		return at
	}
	return len(known)
}

// compareNames orders names as people do: etcd-2 before etcd-10.
func compareNames(a, b string) int {
	for a != "" && b != "" {
		x, y := digits(a), digits(b)
		if x > 0 && y > 0 {
			n, m := strings.TrimLeft(a[:x], "0"), strings.TrimLeft(b[:y], "0")
			if order := cmp.Or(cmp.Compare(len(n), len(m)), cmp.Compare(n, m)); order != 0 {
				return order
			}
			a, b = a[x:], b[y:]
			continue
		}
		if a[0] != b[0] {
			return cmp.Compare(a[0], b[0])
		}
		a, b = a[1:], b[1:]
	}
	return cmp.Compare(len(a), len(b))
}

// digits is how many digits a text starts with.
func digits(s string) int { return len(s) - len(strings.TrimLeft(s, "0123456789")) }

// arrange filters and sorts the members shown. The selection stays with its member, even where a given endpoint turns
// out to be a member with an id. When it is gone, the overview selects the first member; an open page stays with the
// member that it is about, whatever the filter, and so does a paused view, which may show a time before the member
// joined.
func (m model) arrange() model {
	all := m.shown.assessment.Members
	members := make([]thresholds.Member, 0, len(all))
	for i := range all {
		if m.passes(&all[i]) || m.page() != pageOverview && all[i].Key == m.selected {
			members = append(members, all[i])
		}
	}
	slices.SortStableFunc(members, func(a, b thresholds.Member) int { return m.overview.sort.compare(&a, &b) })
	m.shown.members = members
	if m.selection() >= 0 || len(members) == 0 {
		return m
	}
	found := slices.IndexFunc(members, func(a thresholds.Member) bool {
		return slices.Contains(a.Endpoints, m.selected)
	})
	switch {
	case found >= 0:
		m.selected = members[found].Key
	case m.selected == "" || m.page() == pageOverview && !m.paused:
		m.selected = members[0].Key
	}
	return m
}

// passes reports that a member passes the filter: its name, addresses, role or state contain each word of it.
func (m model) passes(a *thresholds.Member) bool {
	if m.overview.filter == "" {
		return true
	}
	texts := []string{a.Label, m.theme.clean(a.Label), m.shortName(a.MemberRef), string(a.Role), string(a.State),
		m.stateCell(a).text}
	texts = append(texts, a.Endpoints...)
	if a.ID != 0 {
		texts = append(texts, a.ID.String())
	}
	about := strings.ToLower(strings.Join(texts, "\n"))
	for _, word := range strings.Fields(strings.ToLower(m.overview.filter)) {
		if !strings.Contains(about, word) {
			return false
		}
	}
	return true
}

// onArrangeKey takes the keys that sort and filter the members.
func (m model) onArrangeKey(msg tea.KeyMsg) (model, bool) {
	switch k := m.keys; {
	case key.Matches(msg, k.Sort):
		m.overview.sort = following(Sorts(), m.overview.sort)
		m = m.arrange().say("sorted: "+m.overview.sort.words(), nil)
	case key.Matches(msg, k.Filter):
		m = m.askFilter()
	case key.Matches(msg, k.Back) && m.overview.filter != "":
		m = m.withFilter("")
	default:
		return m.onColumnsKey(msg)
	}
	return m, true
}

// words describes the order.
func (s Sort) words() string {
	switch {
	case s == SortList:
		return "as the member list has them"
	case s == SortState:
		return "by state, the worst first"
	case s.ascends():
		return "by " + strings.ToLower(s.column())
	}
	return "by " + s.column() + ", the largest first"
}

// following is the next value, the first one after the last.
func following[T comparable](all []T, value T) T { return all[(slices.Index(all, value)+1)%len(all)] }

// withFilter filters the members by a text.
func (m model) withFilter(text string) model {
	m.overview.filter = strings.TrimSpace(text)
	return m.arrange()
}

// askFilter prompts for a filter, which applies while it is typed; leaving the prompt restores the one before.
func (m model) askFilter() model {
	was, selected := m.overview.filter, m.selected
	narrow := func(m model, text string) model {
		m.selected = selected
		return m.withFilter(text)
	}
	return m.ask(prompt{
		label: "filter",
		hint: func(m model) []string {
			return []string{m.filterCount(" of ") + ": name, id, endpoint, role, state"}
		},
		changed: narrow,
		done: func(m model, text string) (model, tea.Cmd) {
			if m = narrow(m, text); m.overview.filter != "" {
				m = m.say(m.filterNote()+"; esc clears it", nil)
			}
			return m, nil
		},
		undone: func(m model) model { return narrow(m, was) },
	}, was)
}

// filterCount is how many members pass the filter, and out of how many; of goes between the two.
func (m model) filterCount(of string) string {
	return strconv.Itoa(len(m.shown.members)) + of + strconv.Itoa(len(m.shown.assessment.Members))
}

// filterNote names the filter and how many members pass it; empty where there is none.
func (m model) filterNote() string {
	if m.overview.filter == "" {
		return ""
	}
	return "filter: " + m.theme.clean(m.overview.filter) + " (" + m.filterCount(" of ") + ")"
}
