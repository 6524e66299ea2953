package tui

import (
	"io"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/thresholds"
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
	// Begins is the time of the oldest data; zero if there is none.
	Begins() time.Time
	// Charts are several vitals of a member, Columns one of them, and Peak the largest of those.
	Charts(member string, vitals []thresholds.Vital, to time.Time, window time.Duration, n int) []thresholds.Chart
	Columns(member string, v thresholds.Vital, to time.Time, window time.Duration, n int) []probe.Value
	Peak(member string, v thresholds.Vital, to time.Time, window time.Duration, n int) probe.Value
	Roles(member string, to time.Time, window time.Duration, n int) []thresholds.RoleColumn
}

// evaluator is the real judge.
type evaluator struct {
	*thresholds.Evaluator
	*thresholds.History
}

func judgeOf(e *thresholds.Evaluator) judge { return evaluator{e, e.History()} }

// Poller lets keys change the interval of a live source. Its methods must not block.
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
	observation
	// inhibition is which of its findings explain which.
	inhibition *thresholds.Inhibition
	// members are those of the assessment that the filter leaves, sorted.
	members []thresholds.Member
	// events are those that were known then, oldest first.
	events []thresholds.Event
	// firstMark is the number of the first mark among them.
	firstMark int
}

// known says that there has been a sweep.
func (m *observation) known() bool { return !m.assessment.At.IsZero() }

// cluster is what is known of a cluster, and which part of that is on the screen.
type cluster struct {
	conn  connection
	judge judge
	rules thresholds.RuleSet
	seen  seen
	marks marks

	// shown is what is on the screen: the newest sweep, or while paused the one under the cursor.
	shown  shown
	paused bool
	// selected is the key of the selected member.
	selected string
	// pages are the ones that esc leads back through, the last one is shown; none is the overview.
	pages []page

	overview  overviewPage
	member    memberView
	charts    charts
	drain     drainPage
	events    eventsPage
	findings  findingsPage
	detail    detailView
	compare   comparePage
	reading   readingPage
	space     spacePage
	attention attention
	// alerted is what alerts were about so far.
	alerted thresholds.Watch
}

// model is the state of the dashboard. It is a value: Update returns a changed copy. What only one page needs is in
// that page's own struct.
type model struct {
	program program
	screen  screen
	keys    *keyMap

	appearance appearance
	// theme is made of the appearance, within what the screen can show. It is replaced, never changed.
	theme   *theme
	present presentPage

	// cluster is the one on the screen, clusters are the others.
	cluster
	clusters clusters

	// now is the time of the newest message.
	now    time.Time
	help   helpPage
	alerts alerts

	// prompt is the line that is being typed, and notice what is said about the last key.
	prompt prompt
	notice notice
}

// program is this process: what it runs, what it was started with, and how it ends.
type program struct {
	run *background
	// version is this program's, configPath and logPath are the files in use, for the help.
	version, configPath, logPath string
	// keepColumns keeps the hidden columns for the next time, in the file at statePath; nil: nothing is kept.
	keepColumns func(hidden []string) error
	statePath   string
	// leaving is how the program ends; cause is why, where that came from outside.
	leaving leave
	cause   error
}

// connection is where the sweeps come from.
type connection struct {
	source probe.Source
	poller Poller // nil for a source whose interval can't be changed
	space  Space  // nil where there is no live cluster
	// close ends the source; nil where the user can't switch to another one.
	close func()
	// turn tells this connection's sweeps from those of connections before it.
	turn int
	// since is when the first sweep was asked for, and until when another cluster was shown; zero while none is.
	since, until time.Time
	// on names the cluster among those to switch to. cluster is its name on the screen, endpoints are those given, and
	// reach the flags that lead to it.
	on, cluster      string
	endpoints, reach []string
	// unverified says that nobody verifies the members' certificates.
	unverified bool
	// interval is the time from one sweep to the next, and intervalChanged when a key last changed it.
	interval        time.Duration
	intervalChanged time.Time
	// changes runs the user's command; nil without one.
	changes Changes
	// ended is why there will be no more sweeps: io.EOF at the end of a recording.
	ended error
}

// screen is the terminal.
type screen struct {
	width, height int
	// frame is the window's content, made anew by Update when anything on it may have changed.
	frame string
	// names are the members' names in the frame.
	names  screenNames
	limits terminalLimits
	// terminal takes sequences beside the frame, such as OSC 52; inScreen says that screen(1) is between.
	terminal io.Writer
	inScreen bool
	// suspends says that a shell with job control is there to go back to.
	suspends bool
}

// seen is what the sweeps so far say.
type seen struct {
	// at is when the last sweep came in.
	at time.Time
	// live is the newest sweep, log every event until then, and session the worst since the start.
	live    observation
	log     []thresholds.Event
	session thresholds.Session
	// past are the observations that the cursor can go to.
	past *past
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
	run := m.program.run
	return tea.Batch(run.sweepCmd(&m.conn), run.tickCmd(), run.changesCmd(m.conn.changes))
}

// View is the frame that Update made.
func (m model) View() string { return m.screen.frame }

// elapsed is how long something has gone on by the moment shown, and left is how much of it is left: every span on the
// screen is measured there, so that the same one never has two values.
func (m model) elapsed(since time.Time) time.Duration { return m.shown.assessment.At.Sub(since) }
func (m model) left(until time.Time) time.Duration    { return until.Sub(m.shown.assessment.At) }

// asOf is the time that the age of data is counted to: now, or the moment of the pause.
func (m model) asOf() time.Time {
	if at := m.shown.assessment.At; m.paused || m.now.Before(at) {
		return at
	}
	return m.now
}

// The steps of the keys that change the window and the interval.
var (
	windows = [...]time.Duration{
		time.Minute, 5 * time.Minute, 15 * time.Minute, time.Hour, 6 * time.Hour, 24 * time.Hour,
	}
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
