package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/etcdoc/etcdoc/thresholds"
)

// changing is a runner of a command in a folder of its own, and the outcomes of its runs.
type changing struct {
	*onChange
	t      *testing.T
	folder string
	log    *lockedWriter
	runs   chan error
}

func startChanging(t *testing.T, command string, limit time.Duration) *changing {
	t.Helper()
	others := goleak.IgnoreCurrent() // a cluster that tests share may run
	t.Cleanup(func() { goleak.VerifyNone(t, others) })
	t.Chdir(t.TempDir())
	c := &changing{t: t, folder: ".", log: &lockedWriter{to: new(bytes.Buffer)}, runs: make(chan error, 10)}
	c.onChange = newOnChange(command, c.log)
	c.limit, c.onChange.log = limit, slog.New(ends{c.onChange.log.Handler(), c.runs})
	c.start()
	t.Cleanup(c.Close)
	c.see(thresholds.OK) // what the rest is compared with
	return c
}

// ends is a log that passes on with what error each run ended.
type ends struct {
	slog.Handler
	runs chan<- error
}

func (l ends) Handle(ctx context.Context, r slog.Record) error {
	failed := l.Handler.Handle(ctx, r)
	if r.Message == "on-change ended" {
		r.Attrs(func(a slog.Attr) bool {
			if a.Key == "err" {
				err, _ := a.Value.Any().(error)
				l.runs <- err
			}
			return true
		})
	}
	return failed
}

// see observes an assessment.
func (c *changing) see(level thresholds.Level) {
	c.Observe(&thresholds.Assessment{Level: level,
		Reading: thresholds.Reading{Headline: level.String() + " `touch x`"}})
}

// outcome waits for the next run's end.
func (c *changing) outcome() error {
	c.t.Helper()
	select {
	case err := <-c.runs:
		return err
	case <-time.After(patience):
		c.t.Fatal("no run ends")
		return nil
	}
}

func (c *changing) read(name string) string {
	c.t.Helper()
	text, err := os.ReadFile(filepath.Join(c.folder, name))
	if err != nil {
		c.t.Fatal(err)
	}
	return string(text)
}

func (c *changing) logged() string {
	c.log.mu.Lock()
	defer c.log.mu.Unlock()
	return c.log.to.(*bytes.Buffer).String()
}

// await waits until something holds.
func (c *changing) await(what string, holds func() bool) {
	c.t.Helper()
	for deadline := time.Now().Add(patience); !holds(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			c.t.Fatalf("%s does not happen", what)
		}
	}
}

// TestOnChangeGetsTheJSON on its standard input, and nothing of the cluster's in its command.
func TestOnChangeGetsTheJSON(t *testing.T) {
	c := startChanging(t, "cat > got; echo said; echo complained >&2; printf 'esc \\033[2J'", onChangeLimit)
	c.see(thresholds.OK) // no change
	c.see(thresholds.Critical)
	if err := c.outcome(); err != nil {
		t.Fatal(err)
	}
	var got struct{ Schema, Level string }
	if err := json.Unmarshal([]byte(c.read("got")), &got); err != nil || got.Level != "critical" ||
		got.Schema != thresholds.Schema {
		t.Errorf("its input is %s (%v)", c.read("got"), err)
	}
	if _, err := os.Stat("x"); err == nil {
		t.Error("a shell ran what the headline says")
	}
	for _, want := range []string{"line=said", "line=complained", `esc \\x1b[2J`, "on-change ended"} {
		if !strings.Contains(c.logged(), want) {
			t.Errorf("the log lacks %q:\n%s", want, c.logged())
		}
	}
	if len(c.runs) > 0 {
		t.Error("it ran again")
	}
}

// TestOnChangeRunsOneAtATime, and once more with what is newest.
func TestOnChangeRunsOneAtATime(t *testing.T) {
	c := startChanging(t, "cat > got.$$; touch begun; while [ ! -e go ]; do sleep 0.01; done; mv got.$$ got",
		onChangeLimit)
	c.see(thresholds.Warning)
	c.await("the first run", func() bool { _, err := os.Stat("begun"); return err == nil })
	c.see(thresholds.Critical)
	c.see(thresholds.OK)
	c.see(thresholds.Notice)
	if err := os.WriteFile("go", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := c.outcome(); err != nil {
			t.Fatal(err)
		}
	}
	if !strings.Contains(c.read("got"), `"level": "notice"`) {
		t.Errorf("the second run's input is not the newest:\n%s", c.read("got"))
	}
	c.Close()
	if len(c.runs) > 0 {
		t.Error("there is a third run")
	}
}

// TestOnChangeFails: the exit status is reported, a run that hangs is killed with all that it has started.
func TestOnChangeFails(t *testing.T) {
	for command, want := range map[string]string{
		"exit 3":          "--on-change: exit status 3",
		"no-such-command": "--on-change: exit status 127",
		"kill -9 $$":      "--on-change: signal: killed",
		"sleep 1000 & echo $! > child; wait": "--on-change: killed after " +
			thresholds.FormatDuration(300*time.Millisecond),
	} {
		t.Run(command, func(t *testing.T) {
			c := startChanging(t, command, 300*time.Millisecond)
			c.see(thresholds.Warning)
			if err := c.outcome(); err == nil || err.Error() != want {
				t.Errorf("ended with %v, want %s", err, want)
			}
			if err := <-c.Reports(); err == nil || err.Error() != want {
				t.Errorf("reports %v, want %s", err, want)
			}
			if strings.Contains(command, "child") {
				c.awaitDeath(c.read("child"))
			}
		})
	}
}

// TestOnChangeLeavesNoOrphan when etcdoc is left, nor when the shell leaves something in the background.
func TestOnChangeLeavesNoOrphan(t *testing.T) {
	c := startChanging(t, "sleep 1000 & echo $! > writing; mv writing child; wait", onChangeLimit)
	c.see(thresholds.Warning)
	c.await("the child", func() bool { _, err := os.Stat("child"); return err == nil })
	c.Close()
	c.awaitDeath(c.read("child"))

	c = startChanging(t, "sleep 1000 & echo $! > child", onChangeLimit)
	c.see(thresholds.Warning)
	if err := c.outcome(); err != nil {
		t.Error(err)
	}
	c.awaitDeath(c.read("child"))
}

// awaitDeath waits until a process is gone, or dead and not reaped.
func (c *changing) awaitDeath(pid string) {
	c.t.Helper()
	pid = strings.TrimSpace(pid)
	if _, err := strconv.Atoi(pid); err != nil {
		c.t.Fatal(err)
	}
	c.await("the death of "+pid, func() bool {
		stat, err := os.ReadFile("/proc/" + pid + "/stat")
		_, state, _ := strings.Cut(string(stat), ") ")
		return err != nil || strings.HasPrefix(state, "Z")
	})
}

// TestOnChangeLogsALittle of what never ends.
func TestOnChangeLogsALittle(t *testing.T) {
	c := startChanging(t, "yes 12345678901234567890 | head -c 1000000", onChangeLimit)
	c.see(thresholds.Warning)
	if err := c.outcome(); err != nil {
		t.Error(err)
	}
	if n := strings.Count(c.logged(), "1234567890\n"); n > onChangeOutput/20 ||
		!strings.Contains(c.logged(), "more is not logged") {
		t.Errorf("%d lines are logged", n)
	}
}

// TestPlainReportsOnChange in a line of its own.
func TestPlainReportsOnChange(t *testing.T) {
	t.Chdir(t.TempDir())
	c := startChanging(t, "exit 3", onChangeLimit)
	c.see(thresholds.Warning)
	_ = c.outcome()
	var out strings.Builder
	p := &plainLog{w: &out, changes: c.onChange}
	c.await("the report", func() bool { p.writeReport(time.Unix(0, 0)); return out.Len() > 0 })
	if !strings.Contains(out.String(), "RUN       --on-change: exit status 3\n") {
		t.Errorf("%q", out.String())
	}
}
