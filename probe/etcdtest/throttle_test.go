package etcdtest_test

import (
	"context"
	"errors"
	"os"
	"runtime"
	"testing"

	"github.com/etcdoc/etcdoc/probe/etcdtest"
)

// hunger is the CPU share of a member that is read from all the time: far less than it would use.
const hunger = 0.05

// TestThrottledMemberIsHeldBackUntilHealed throttles by control group or by signals; the member keeps serving.
func TestThrottledMemberIsHeldBackUntilHealed(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		how      etcdtest.Throttling
		throttle func(*etcdtest.Member, float64) (func() error, error)
	}{
		{etcdtest.Quota, (*etcdtest.Member).ThrottleQuota},
		{etcdtest.DutyCycle, (*etcdtest.Member).ThrottleDutyCycle},
	} {
		t.Run(test.how.String(), func(t *testing.T) {
			t.Parallel()
			ctx := within(t)
			m := etcdtest.New(t, etcdtest.Config{Size: 1}).Members()[0]
			heal, err := test.throttle(m, hunger)
			if errors.Is(err, errors.ErrUnsupported) || errors.Is(err, os.ErrPermission) {
				t.Logf("not permitted here: %v", err)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if !m.Running() {
				t.Error("a throttled member counts as paused")
			}
			if runtime.GOOS == "linux" {
				await(ctx, t, "the process to be kept from running", func() bool {
					read(ctx, t, m)
					return heldBack(t, m.PID(), test.how)
				})
			}
			for range 2 {
				if err := heal(); err != nil {
					t.Fatal(err)
				}
			}
			read(ctx, t, m)
			if runtime.GOOS == "linux" && heldBack(t, m.PID(), test.how) {
				t.Error("it is held back after heal")
			}
		})
	}
}

func TestThrottleTakesOneOfItsWays(t *testing.T) {
	t.Parallel()
	ctx := within(t)
	m := etcdtest.New(t, etcdtest.Config{Size: 1}).Members()[0]
	for _, share := range []float64{0, 1, -1} {
		if _, _, err := m.Throttle(share); err == nil {
			t.Errorf("a share of %g is accepted", share)
		}
	}
	_, how, err := m.Throttle(hunger)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("throttled by %s", how)
	read(ctx, t, m)
	if err := m.Restart(ctx); err != nil {
		t.Fatalf("restarting a throttled member: %v", err)
	}
	if err := m.Kill(); err != nil {
		t.Fatal(err)
	}
	if _, _, err := m.Throttle(hunger); err == nil {
		t.Error("a member that does not run is throttled")
	}
}

func read(ctx context.Context, t *testing.T, m *etcdtest.Member) {
	t.Helper()
	if _, err := m.Client().Get(ctx, "a"); err != nil {
		t.Fatal(err)
	}
}
