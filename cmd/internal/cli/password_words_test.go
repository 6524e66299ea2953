package cli

import (
	"strings"
	"testing"

	"github.com/etcdoc/etcdoc/probe/etcdtest"
)

// TestPasswordWords: the headline distinguishes a missing user from a wrong password, and no text claims to have
// watched for longer than the check took.
func TestPasswordWords(t *testing.T) {
	t.Parallel()
	c := etcdtest.New(t, etcdtest.Config{Size: 1, RootPassword: "secret", Args: []string{"--bcrypt-cost=4"}})
	said := map[string]string{}
	for name, args := range map[string][]string{
		"no user": nil, "wrong password": {"--user", "root", "--password", "wrong"},
		"unknown user": {"--user", "eve", "--password", "secret"},
	} {
		code, a := checked(t, append([]string{"--endpoints", endpoints(c)}, args...)...)
		said[name] = a.Reading.Headline
		if code != ExitNotDone || a.Reading.Cause != "not-trusted" || a.Reading.Headline == "" {
			t.Errorf("%s: exit code %d: %+v", name, code, a.Reading)
		}
		if gaps := strings.Join(a.Reading.NotLookedAt, "\n"); strings.Contains(gaps, "watched for 14400") ||
			strings.Contains(gaps, "watched for 3600") {
			t.Errorf("%s: %s", name, gaps)
		}
	}
	if said["no user"] == said["wrong password"] || said["unknown user"] != said["wrong password"] {
		t.Errorf("the headlines are %q", said)
	}
	if code, a := checked(t, "--endpoints", endpoints(c),
		"--user", "root", "--password", "secret"); code != ExitHealthy {
		t.Errorf("the right password: exit code %d: %+v", code, a.Reading)
	}
}
