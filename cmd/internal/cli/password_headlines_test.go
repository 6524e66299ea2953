package cli

import (
	"testing"

	"github.com/etcdoc/etcdoc/probe/etcdtest"
)

// TestPasswordHeadlines: the headline distinguishes a missing user from a wrong password.
func TestPasswordHeadlines(t *testing.T) {
	t.Parallel()
	c := etcdtest.New(t, etcdtest.Config{Size: 1, RootPassword: "secret"})
	headlines := map[string]string{}
	for name, args := range map[string][]string{
		"no user": nil, "wrong password": {"--user", "root", "--password", "wrong"},
		"unknown user": {"--user", "eve", "--password", "secret"},
	} {
		code, a := checked(t, append([]string{"--endpoints", endpoints(c)}, args...)...)
		headlines[name] = a.Reading.Headline
		if code != ExitNotDone || a.Reading.Cause != "not-trusted" || a.Reading.Headline == "" {
			t.Errorf("%s: exit code %d: %+v", name, code, a.Reading)
		}
	}
	if wrong := headlines["wrong password"]; headlines["no user"] == wrong || headlines["unknown user"] != wrong {
		t.Errorf("the headlines are %q", headlines)
	}
	if code, a := checked(t, "--endpoints", endpoints(c),
		"--user", "root", "--password", "secret"); code != ExitHealthy {
		t.Errorf("the right password: exit code %d: %+v", code, a.Reading)
	}
}
