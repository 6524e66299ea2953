package cli

import (
	"strings"
	"testing"

	"github.com/etcdoc/etcdoc/probe/etcdtest"
)

// TestPasswordWords: the headline, the evidence and the next step distinguish a missing user from a wrong password,
// and no text claims to have watched for longer than the check took.
func TestPasswordWords(t *testing.T) {
	t.Parallel()
	c := etcdtest.New(t, etcdtest.Config{Size: 1, RootPassword: "secret", Args: []string{"--bcrypt-cost=4"}})
	for name, test := range map[string]struct {
		args       []string
		text, next string
		not        []string
	}{
		"no user": {nil, "no user is given", "Give --user and --password",
			[]string{"permission denied", "Check --user"}},
		"wrong password": {[]string{"--user", "root", "--password", "wrong"}, "user or password is wrong",
			"Check --user and --password", []string{"permission denied", "root, in versions", "Give --user"}},
		"unknown user": {[]string{"--user", "eve", "--password", "secret"}, "user or password is wrong",
			"Check --user and --password", []string{"permission denied", "root, in versions"}},
	} {
		code, a := checked(t, append([]string{"--endpoints", endpoints(c)}, test.args...)...)
		if code != ExitNotDone || a.Reading.Cause != "not-trusted" || !strings.Contains(a.Reading.Text, test.text) ||
			!strings.Contains(a.Reading.Next, test.next) {
			t.Errorf("%s: exit code %d: %+v", name, code, a.Reading)
		}
		for _, not := range test.not {
			if strings.Contains(a.Reading.Text+a.Reading.Next, not) {
				t.Errorf("%s: says %q: %s %s", name, not, a.Reading.Text, a.Reading.Next)
			}
		}
		if gaps := strings.Join(a.Reading.NotLookedAt, "\n"); strings.Contains(gaps, "watched for 14400") ||
			strings.Contains(gaps, "watched for 3600") {
			t.Errorf("%s: %s", name, gaps)
		}
	}
	if code, a := checked(t, "--endpoints", endpoints(c),
		"--user", "root", "--password", "secret"); code != ExitHealthy {
		t.Errorf("the right password: exit code %d: %+v", code, a.Reading)
	}
}
