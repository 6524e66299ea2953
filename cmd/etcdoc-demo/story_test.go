package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/probe/etcdtest"
)

// testQuotaBytes is a quota that fills up quickly.
const testQuotaBytes = 24 << 20

// stage is a cluster with a load, on which a story runs.
func stage(t *testing.T) (*etcdtest.Cluster, *load) {
	t.Helper()
	clusterConfig := clusterConfig()
	clusterConfig.Args = append(clusterConfig.Args, fmt.Sprintf("--quota-backend-bytes=%d", testQuotaBytes))
	cluster := etcdtest.New(t, clusterConfig)
	config, err := cluster.ClientConfig()
	if err != nil {
		t.Fatal(err)
	}
	load, err := startLoad(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(load.Stop)
	return cluster, load
}

// within bounds how long a test waits: a guard against hanging, never a measurement.
func within(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
	t.Cleanup(cancel)
	return ctx
}

// TestEveryStepDoesWhatItSays runs the whole story once and checks the cluster at every moment that the demo would
// show.
func TestEveryStepDoesWhatItSays(t *testing.T) {
	ctx := within(t)
	cluster, load := stage(t)
	var marks []probe.Mark
	story := newStory(cluster, load, 0, func(mark probe.Mark) { marks = append(marks, mark) })
	story.scale = 0.4 // for the burst, which is no pause
	w := &watcher{t: t, cluster: cluster, load: load, marks: &marks}
	story.pause = func(ctx context.Context, at scene, _ time.Duration) error {
		w.check(ctx, at)
		return ctx.Err()
	}
	for _, step := range story.steps {
		w.before(ctx)
		if err := step.run(story, ctx); err != nil {
			t.Fatalf("playing %q: %v", step.name, err)
		}
		if err := cluster.WaitHealthy(ctx); err != nil {
			t.Fatalf("after %q: %v", step.name, err)
		}
		if len(marks) == 0 {
			t.Errorf("no step announced %q", step.name)
		}
		marks = nil
	}
	for _, at := range []scene{
		calm, memberDrained, memberBack, memberKilled, leaderMoved, burstOver, linkSlow, linkHealed, quotaFilling,
		quotaNear, spaceReclaimed,
	} {
		if !slices.Contains(w.seen, at) {
			t.Errorf("the story has no moment when %s", at)
		}
	}
}

// A watcher checks at every moment that the story's claim is true.
type watcher struct {
	t       *testing.T
	cluster *etcdtest.Cluster
	load    *load
	marks   *[]probe.Mark
	seen    []scene

	leader  *etcdtest.Member // when the step began
	writes  int64
	largest int64 // the largest database seen
}

func (w *watcher) before(ctx context.Context) {
	leader, err := w.cluster.Leader(ctx)
	if err != nil {
		w.t.Fatal(err)
	}
	w.leader, w.writes = leader, w.load.writes.Load()
}

func (w *watcher) check(ctx context.Context, at scene) {
	w.seen = append(w.seen, at)
	switch at {
	case calm:
		w.untilWritten(ctx, w.writes+50)
	case memberDrained:
		mark := (*w.marks)[len(*w.marks)-1]
		if away := w.away(); len(away) != 1 || away[0].Name != mark.Member || away[0] == w.leader {
			w.t.Errorf("down are %v; the mark announces %q", away, mark.Member)
		}
		if mark.Window <= 0 || mark.At.IsZero() || !strings.Contains(mark.Text, mark.Member) {
			w.t.Errorf("the mark of the drain is %+v", mark)
		}
		w.untilWritten(ctx, w.load.writes.Load()+50)
	case memberKilled:
		if away := w.away(); len(away) != 1 || away[0] != w.leader {
			w.t.Errorf("down are %v, want the leader", away)
		}
		for _, mark := range *w.marks {
			if mark.Member != "" {
				w.t.Errorf("the kill was announced: %+v", mark)
			}
		}
		w.untilWritten(ctx, w.load.writes.Load()+50) // so there is a new leader
	case memberBack:
		if away := w.away(); len(away) != 0 {
			w.t.Errorf("down are %v, want none", away)
		}
	case leaderMoved:
		if leader, err := w.cluster.Leader(ctx); err != nil || leader == w.leader {
			w.t.Errorf("the leader is %v, %v: not another", leader, err)
		}
	case burstOver:
		keys, err := w.cluster.Client().Get(ctx, burstPrefix, clientv3.WithPrefix(), clientv3.WithCountOnly())
		if err != nil || keys.Count < burstWriters {
			w.t.Errorf("the burst left %v, %v: not a key for every writer", keys, err)
		}
	case linkSlow, linkHealed:
		w.checkLinks(at == linkSlow)
	case quotaNear:
		if w.largest = w.largestDB(ctx); w.largest < testQuotaBytes*80/100 {
			w.t.Errorf("the quota is near at %d bytes of %d", w.largest, testQuotaBytes)
		}
	case spaceReclaimed:
		if size := w.largestDB(ctx); size > w.largest*2/3 {
			w.t.Errorf("the largest database has %d bytes, after %d", size, w.largest)
		}
		alarms, err := w.cluster.Client().AlarmList(ctx)
		if err != nil || len(alarms.Alarms) != 0 {
			w.t.Errorf("alarms: %v, %v", alarms, err)
		}
	}
}

// untilWritten waits until the load has made that many more writes: the cluster accepts them.
func (w *watcher) untilWritten(ctx context.Context, writes int64) {
	w.t.Helper()
	await(ctx, w.t, fmt.Sprintf("%d writes", writes), func() bool { return w.load.writes.Load() >= writes })
}

func (w *watcher) away() []*etcdtest.Member {
	return slices.DeleteFunc(w.cluster.Members(), (*etcdtest.Member).Running)
}

func (w *watcher) largestDB(ctx context.Context) int64 {
	var largest int64
	for _, m := range w.cluster.Members() {
		status, err := m.Status(ctx)
		if err != nil {
			w.t.Fatal(err)
		}
		largest = max(largest, status.DbSize)
	}
	return largest
}

// checkLinks checks that exactly the leader's link is slow, or that none is.
func (w *watcher) checkLinks(wantSlow bool) {
	var slow int
	members := w.cluster.Members()
	for i, a := range members {
		for _, b := range members[i+1:] {
			link, err := w.cluster.Link(a, b)
			if err != nil {
				w.t.Fatal(err)
			}
			if link.Latency() == 0 {
				continue
			}
			slow++
			if link.Latency() != slowLinkDelay || (a != w.leader && b != w.leader) || link.Open() == 0 {
				w.t.Errorf("the link of %s and %s has %s, with %d connections", a.Name, b.Name, link.Latency(),
					link.Open())
			}
		}
	}
	if (slow == 1) != wantSlow || slow > 1 {
		w.t.Errorf("%d links are slow", slow)
	}
}

func TestAShortStoryHasTheStepsThatMatterMost(t *testing.T) {
	for _, test := range []struct {
		length time.Duration
		want   []string
	}{
		{20 * time.Second, []string{"calm", "drain", "kill", "election"}},
		{shortest - 1, []string{"calm", "drain", "kill", "election"}},
		{shortest, []string{"calm", "drain", "kill", "election", "burst", "slow link", "quota"}},
		{0, []string{"calm", "drain", "kill", "election", "burst", "slow link", "quota"}},
	} {
		story := newStory(nil, nil, test.length, nil)
		var names []string
		var whole time.Duration
		for _, step := range story.steps {
			names = append(names, step.name)
			whole += story.scaled(step.lasts)
		}
		if !slices.Equal(names, test.want) {
			t.Errorf("a story of %s has %v, want %v", test.length, names, test.want)
		}
		want := test.length
		if want == 0 {
			want = storyLength
		}
		if whole > want || whole < want*9/10 {
			t.Errorf("a story of %s lasts %s", want, whole)
		}
	}
}

// TestRestoreRepairsWhatAnInterruptedStoryLeft interrupts the story at its worst moments.
func TestRestoreRepairsWhatAnInterruptedStoryLeft(t *testing.T) {
	ctx := within(t)
	cluster, load := stage(t)
	for name, worst := range map[string]scene{"kill": memberKilled, "slow link": linkSlow, "quota": quotaNear} {
		running, cancel := context.WithCancel(ctx)
		story := newStory(cluster, load, 0, func(probe.Mark) {})
		story.steps = slices.DeleteFunc(story.steps, func(s step) bool { return s.name != name })
		story.pause = func(ctx context.Context, at scene, _ time.Duration) error {
			if at == worst {
				cancel()
			}
			return ctx.Err()
		}
		if err := story.Run(running); err != nil {
			t.Fatalf("interrupted when %s: %v", worst, err)
		}
		if err := story.Restore(ctx); err != nil {
			t.Fatalf("restoring when %s: %v", worst, err)
		}
		for _, m := range cluster.Members() {
			status, err := m.Status(ctx)
			if err != nil || len(status.Errors) != 0 || status.DbSize > testQuotaBytes*2/3 {
				t.Errorf("after %s, %s says %v, %v", worst, m.Name, status, err)
			}
		}
	}
}

// TestTheStoryGoesOnAfterAStepThatFails: a failed step is repaired, and the story continues.
func TestTheStoryGoesOnAfterAStepThatFails(t *testing.T) {
	cluster, load := stage(t)
	ctx, cancel := context.WithCancel(within(t))
	defer cancel()
	victim := cluster.Members()[0]
	var said []string
	failing := newStory(cluster, load, 0, func(mark probe.Mark) { said = append(said, mark.Text) })
	failing.steps = []step{
		{name: "fails", run: func(*story, context.Context) error {
			if err := victim.Kill(); err != nil {
				t.Error(err)
			}
			return errors.New("it did not work")
		}},
		{name: "next", run: func(*story, context.Context) error {
			if !victim.Running() {
				t.Error("the failed step was not undone")
			}
			cancel()
			return nil
		}},
	}
	if err := failing.Run(ctx); err != nil {
		t.Fatal(err)
	}
	if len(said) != 1 || !strings.Contains(said[0], "it did not work") {
		t.Errorf("the story said %q", said)
	}
}
