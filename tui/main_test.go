package tui

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/probe/etcdtest"
	"github.com/etcdoc/etcdoc/thresholds"
)

// childEnv makes the test binary run as the program with the scenario that it names, instead of running tests.
const childEnv = "ETCDOC_TUI_SCENARIO"

// ignoreHangupEnv makes that program ignore SIGHUP, as nohup does.
const ignoreHangupEnv = "ETCDOC_TUI_NOHUP"

// endpointsEnv, if set, makes that program watch a real cluster instead, and intervalEnv how often.
const (
	endpointsEnv = "ETCDOC_TUI_ENDPOINTS"
	intervalEnv  = "ETCDOC_TUI_INTERVAL"
)

func TestMain(m *testing.M) {
	etcdtest.Main()
	if endpoints := os.Getenv(endpointsEnv); endpoints != "" {
		os.Exit(realChild(strings.Split(endpoints, ","))) //nolint:forbidigo // see below
	}
	if name := os.Getenv(childEnv); name != "" {
		os.Exit(child(name)) //nolint:forbidigo // the test binary is the program itself here
	}
	// Child processes must not inherit an ignored SIGHUP from nohup: catching the signal here restores the default
	// for them.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGHUP)
	m.Run()
}

// realChild runs the whole program on a real cluster.
func realChild(endpoints []string) int {
	interval, err := time.ParseDuration(cmp.Or(os.Getenv(intervalEnv), "500ms"))
	if err != nil {
		fmt.Fprintln(os.Stderr, "etcdoc:", err)
		return 1
	}
	prober, err := probe.New(probe.Config{Endpoints: endpoints, Cluster: true, Interval: interval})
	if err != nil {
		fmt.Fprintln(os.Stderr, "etcdoc:", err)
		return 1
	}
	defer prober.Close()
	err = Run(context.Background(), Options{
		Target: Target{Source: prober, Poller: prober, Cluster: "real", Endpoints: endpoints},
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, "etcdoc:", err)
		return 1
	}
	return 0
}

// panicking is the scenario whose source panics once everything was shown.
const panicking = "panic"

// bomb is a source that panics at the end of another.
type bomb struct{ *replay }

func (b bomb) Next(ctx context.Context) (probe.Sweep, error) {
	if b.next >= len(b.sweeps) {
		panic("the bomb went off")
	}
	return b.replay.Next(ctx)
}

// child runs the whole program with a scripted source.
func child(name string) int {
	if os.Getenv(ignoreHangupEnv) != "" {
		signal.Ignore(syscall.SIGHUP)
	}
	var bombs bool
	if name == panicking {
		name, bombs = "healthy", true
	}
	sweeps := scenarios()[name].generate()
	// the last of them arrive live, as of now
	lag := time.Since(sweeps[len(sweeps)-1].At).Truncate(time.Second)
	evaluator := thresholds.New(thresholds.Options{})
	for i := range sweeps {
		shift(&sweeps[i], lag)
		if i < len(sweeps)-3 {
			evaluator.Observe(sweeps[i])
		}
	}
	last := sweeps[max(len(sweeps)-3, 0):]
	var source probe.Source = &replay{sweeps: last, interval: 30 * time.Millisecond, hold: true}
	if bombs {
		source = bomb{&replay{sweeps: sweeps[len(sweeps)-3:]}}
	}
	err := Run(context.Background(), Options{
		Target: Target{
			Source: source, Poller: &recordedPoller{}, Cluster: "prod-eu1",
			Endpoints: []string{"10.0.3.11:2379", "10.0.3.12:2379", "10.0.3.13:2379"},
		},
		Evaluator: evaluator,
		Choices:   Choices{Glyphs: Glyphs(os.Getenv("ETCDOC_TUI_GLYPHS"))},
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, "etcdoc:", err)
		return 1
	}
	return 0
}
