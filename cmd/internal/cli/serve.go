package cli

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/exporter-toolkit/web"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/etcdoc/etcdoc/cmd/internal/agent"
	"github.com/etcdoc/etcdoc/cmd/internal/kube"
	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/thresholds"
)

// serveFlags say what the node agent watches, and where it says what it sees.
type serveFlags struct {
	interval          time.Duration
	cluster           bool
	listen, webConfig string
	member            string
	logFormat         string
	heartbeat, report time.Duration
	failOn            string
	mutes             []string
	kubernetes        string
	logOf             logFlags
}

// The values of --kubernetes.
const (
	kubernetesAuto = "auto"
	kubernetesOff  = "off"
)

// The formats of --log-format.
const (
	logText = "text"
	logJSON = "json"
)

func (s *serveFlags) register(flags *pflag.FlagSet) {
	flags.DurationVar(&s.interval, "interval", 30*time.Second, "time between two sweeps")
	flags.BoolVar(&s.cluster, "cluster", false,
		"look at all members that the member list names; false: at this node's own alone, and whether a read there proves "+
			"a quorum")
	flags.StringVar(&s.failOn, "fail-on", "warning",
		"`level` from which /health answers 503: notice, unknown, warning or critical")
	s.logOf.register(flags, whoWrites)
	s.registerOwn(flags)
}

// registerOwn adds the flags that no other command has.
func (s *serveFlags) registerOwn(flags *pflag.FlagSet) {
	flags.StringVar(&s.listen, "listen", ":8080", "`address` to serve HTTP on")
	flags.StringVar(&s.webConfig, "web-config", "",
		"`file` with TLS and basic authentication for --listen, in the format of Prometheus' exporters")
	flags.StringVar(&s.member, "member", "",
		"this node's member, by `name`, id or endpoint, which /fit is about (default the one at the only endpoint)")
	flags.StringVar(&s.logFormat, "log-format", logText, "text or json")
	flags.DurationVar(&s.heartbeat, "heartbeat-interval", 10*time.Minute, "how often the log says that all goes on")
	flags.DurationVar(&s.report, "report-interval", 6*time.Hour, "how often the log has the whole assessment")
	flags.StringSliceVar(&s.mutes, "mute", nil,
		"findings to log as muted, as `rule[@member]=until`, until a time (2026-11-27T18:00:00Z) or for a while (4h, "+
			"which begins anew at each start), unless they get worse")
	flags.StringVar(&s.kubernetes, "kubernetes", kubernetesAuto,
		"auto or off: in a pod, agree by a Lease with the other agents on who says what is about the whole cluster, "+
			"and send Events")
}

// check returns an error if the value of a flag is out of its range.
func (s *serveFlags) check(rules []thresholds.Rule) error {
	_, err := parseLevel(s.failOn)
	return errors.Join(checkInterval(s.interval), err, s.logOf.check(), s.checkOwn(rules))
}

// inOneLine words an error of the YAML parser, which has a line for each mistake.
func inOneLine(err error) string {
	lines := strings.Split(strings.TrimSpace(err.Error()), "\n")
	for i := range lines {
		lines[i] = strings.TrimSpace(lines[i])
	}
	first, rest := lines[0], strings.Join(lines[1:], "; ")
	if rest == "" {
		return first
	}
	return strings.TrimSuffix(first, ":") + ": " + rest
}

// checkOwn is check for the flags that no other command has.
func (s *serveFlags) checkOwn(rules []thresholds.Rule) error {
	errs := []error{
		oneOf("log-format", s.logFormat, []string{logText, logJSON}),
		oneOf("kubernetes", s.kubernetes, []string{kubernetesAuto, kubernetesOff}),
		checkPositive("heartbeat-interval", s.heartbeat), checkPositive("report-interval", s.report),
	}
	if _, port, err := net.SplitHostPort(s.listen); err != nil || port == "" {
		errs = append(errs, valueErrorf("listen", "%q: want HOST:PORT or :PORT", s.listen))
	}
	if s.webConfig != "" {
		if err := web.Validate(s.webConfig); err != nil {
			errs = append(errs, valueErrorf("web-config", "%s: %s", s.webConfig, inOneLine(err)))
		}
	}
	_, err := s.parseMutes(rules, time.Time{})
	return errors.Join(append(errs, err)...)
}

func (s *serveFlags) parseMutes(rules []thresholds.Rule, now time.Time) (mutes thresholds.Mutes, err error) {
	var errs []error
	for _, text := range s.mutes {
		m, err := agent.ParseMute(text, thresholds.NewRuleSet(rules), now)
		if err != nil {
			errs = append(errs, valueErrorf("mute", "%q: %w", text, err))
		}
		mutes = append(mutes, m)
	}
	return mutes, errors.Join(errs...)
}

// withoutEnded returns the mutes whose time is not over. One that has ended since somebody wrote it down keeps no agent
// from starting again: the log warns of it.
func withoutEnded(mutes thresholds.Mutes, now time.Time, log *slog.Logger) thresholds.Mutes {
	return slices.DeleteFunc(mutes, func(m thresholds.Mute) bool {
		ended := !now.Before(m.Until)
		if ended {
			log.Warn("the time of a --mute is over: it mutes nothing", "rule", string(m.Rule), "member", m.Member,
				"muted_until", m.Until.UTC().Format(time.RFC3339))
		}
		return ended
	})
}

func checkPositive(flag string, d time.Duration) error {
	if d <= 0 {
		return valueErrorf(flag, "%v: want more than 0, such as 10m", d)
	}
	return nil
}

func newServe(streams Streams, settings *Settings, connection *connectionFlags) *cobra.Command {
	var serve serveFlags
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Run the node agent: logs, /health, /fit and Prometheus metrics",
		Long: `etcdoc serve watches the member of its own node, or with --cluster all members,
until it is ended. It logs findings once when they fire, change or resolve, and
serves over HTTP:

  /health            the assessment as JSON; 200 healthy, 503 unhealthy
  /fit               200 only while this node's member would carry the cluster on
                     if another member were lost now; else 503 with the reason
  /can-lose/MEMBER   200 only if losing the member is safe now (needs --cluster)
  /metrics           Prometheus metrics
  /livez, /readyz    whether sweeps go on, and whether there has been one

What is not known is never fit or safe, and what is too old is not healthy
either. /health takes what is not known for healthy, unless --fail-on is unknown
or notice: an agent that asks its own member alone does not know the others.`,
		Example: `  etcdoc serve
  etcdoc serve --cluster --listen 127.0.0.1:8080 --log-format json
  curl -s http://127.0.0.1:8080/fit`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runServe(cmd, streams, settings, connection, &serve)
		},
	}
	serve.register(cmd.Flags())
	return cmd
}

func runServe(
	cmd *cobra.Command, streams Streams, settings *Settings, connection *connectionFlags, serve *serveFlags,
) (err error) {
	rules, err := settings.Load(cmd.Flags(), streams.Err)
	if err != nil {
		return err
	}
	defer func() { err = settings.explain(err) }()
	if err := serve.check(rules); err != nil {
		return err
	}
	mutes, err := serve.parseMutes(rules, time.Now())
	if err != nil {
		return err
	}
	if err := settings.one(cmd.Flags(), "the agent watches"); err != nil {
		return err
	}
	given := settings.given(cmd.Flags())
	connection.cluster = serve.cluster
	config, err := connection.config(cmd.Context(), streams, given)
	if err != nil {
		return err
	}
	if config.Written, err = serve.logOf.written(connection.host.walDir); err != nil {
		return err
	}
	connection.warn(streams.Err)
	if config.Interval = serve.interval; serve.member == "" && len(config.Endpoints) == 1 {
		serve.member = config.Endpoints[0]
	}
	listener, err := (&net.ListenConfig{}).Listen(cmd.Context(), "tcp", serve.listen)
	if err != nil {
		return valueErrorf("listen", "%s: %w", serve.listen, err)
	}
	level, _ := parseLevel(serve.failOn) // checked above
	q := &question{failOn: level, quorum: connection.cluster}
	log := newLog(streams.Err, serve.logFormat)
	mutes = withoutEnded(mutes, time.Now(), log)
	options := agent.Options{
		Rules: rules, Interval: serve.interval, Member: serve.member, Find: findMember,
		Healthy: func(a *thresholds.Assessment) bool { return q.code(a) == ExitHealthy },
		Log:     log, HeartbeatInterval: serve.heartbeat, ReportInterval: serve.report, Version: Version(),
		Mutes: mutes,
	}
	run := serve.join(&options, &config, os.Getenv, kube.ServiceAccountDir)
	prober, err := probe.New(config)
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	defer prober.Close()
	options.Source, options.SetInterval = prober, prober.SetInterval
	watcher := agent.New(options)
	log.Info("serving", "address", listener.Addr().String(), "version", Version(), "endpoints", config.Endpoints,
		"cluster", config.Cluster, "interval", serve.interval.String())
	return together(cmd.Context(), append(run, watcher.Run, func(ctx context.Context) error {
		return watcher.Serve(ctx, listener, serve.webConfig)
	})...)
}

// leaseName is the Lease of the agents in a namespace.
const leaseName = "etcdoc"

// join lets the agent agree with those in other pods, send Events and read nodes, and returns what is to be run for
// that. Where that can't be, it says so in the log, and the agent goes on alone.
func (s *serveFlags) join(
	options *agent.Options, config *probe.Config, getenv func(string) string, serviceAccount string,
) (run []func(context.Context) error) {
	if s.kubernetes == kubernetesOff {
		return nil
	}
	client, err := kube.InCluster(getenv, serviceAccount)
	switch {
	case errors.Is(err, kube.ErrOutside):
		options.Log.Info("outside Kubernetes: no Lease, no Events", "why", err.Error())
		return nil
	case err != nil:
		options.Log.Warn("no way to the API server: no Lease, no Events", "err", err.Error())
		return nil
	}
	if config.Nodes == nil { // else --kube or --apiserver reads them
		config.Nodes = client.Nodes
	}
	options.ReadyGuards = client.ReadyGuards
	pod := kube.Pod{Name: getenv("POD_NAME"), UID: getenv("POD_UID")}
	if pod.Name == "" {
		options.Log.Warn("the variable POD_NAME does not name the pod: no Lease, no Events")
		return nil
	}
	election := kube.NewElection(client, leaseName, pod.Name, options.Log)
	recorder := kube.NewRecorder(client, pod, options.Log)
	options.Speaks = func() bool { return election.Role().Speaks() }
	options.Sends = func() bool { return election.Role().Sends() }
	options.HandoverTime = kube.HandoverTime
	options.Record = recorder.Record
	return []func(context.Context) error{election.Run, recorder.Run}
}

// together runs functions until one of them ends, or ctx does, ends the others, and returns their errors.
func together(ctx context.Context, run ...func(context.Context) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	ended := make(chan error, len(run))
	for _, f := range run {
		go func() { ended <- f(ctx) }()
	}
	var errs []error
	for range run {
		errs = append(errs, <-ended)
		cancel()
	}
	return errors.Join(errs...)
}

// newLog writes structured lines.
func newLog(w io.Writer, format string) *slog.Logger {
	if format == logJSON {
		return slog.New(slog.NewJSONHandler(w, nil))
	}
	return slog.New(slog.NewTextHandler(w, nil))
}
