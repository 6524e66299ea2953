package probe

import (
	"maps"
	"slices"
)

// Printable returns the sweep with every text [Printable]. It copies what it changes. Identity is by id and stays
// untouched, and the prober goes on dialling the URLs as given.
//
// The label values of an exposition are names from etcd's code: an unprintable one is none of those, and its series are
// dropped.
func (s Sweep) Printable() Sweep {
	s.MemberList.Err = s.MemberList.Err.printable()
	s.Alarms.Err = s.Alarms.Err.printable()
	s.Alarms.Value = printableAlarms(s.Alarms.Value)
	s.ClientCertificate, s.RefusedUser = s.ClientCertificate.printable(), Printable(s.RefusedUser)
	s.NodesErr = s.NodesErr.printable()
	s.Backups = printableBackups(s.Backups)
	if s.Host != nil {
		s.Host = &HostEtcd{Unit: Printable(s.Host.Unit)}
	}
	s.SpareMetrics = slices.Clone(s.SpareMetrics)
	for i := range s.SpareMetrics {
		s.SpareMetrics[i] = s.SpareMetrics[i].printable()
	}
	if s.Dumps != nil && len(s.Dumps.Skipped) > 0 {
		own := *s.Dumps
		own.Skipped = slices.Clone(own.Skipped)
		for i := range own.Skipped {
			l := &own.Skipped[i]
			l.Path, l.Reason = Printable(l.Path), Printable(l.Reason)
		}
		s.Dumps = &own
	}
	s.Space = s.Space.printable()
	s.Members = slices.Clone(s.Members)
	for i := range s.Members {
		s.Members[i].makePrintable()
	}
	s.APIServers = slices.Clone(s.APIServers)
	for i := range s.APIServers {
		s.APIServers[i].makePrintable()
	}
	s.Marks = slices.Clone(s.Marks)
	for i := range s.Marks {
		m := &s.Marks[i]
		m.Text, m.Member = Printable(m.Text), Printable(m.Member)
	}
	return s
}

func (m *Member) makePrintable() {
	m.Called, m.Node = Printable(m.Called), m.Node.printable()
	m.Name, m.Endpoint, m.MetricsEndpoint = Printable(m.Name), Printable(m.Endpoint), Printable(m.MetricsEndpoint)
	m.PeerURLs, m.ClientURLs, m.LeadsTo = printableAll(m.PeerURLs), printableAll(m.ClientURLs), printableAll(m.LeadsTo)
	m.AlsoGiven, m.Silent, m.Flags = printableAll(m.AlsoGiven), printableAll(m.Silent), m.Flags.printable()
	m.ServedCertificate, m.ServedAuthority = m.ServedCertificate.printable(), m.ServedAuthority.printable()

	m.Status.Err, m.Metrics.Err, m.Peers.Err = m.Status.Err.printable(), m.Metrics.Err.printable(),
		m.Peers.Err.printable()
	m.Written.Err = m.Written.Err.printable()
	m.Written.Value.makePrintable()
	m.Hash.Err, m.Liveness.Err = m.Hash.Err.printable(), m.Liveness.Err.printable()
	m.Linearizable.Err, m.Serializable.Err = m.Linearizable.Err.printable(), m.Serializable.Err.printable()

	status := &m.Status.Value
	status.Version, status.StorageVersion = Printable(status.Version), Printable(status.StorageVersion)
	status.DowngradeTarget = Printable(status.DowngradeTarget)
	status.Errors, status.Alarms = truncateAll(printableAll(status.Errors)), printableAlarms(status.Alarms)
	m.Metrics.Value = m.Metrics.Value.printable()
	m.Peers.Value = printablePeers(m.Peers.Value)
}

func (v *APIServerView) makePrintable() {
	v.URL = Printable(v.URL)
	v.Ready.Err, v.Live.Err, v.Metrics.Err = v.Ready.Err.printable(), v.Live.Err.printable(), v.Metrics.Err.printable()
	v.Ready.Value.Reason = truncate(Printable(v.Ready.Value.Reason), maxErrorBytes)
	v.Live.Value.Reason = truncate(Printable(v.Live.Value.Reason), maxErrorBytes)
	v.Metrics.Value = v.Metrics.Value.printable()
}

// printable returns the metrics with printable texts only; m itself if nothing changes.
func (m *APIServerMetrics) printable() *APIServerMetrics {
	if m == nil || m.isPrintable() {
		return m
	}
	own := *m
	own.Requests, own.Errors = maps.Clone(m.Requests), maps.Clone(m.Errors)
	maps.DeleteFunc(own.Requests, func(r EtcdRequest, _ Histogram) bool { return !r.isPrintable() })
	maps.DeleteFunc(own.Errors, func(r EtcdRequest, _ float64) bool { return !r.isPrintable() })
	own.Operations, own.ResourceBytes = maps.Clone(m.Operations), maps.Clone(m.ResourceBytes)
	maps.DeleteFunc(own.Operations, func(operation string, _ Histogram) bool { return isUnprintable(operation) })
	maps.DeleteFunc(own.ResourceBytes, func(resource string, _ float64) bool { return isUnprintable(resource) })
	own.Databases = slices.DeleteFunc(slices.Clone(m.Databases), func(d APIServerDatabase) bool {
		return isUnprintable(d.Name)
	})
	return &own
}

func (m *APIServerMetrics) isPrintable() bool {
	for r := range m.Requests {
		if !r.isPrintable() {
			return false
		}
	}
	for r := range m.Errors {
		if !r.isPrintable() {
			return false
		}
	}
	for resource := range m.ResourceBytes {
		if isUnprintable(resource) {
			return false
		}
	}
	return !slices.ContainsFunc(m.Databases, func(d APIServerDatabase) bool { return isUnprintable(d.Name) })
}

func (r *EtcdRequest) isPrintable() bool { return IsPrintable(r.Operation) && IsPrintable(r.Resource) }

func (e *Error) printable() *Error {
	if e == nil || len(e.Text) <= maxErrorBytes && IsPrintable(e.Text) && IsPrintable(e.Where) && IsPrintable(e.What) {
		return e
	}
	own := *e
	own.Text = truncate(Printable(e.Text), maxErrorBytes) // escapes are longer than what they replace
	own.What = truncate(Printable(e.What), maxErrorBytes)
	own.Where = truncate(Printable(e.Where), maxErrorBytes)
	return &own
}

// printable returns flags with printable texts only. What it reads from an unprintable value is as useless as that.
func (f *ServerFlags) printable() *ServerFlags {
	if f == nil {
		return nil
	}
	all, clean := make(map[string]string, len(f.All)), IsPrintable(f.Source)
	for name, value := range f.All {
		clean = clean && IsPrintable(name) && IsPrintable(value)
		all[Printable(name)] = Printable(value)
	}
	if clean {
		return f
	}
	return NewServerFlags(Printable(f.Source), all)
}

func (c *Certificate) printable() *Certificate {
	if c == nil || IsPrintable(c.Subject) && IsPrintable(c.Issuer) && !slices.ContainsFunc(c.Names, isUnprintable) {
		return c
	}
	own := *c
	own.Subject, own.Issuer, own.Names = Printable(c.Subject), Printable(c.Issuer), printableAll(c.Names)
	return &own
}

func printableAll(texts []string) []string {
	if !slices.ContainsFunc(texts, isUnprintable) {
		return texts
	}
	own := slices.Clone(texts)
	for i, text := range own {
		own[i] = Printable(text)
	}
	return own
}

// truncateAll truncates texts to the length of an error's.
func truncateAll(texts []string) []string {
	long := func(text string) bool { return len(text) > maxErrorBytes }
	if !slices.ContainsFunc(texts, long) {
		return texts
	}
	own := slices.Clone(texts)
	for i, text := range own {
		own[i] = truncate(text, maxErrorBytes)
	}
	return own
}

func printableAlarms(alarms []Alarm) []Alarm {
	if !slices.ContainsFunc(alarms, func(a Alarm) bool { return isUnprintable(a.Type) }) {
		return alarms
	}
	own := slices.Clone(alarms)
	for i := range own {
		own[i].Type = Printable(own[i].Type)
	}
	return own
}

func printablePeers(peers []Peer) []Peer {
	dirty := func(p Peer) bool {
		return isUnprintable(p.Name) || slices.ContainsFunc(p.PeerURLs, isUnprintable) ||
			slices.ContainsFunc(p.ClientURLs, isUnprintable)
	}
	if !slices.ContainsFunc(peers, dirty) {
		return peers
	}
	own := slices.Clone(peers)
	for i := range own {
		p := &own[i]
		p.Name, p.PeerURLs, p.ClientURLs = Printable(p.Name), printableAll(p.PeerURLs), printableAll(p.ClientURLs)
	}
	return own
}

// printable returns the metrics with printable texts only; m itself if nothing changes.
func (m *Metrics) printable() *Metrics {
	if m == nil || m.isPrintable() {
		return m
	}
	own := *m
	own.ServerVersion, own.ClusterVersion = Printable(m.ServerVersion), Printable(m.ClusterVersion)
	own.Alarms, own.ParseError = printableAlarms(m.Alarms), m.ParseError.printable()
	own.RequestDuration, own.Features = maps.Clone(m.RequestDuration), maps.Clone(m.Features)
	own.GRPCStarted = maps.Clone(m.GRPCStarted)
	own.GRPCHandled, own.GRPCHandling = maps.Clone(m.GRPCHandled), maps.Clone(m.GRPCHandling)
	maps.DeleteFunc(own.RequestDuration, func(kind string, _ Histogram) bool { return isUnprintable(kind) })
	maps.DeleteFunc(own.Features, func(name string, _ bool) bool { return isUnprintable(name) })
	maps.DeleteFunc(own.GRPCHandled, func(c GRPCCall, _ float64) bool {
		return isUnprintable(c.Code) ||
			!c.isPrintable()
	})
	maps.DeleteFunc(own.GRPCStarted, func(g GRPCMethod, _ float64) bool { return !g.isPrintable() })
	maps.DeleteFunc(own.GRPCHandling, func(g GRPCMethod, _ Histogram) bool { return !g.isPrintable() })
	return &own
}

func (m *Metrics) isPrintable() bool {
	texts := []string{m.ServerVersion, m.ClusterVersion}
	if m.ParseError != nil {
		texts = append(texts, m.ParseError.Text)
	}
	for i := range m.Alarms {
		texts = append(texts, m.Alarms[i].Type)
	}
	for kind := range m.RequestDuration {
		texts = append(texts, kind)
	}
	for name := range m.Features {
		texts = append(texts, name)
	}
	for call := range m.GRPCHandled {
		texts = append(texts, call.Service, call.Method, call.Type, call.Code)
	}
	for method := range m.GRPCStarted {
		texts = append(texts, method.Service, method.Method, method.Type)
	}
	for method := range m.GRPCHandling {
		texts = append(texts, method.Service, method.Method, method.Type)
	}
	return !slices.ContainsFunc(texts, isUnprintable)
}

func (g *GRPCMethod) isPrintable() bool {
	return IsPrintable(g.Service) && IsPrintable(g.Method) && IsPrintable(g.Type)
}

func isUnprintable(text string) bool { return !IsPrintable(text) }
