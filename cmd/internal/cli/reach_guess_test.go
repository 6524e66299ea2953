package cli

import (
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/spf13/pflag"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/probe/etcdtest"
	"github.com/etcdoc/etcdoc/probe/profile"
	"github.com/etcdoc/etcdoc/thresholds"
)

// guessed is the prober's configuration by flags that name no endpoint, with another one than the default.
func guessed(t *testing.T, endpoint string, args ...string) probe.Config {
	t.Helper()
	var c connectionFlags
	flags := pflag.NewFlagSet("", pflag.ContinueOnError)
	c.register(flags)
	if err := flags.Parse(args); err != nil {
		t.Fatal(err)
	}
	config, err := c.config(t.Context(), NewStreams(t.Context(), strings.NewReader(""), io.Discard, io.Discard),
		flags.Changed)
	if err != nil {
		t.Fatal(err)
	}
	config.Endpoints = []string{endpoint}
	return config
}

// TestGuessedEndpoint: where nobody names an endpoint and no file does, that nothing listens at the default one is no
// outage: nothing says that there is an etcd. It is one where somebody named the endpoint, or an etcd was seen there.
func TestGuessedEndpoint(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed := "http://" + listener.Addr().String()
	_ = listener.Close()
	root := t.TempDir()
	for name, test := range map[string]struct {
		args  []string
		code  int
		level thresholds.Level
		says  string
	}{
		"no files":    {[]string{"--root", root}, ExitNotDone, thresholds.Unknown, "no etcd was found among this host's"},
		"not sought":  {[]string{"--profile", "none"}, ExitNotDone, thresholds.Unknown, "No endpoint is named; nothing"},
		"named by us": {[]string{"--endpoints", closed}, ExitUnhealthy, thresholds.Critical, "connection refused"},
	} {
		prober, err := probe.New(guessed(t, closed, test.args...))
		if err != nil {
			t.Fatal(err)
		}
		defer prober.Close()
		a, err := Check(t.Context(), prober, nil, 0, false)
		if err != nil {
			t.Fatal(err)
		}
		code := (&question{failOn: thresholds.Warning, quorum: true}).code(&a)
		if code != test.code || a.Level != test.level || !strings.Contains(a.Reading.Text, test.says) {
			t.Errorf("%s: exit code %d, %s: %s", name, code, a.Level, a.Reading.Text)
		}
	}

	cluster := etcdtest.New(t, etcdtest.Config{Size: 1})
	config := guessed(t, cluster.Endpoints()[0], "--root", root)
	config.Interval = 50 * time.Millisecond
	prober, err := probe.New(config)
	if err != nil {
		t.Fatal(err)
	}
	defer prober.Close()
	evaluator := thresholds.New(thresholds.Options{Immediate: true})
	for killed := false; ; {
		sweep, err := prober.Next(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		switch a := evaluator.Observe(sweep); {
		case !killed && a.Answering() == 1:
			if err := cluster.Members()[0].Kill(); err != nil {
				t.Fatal(err)
			}
			killed = true
		case killed && a.Nowhere():
			t.Fatalf("a member that was seen is a guess: %s", a.Reading.Text)
		case killed && a.Answering() == 0:
			if a.Level != thresholds.Critical {
				t.Errorf("a member that was seen is gone: %s: %s", a.Level, a.Reading.Text)
			}
			return
		}
	}
}

// TestUnreadableFiles: the guess tells why no endpoint is known where files may not be read.
func TestUnreadableFiles(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		hidden error
		kind   probe.ErrorKind
	}{
		"nothing found":   {nil, probe.ErrNotFound},
		"folders":         {&profile.HiddenError{Files: []string{"/etc/kubernetes"}}, probe.ErrRootOnly},
		"files":           {&profile.RefusedError{Profile: profile.K3s, Files: []string{"/etc/x"}}, probe.ErrRootOnly},
		"a broken config": {&profile.HiddenError{Remarks: []string{"/etc/etcd.yaml: it is none"}}, probe.ErrNotFound},
	} {
		h := &hostFlags{profile: string(profile.Auto), hidden: test.hidden}
		guess := h.guess()
		if guess.Kind != test.kind || test.hidden != nil && !strings.Contains(guess.Text, test.hidden.Error()) {
			t.Errorf("%s: %s: %s", name, guess.Kind, guess.Text)
		}
	}
}
