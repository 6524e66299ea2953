package tui

import (
	"io"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/thresholds"
	"github.com/etcdoc/etcdoc/tui/internal/redact"
)

// judge is what the dashboard needs of an evaluator. The event loop owns it.
type judge interface {
	Observe(probe.Sweep) thresholds.Assessment
	// Events are the newest n events, oldest first.
	Events(n int) []thresholds.Event
	history
}

// history is what the charts are drawn from.
type history interface {
	Columns(member string, v thresholds.Vital, to time.Time, window time.Duration, n int) []probe.Value
	Roles(member string, to time.Time, window time.Duration, n int) []thresholds.RoleColumn
}

// evaluator is the real judge.
type evaluator struct{ *thresholds.Evaluator }

func (e evaluator) Columns(member string, v thresholds.Vital, to time.Time, window time.Duration, n int) []probe.Value {
	return e.History().Columns(member, v, to, window, n)
}

func (e evaluator) Roles(member string, to time.Time, window time.Duration, n int) []thresholds.RoleColumn {
	return e.History().Roles(member, to, window, n)
}

// Poller lets keys change the pace of a live source. Its methods must not block.
type Poller interface {
	// SetInterval sets the time from one sweep to the next.
	SetInterval(time.Duration)
	// Hurry begins the next sweep now.
	Hurry()
	// Mark adds a note to the next sweep.
	Mark(probe.Mark)
}

// eventsKept is how many of the newest events the dashboard has at hand: all that the evaluator keeps.
const eventsKept = 1000

// shown is what the screen shows: everything as of one moment. It is never changed.
type shown struct {
	moment
	// members are those of the assessment that the filter leaves, sorted.
	members []thresholds.Member
	// events are those that were known then, oldest first.
	events []thresholds.Event
	// firstMark is the number of the first mark among them: how many there were before it.
	firstMark int
}

// known says that there has been a sweep.
func (m *moment) known() bool { return !m.assessment.At.IsZero() }

// model is the state of the dashboard. It is a value: Update returns a changed copy.
type model struct {
	source probe.Source
	poller Poller
	judge  judge
	run    *background
	rules  ruleSet
	theme  *theme // replaced, never changed
	// looks are what the theme is made of, limitedTo what the terminal takes of that.
	looks     looks
	limitedTo terminalLimits
	// presenting is for a shared screen: names and addresses have aliases, and the keys pressed last are echoed.
	presenting bool
	aliases    *redact.Aliases
	echoed     []string
	keys       *keyMap
	started    time.Time
	// clipboard is the terminal, which puts on its clipboard what it is told to; inScreen says that screen(1) is between.
	clipboard io.Writer
	inScreen  bool
	// suspends says that a shell with job control is there to go back to.
	suspends bool

	cluster   string
	endpoints []string
	reach     []string
	interval  time.Duration
	window    time.Duration
	local     bool
	// version is this program's, configPath and logPath are the files in use, for the help.
	version, configPath, logPath string
	// unverified says that the members' certificates are not verified.
	unverified bool

	width, height int
	now           time.Time
	swept         time.Time // when the last sweep came in
	paced         time.Time // when a key last changed the interval
	// live is the newest sweep, log every event until then, and session what has been seen since the start.
	live    moment
	log     []thresholds.Event
	session thresholds.Session
	// marks are all that were made, oldest first; unsweptMarks how many more no sweep has brought yet.
	marks        []probe.Mark
	unsweptMarks int
	past         *past
	// shown is what is on the screen: live, or where paused the moment under the cursor.
	shown  shown
	paused bool
	// ended is why there will be no more sweeps: io.EOF at the end of a recording.
	ended error

	// scale is how the charts' y-axes are chosen, and chart the number of the one that a key put in focus; 0 where none did.
	scale Scale
	chart int
	// readAt is the moment that is read in a zoomed chart; zero for the newest.
	readAt time.Time

	// sort and filter arrange the members; selected is the key of the selected one.
	sort     Sort
	filter   string
	selected string
	// drainOn is the command that is selected on the drain page, by its id; where it is empty the selected member is.
	drainOn string
	// pages are the ones that esc leads back through, the last one is shown; none is the overview.
	pages []page
	// events is what the events page shows of all events.
	events eventFilter
	// finding is the selected entry of the findings page.
	finding findingID
	// compared are the marks that are compared, marking is what the one being typed announces.
	compared compared
	marking  marking
	// prompt is the line that is being typed, and notice what is said about the last key.
	prompt prompt
	notice notice
	// helping shows the help, from its line helpTop on.
	helping bool
	helpTop int
	// frame is the window's content, made anew by Update when anything on it may have changed.
	frame string
	// leaving is how the program was told to end.
	leaving leave
	cause   error
}

// leave is how the program ends.
type leave int

const (
	leaveNot     leave = iota
	leaveSummary       // print the summary
	leaveScreen        // print the summary under the last screen
	leaveAtOnce        // print nothing
)

// Init starts the sweep loop and the clock.
func (m model) Init() tea.Cmd {
	return tea.Batch(m.run.sweepCmd(m.source), m.run.tickCmd())
}

// View is the frame that Update made.
func (m model) View() string { return m.frame }

// moment is the time that ages on the screen are counted to: now, or the moment of the pause.
func (m model) moment() time.Time {
	if at := m.shown.assessment.At; m.paused || m.now.Before(at) {
		return at
	}
	return m.now
}

// The steps of the keys that change the window and the interval.
var (
	windows   = [...]time.Duration{time.Minute, 5 * time.Minute, 15 * time.Minute, time.Hour, 6 * time.Hour, 24 * time.Hour}
	intervals = [...]time.Duration{
		500 * time.Millisecond, time.Second, 2 * time.Second, 5 * time.Second,
		10 * time.Second, 30 * time.Second, time.Minute,
	}
)

// step is the neighbour of current among steps, which ascend: the next above for up, else the next below.
func step(steps []time.Duration, current time.Duration, up bool) time.Duration {
	if up {
		for _, s := range steps {
			if s > current {
				return s
			}
		}
		return max(current, steps[len(steps)-1])
	}
	for i := len(steps) - 1; i >= 0; i-- {
		if steps[i] < current {
			return steps[i]
		}
	}
	return min(current, steps[0])
}
