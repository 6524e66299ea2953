package probe

import (
	"fmt"
	"strconv"
)

// A family is a metric family that etcdoc reads, with its destination in [Metrics]. It belongs to one decoder.
type family struct {
	// names are etcd's names for it, the newest first. Only the lines of the newest name present count.
	names []string
	// sample stores a line of a scalar family; series stores a series of a histogram.
	sample func(*Metrics, *decoder, *sample) error
	series func(*Metrics, labels, Histogram) error
	// reset clears what was stored.
	reset func(*Metrics)
	// begin runs before the first line.
	begin func(*Metrics)
	// skipZero skips samples of 0.
	skipZero bool
	// single says that a process has only one series of it; with info, only one whose value is 1.
	single, info bool

	// decoded is the number of the last exposition that had it, rank the index of the name it had there, and taken how
	// many samples of it were stored.
	decoded, rank, taken int
}

// isUnique reports whether a process has no second series with this value.
func (f *family) isUnique(value float64) bool { return f.single && (!f.info || value == 1) }

// Errors for families that contain more of something than any etcd has.
var (
	errTooMany        = fmt.Errorf("it names more than %d", maxKinds)
	errTooManyMethods = fmt.Errorf("it names more than %d methods", maxMethods)
	errTooManyCalls   = fmt.Errorf("it counts more than %d kinds of calls", maxCalls)
)

// value returns a family of one number per process.
func value(field func(*Metrics) *Value, names ...string) family {
	return family{
		names:  names,
		single: true,
		reset:  func(m *Metrics) { *field(m) = Value{} },
		sample: func(m *Metrics, _ *decoder, s *sample) error {
			*field(m) = Known(s.value)
			return nil
		},
	}
}

// summed returns a family stored as one number: the sum over its labels.
func summed(field func(*Metrics) *Value, names ...string) family {
	return family{
		names: names,
		reset: func(m *Metrics) { *field(m) = Value{} },
		sample: func(m *Metrics, _ *decoder, s *sample) error {
			if v, sum := Known(s.value), field(m); v.IsKnown() {
				*sum = Known(sum.Or(0) + v.Or(0))
			}
			return nil
		},
	}
}

// histogram returns a family stored as one histogram: the sum over its labels.
func histogram(field func(*Metrics) *Histogram, names ...string) family {
	return family{
		names:  names,
		reset:  func(m *Metrics) { *field(m) = Histogram{} },
		series: func(m *Metrics, _ labels, h Histogram) error { return field(m).plus(h) },
	}
}

// infoFamily returns a family that carries its value in a label of the series that is 1.
func infoFamily(name string, set func(*Metrics, string) error, names ...string) family {
	return family{
		names: names, single: true, info: true,
		reset: func(m *Metrics) { _ = set(m, "") }, // an empty value can't fail
		sample: func(m *Metrics, d *decoder, s *sample) error {
			if s.value != 1 {
				return nil
			}
			return set(m, d.internName(s.label(name)))
		},
	}
}

// peer returns a family with one series per other member, whose id is in a label.
func peer(name string, field func(*PeerMetrics) *Value, names ...string) family {
	return family{
		names: names,
		reset: func(m *Metrics) {
			for id, p := range m.Peers {
				*field(&p) = Value{}
				m.Peers[id] = p
			}
		},
		sample: func(m *Metrics, _ *decoder, s *sample) error {
			return m.peer(s.label(name), func(p *PeerMetrics) { *field(p) = Known(s.value) })
		},
	}
}

// peer lets set change the metrics of one peer. etcd counts a peer under 0 before it knows its id: that one is ignored.
func (m *Metrics) peer(id []byte, set func(*PeerMetrics)) error {
	member, err := parseMemberID(id)
	if err != nil || member == 0 {
		return err
	}
	if m.Peers == nil {
		m.Peers = make(map[MemberID]PeerMetrics)
	}
	p, ok := m.Peers[member]
	if !ok && len(m.Peers) == maxKinds {
		return errTooMany
	}
	set(&p)
	m.Peers[member] = p
	return nil
}

func readRoundTrip(m *Metrics, of labels, h Histogram) error {
	return m.peer([]byte(of.get("To")), func(p *PeerMetrics) { p.RoundTrip = h })
}

func dropRoundTrips(m *Metrics) {
	for id, p := range m.Peers {
		p.RoundTrip = Histogram{}
		m.Peers[id] = p
	}
}

func readAlarm(m *Metrics, d *decoder, s *sample) error {
	if !(s.value > 0) {
		return nil
	}
	id, err := parseMemberID(s.label("server_id"))
	switch {
	case err != nil:
		return err
	case len(m.Alarms) == maxKinds:
		return errTooMany
	}
	m.Alarms = append(m.Alarms, Alarm{Type: d.internName(s.label("alarm_type")), Member: id})
	return nil
}

func readFeature(m *Metrics, d *decoder, s *sample) error {
	if m.Features == nil {
		m.Features = make(map[string]bool)
	}
	if len(m.Features) == maxKinds {
		return errTooMany
	}
	m.Features[d.internName(s.label("name"))] = s.value == 1
	return nil
}

func readRequestDuration(m *Metrics, of labels, h Histogram) error {
	if m.RequestDuration == nil {
		m.RequestDuration = make(map[string]Histogram)
	}
	kind := of.get("type")
	sum, ok := m.RequestDuration[kind]
	if !ok && len(m.RequestDuration) == maxKinds {
		return errTooMany
	}
	err := sum.plus(h)
	m.RequestDuration[kind] = sum
	return err
}

func beginGRPCHandled(m *Metrics) {
	if m.GRPCHandled == nil {
		m.GRPCHandled = make(map[GRPCCall]float64)
	}
}

func beginGRPCStarted(m *Metrics) {
	if m.GRPCStarted == nil {
		m.GRPCStarted = make(map[GRPCMethod]float64)
	}
}

func readGRPCStarted(m *Metrics, d *decoder, s *sample) error {
	beginGRPCStarted(m)
	n, known := Known(s.value).Get()
	if !known || n <= 0 {
		return nil
	}
	method, err := readMethod(d, s)
	if err == nil {
		m.GRPCStarted[method] += n
	}
	return err
}

func readGRPCHandled(m *Metrics, d *decoder, s *sample) error {
	beginGRPCHandled(m)
	n, known := Known(s.value).Get()
	if !known || n <= 0 {
		return nil
	}
	method, err := readMethod(d, s)
	if err != nil {
		return err
	}
	call := GRPCCall{method, d.internName(s.label("grpc_code"))}
	if _, ok := m.GRPCHandled[call]; !ok && len(m.GRPCHandled) == maxCalls {
		return errTooManyCalls
	}
	m.GRPCHandled[call] += n
	return nil
}

// readMethod returns the method whose calls a sample counts.
func readMethod(d *decoder, s *sample) (GRPCMethod, error) {
	method := GRPCMethod{
		Service: d.internName(s.label("grpc_service")),
		Method:  d.internName(s.label("grpc_method")),
		Type:    d.internName(s.label("grpc_type")),
	}
	if d.methods[method] = true; len(d.methods) > maxMethods {
		return GRPCMethod{}, errTooManyMethods
	}
	return method, nil
}

func readGRPCHandling(m *Metrics, of labels, h Histogram) error {
	if m.GRPCHandling == nil {
		m.GRPCHandling = make(map[GRPCMethod]Histogram)
	}
	if len(m.GRPCHandling) == maxMethods {
		return errTooManyMethods
	}
	m.GRPCHandling[GRPCMethod{of.get("grpc_service"), of.get("grpc_method"), of.get("grpc_type")}] = h
	return nil
}

// parseMemberID parses an id as etcd prints it, in hexadecimal.
func parseMemberID(text []byte) (MemberID, error) {
	id, err := strconv.ParseUint(string(text), 16, 64)
	if err != nil {
		return 0, fmt.Errorf("%q is no member id", text)
	}
	return MemberID(id), nil
}
