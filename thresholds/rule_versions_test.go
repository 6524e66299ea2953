package thresholds

import (
	"testing"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// TestVersionBad tries each defect in the release before the fix and in the fix, with and without the condition for
// it.
func TestVersionBad(t *testing.T) {
	t.Parallel()
	plain := func(*scene) {}
	secure := func(s *scene) {
		for _, m := range s.members {
			m.certificate = &probe.Certificate{NotAfter: epoch.Add(3650 * day)}
		}
	}
	login := func(s *scene) { // somebody logged in at one of the members
		s.member(2).metrics.GRPCHandled = map[probe.GRPCCall]float64{
			{GRPCMethod: probe.GRPCMethod{Service: "etcdserverpb.Auth", Method: "Authenticate", Type: "unary"},
				Code: "OK"}: 1,
		}
	}
	refused := func(s *scene) { // authentication is off
		s.member(2).metrics.GRPCHandled = map[probe.GRPCCall]float64{
			{GRPCMethod: probe.GRPCMethod{Service: "etcdserverpb.Auth", Method: "Authenticate", Type: "unary"},
				Code: "FailedPrecondition"}: 5,
		}
	}
	denied := func(s *scene) { s.member(3).linearizable.Err = &probe.Error{Kind: probe.ErrPermission} }
	learning := func(s *scene) { s.member(3).learner, s.member(3).status.IsLearner = true, true }
	promoted := func(s *scene) { s.member(3).metrics.LearnerPromoteSuccesses = probe.Known(1) }
	tests := []struct {
		version, others, cluster string
		in                       func(*scene)
		level                    Level
	}{
		{"3.3.27", "3.3.27", "3.3", plain, Notice},
		{"3.4.18", "3.4.18", "3.4", plain, Notice},
		{"3.5.0", "3.5.0", "3.5", plain, Warning},
		{"3.5.2", "3.5.2", "3.5", plain, Warning},
		{"3.5.3", "3.5.3", "3.5", plain, Notice},
		{"3.5.5", "3.5.5", "3.5", plain, Notice},
		{"3.5.6", "3.5.6", "3.5", plain, Notice},
		{"3.5.13", "3.5.13", "3.5", plain, Notice},
		{"3.5.14", "3.5.14", "3.5", plain, Notice},
		{"3.5.22", "3.5.22", "3.5", plain, Notice},
		{"3.5.23-rc.0", "3.5.23", "3.5", plain, Notice},
		{"3.5.23", "3.5.23", "3.5", plain, OK},
		{"3.5.9+k3s1", "3.5.9+k3s1", "3.5", plain, Notice},

		// The upgrade to 3.6.
		{"3.5.25", "3.5.25", "3.5", plain, OK},
		{"3.5.25", "3.6.14", "3.5", plain, Warning},
		{"3.5.26", "3.6.14", "3.5", plain, Notice},
		{"3.5.31", "3.6.14", "3.5", plain, Notice},
		{"3.5.32", "3.6.14", "3.5", plain, OK},

		// Learners.
		{"3.5.24", "3.5.24", "3.5", learning, Notice},
		{"3.5.30", "3.5.30", "3.5", learning, Notice},
		{"3.5.30", "3.5.30", "3.5", promoted, Notice},
		{"3.5.30", "3.5.30", "3.5", plain, OK},
		{"3.5.31", "3.5.31", "3.5", learning, OK},
		{"3.6.3", "3.6.3", "3.6", learning, Notice},
		{"3.6.11", "3.6.11", "3.6", learning, Notice},
		{"3.6.12", "3.6.12", "3.6", learning, OK},

		// Authentication.
		{"3.5.27", "3.5.27", "3.5", login, Notice},
		{"3.5.28", "3.5.28", "3.5", login, Notice},
		{"3.5.32", "3.5.32", "3.5", denied, Notice},
		{"3.5.32", "3.5.32", "3.5", refused, OK},
		{"3.5.33", "3.5.33", "3.5", login, OK},
		{"3.6.8", "3.6.8", "3.6", login, Notice},
		{"3.6.13", "3.6.13", "3.6", login, Notice},
		{"3.6.14", "3.6.14", "3.6", login, OK},
		{"3.7.0", "3.7.0", "3.7", login, Notice},
		{"3.7.1", "3.7.1", "3.7", login, OK},

		// TLS.
		{"3.5.32", "3.5.32", "3.5", secure, Notice},
		{"3.5.33", "3.5.33", "3.5", secure, OK},
		{"3.6.13", "3.6.13", "3.6", secure, Notice},
		{"3.6.14", "3.6.14", "3.6", secure, OK},
		{"3.7.0", "3.7.0", "3.7", secure, Notice},
		{"3.7.0", "3.7.0", "3.7", plain, OK},
		{"3.7.1", "3.7.1", "3.7", secure, OK},
		{"3.8.0-alpha.0", "3.8.0-alpha.0", "3.8", secure, OK},

		// 3.6, and the upgrade to 3.7.
		{"3.6.0", "3.6.0", "3.6", plain, Notice},
		{"3.6.4", "3.6.4", "3.6", plain, Notice},
		{"3.6.5", "3.6.5", "3.6", plain, OK},
		{"3.6.10", "3.6.10", "3.6", plain, OK},
		{"3.6.10", "3.7.1", "3.6", plain, Warning},
		{"3.6.10", "3.7.0-rc.0", "3.6", plain, Warning},
		{"3.6.10", "3.6.10", "3.7", plain, Warning},
		{"3.6.11", "3.7.1", "3.6", plain, OK},
		{"trunk", "3.7.1", "3.7", plain, Unknown},
	}
	for _, test := range tests {
		t.Run(test.version+" "+test.others, func(t *testing.T) {
			s := newScene(t, 3, Options{})
			for i, m := range s.members {
				m.metrics.ClusterVersion, m.status.StorageVersion = test.cluster, test.cluster+".0"
				if m.status.Version = test.others; i == 0 {
					m.status.Version = test.version
				}
			}
			test.in(s)
			a := s.observe()
			wants(t, &a, VersionBad, "etcd-1", test.level)
			saysFinding(t, &a, VersionBad, "etcd-1")
			s.member(1).down = errRefused
			a = s.observe()
			wants(t, &a, VersionBad, "etcd-1", Unknown)
		})
	}
}

func TestStorageVersion(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		version, cluster, stored string
		level                    Level
	}{
		"the same":             {"3.6.14", "3.6", "3.6.0", OK},
		"older":                {"3.7.1", "3.7", "3.6.0", Notice},
		"newer":                {"3.7.1", "3.6", "3.7.0", Notice},
		"none":                 {"3.6.14", "3.6", "", Notice},
		"the cluster is older": {"3.6.14", "3.5", "", OK}, // an upgrade under way
		"before 3.6":           {"3.5.33", "3.5", "", OK},
		"not said":             {"3.6.14", "", "3.6.0", OK},
		"not a version":        {"3.6.14", "not_decided", "3.6.0", Unknown},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := newScene(t, 3, Options{})
			m := s.member(1)
			m.status.Version = test.version
			m.metrics.ClusterVersion = test.cluster
			m.status.StorageVersion = test.stored
			a := s.run(time.Minute, nil)
			want := test.level
			if want == Notice {
				wants(t, &a, StorageVersionDiffers, "etcd-1", OK)
			}
			a = s.run(2*time.Second, nil)
			wants(t, &a, StorageVersionDiffers, "etcd-1", want)
			saysFinding(t, &a, StorageVersionDiffers, "etcd-1")
			wants(t, &a, StorageVersionDiffers, "etcd-2", OK)
		})
	}
}

// TestStorageVersionAtOnce: a check can't wait, and unreadable metrics don't matter to it if every member has
// reported its version.
func TestStorageVersionAtOnce(t *testing.T) {
	t.Parallel()
	unread := func(s *scene) {
		for _, m := range s.members {
			m.noMetrics = errRefused
		}
	}
	tests := map[string]struct {
		in   func(*scene)
		want Level
	}{
		"metrics":             {func(*scene) {}, Notice},
		"no metrics":          {unread, Notice},
		"an upgrade goes on":  {func(s *scene) { unread(s); s.member(3).status.Version = "3.5.33" }, OK},
		"one is down":         {func(s *scene) { unread(s); s.member(3).down = errRefused }, Unknown},
		"one says no version": {func(s *scene) { unread(s); s.member(3).status.Version = "?" }, Unknown},
		"a downgrade is meant": {func(s *scene) {
			unread(s)
			s.member(3).status.DowngradeEnabled, s.member(3).status.DowngradeTarget = true, "3.5.0"
		}, Unknown},
		"not all are known yet": {func(s *scene) { unread(s); s.noMemberList = true }, Unknown},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := newScene(t, 3, Options{Immediate: true})
			for _, m := range s.members {
				m.status.Version, m.metrics.ClusterVersion, m.status.StorageVersion = "3.6.14", "3.6", "3.6.0"
			}
			s.member(1).status.StorageVersion = "3.5.0"
			test.in(s)
			a := s.observe()
			wants(t, &a, StorageVersionDiffers, "etcd-1", test.want)
		})
	}
}

// TestQuotedOnce: quoted text is already printable.
func TestQuotedOnce(t *testing.T) {
	t.Parallel()
	s := newScene(t, 3, Options{Immediate: true})
	s.member(1).status.Version, s.member(1).metrics.ClusterVersion = "ev\x1b[31mil", "not\ndecided"
	s.member(2).status.Version, s.member(2).metrics.ClusterVersion = "3.6.14", "\x1b[2J"
	a := s.observe()
	wants(t, &a, VersionBad, "etcd-1", Unknown)
	saysFinding(t, &a, VersionBad, "etcd-1")
	wants(t, &a, VersionsMixed, "", Unknown)
	saysFinding(t, &a, VersionsMixed, "")
	wants(t, &a, StorageVersionDiffers, "etcd-2", Unknown)
	saysFinding(t, &a, StorageVersionDiffers, "etcd-2")
}

func TestDowngrade(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		versions []string
		enabled  bool
		level    Level
	}{
		"none":           {[]string{"3.7.1", "3.7.1", "3.7.1"}, false, OK},
		"left over":      {[]string{"3.7.1", "3.7.1", "3.7.1"}, true, Warning},
		"goes on":        {[]string{"3.6.14", "3.7.1", "3.7.1"}, true, Notice},
		"and never ends": {[]string{"3.6.14", "3.6.14", "3.6.14"}, true, Warning},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := newScene(t, 3, Options{})
			for i, m := range s.members {
				m.status.Version = test.versions[i]
			}
			if test.enabled { // the others have not heard of it yet
				s.member(2).status.DowngradeEnabled, s.member(2).status.DowngradeTarget = true, "3.6.0"
			}
			s.observe()
			a := s.observe()
			wants(t, &a, DowngradeEnabled, "", test.level)
			saysFinding(t, &a, DowngradeEnabled, "")
			if warns := a.Reading.Cause == CauseVersions; warns != (test.level == Warning) {
				t.Errorf("cause %s: %s", a.Reading.Cause, a.Reading.Text)
			}
			s.member(2).status.DowngradeEnabled = false
			a = s.observe()
			wants(t, &a, DowngradeEnabled, "", OK)
		})
	}
}
