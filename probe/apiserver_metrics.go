package probe

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
)

// APIServerMetrics is what etcdoc uses of a kube-apiserver's /metrics.
type APIServerMetrics struct {
	// Requests are the durations of its requests to etcd, in seconds, and Operations those of all resources together. A
	// kind of request that it has not made has no entry.
	Requests   map[EtcdRequest]Histogram
	Operations map[string]Histogram
	// Errors counts the requests that failed; where CountsErrors is set, one without an entry has never failed.
	Errors       map[EtcdRequest]float64
	CountsErrors bool
	// Databases are the sizes of the database files of its etcd clusters.
	Databases []APIServerDatabase
	// ResourceBytes estimates what the objects of a resource take in etcd, by the sizes last seen; 1.34+.
	ResourceBytes map[string]float64
	// StartTime is that of its process, in unix seconds.
	StartTime Value
	// Bytes and Series are the size of the whole exposition. Truncated reports that it has more kinds of requests than
	// are kept.
	Bytes, Series int
	Truncated     bool
}

// An EtcdRequest is a kind of request of kube-apiserver to etcd.
type EtcdRequest struct {
	// Operation is what it does: get, list, create, update, delete and others.
	Operation string
	// Resource is what it is about, as kubectl names it: pods, deployments.apps. Through 1.33 it is the label type.
	Resource string
}

// An APIServerDatabase is the database file of an etcd cluster that a kube-apiserver uses.
type APIServerDatabase struct {
	// Name is etcd-0 for that of --etcd-servers, and etcd-1 and so on for those of --etcd-servers-overrides; through
	// 1.27 it is the endpoint.
	Name  string
	Bytes float64
}

const (
	// maxAPIBody bounds the unpacked metrics of an API server: those of large clusters take tens of MiB.
	maxAPIBody = 256 << 20
	// maxAPILine bounds a line that is wanted, in bytes. Others may be longer.
	maxAPILine = 16 << 10
	// maxAPIKinds bounds the kinds of requests, and the resources with a size. A cluster with 300 resources makes about
	// 1,500 kinds.
	maxAPIKinds = 2048
	// maxAPIDatabases bounds the etcd clusters; Kubernetes' own setups have two at most.
	maxAPIDatabases = 64
)

// The families of kube-apiserver that etcdoc reads.
const (
	etcdRequestDuration = "etcd_request_duration_seconds"
	etcdRequestErrors   = "etcd_request_errors_total"
	etcdRequestCounts   = "etcd_requests_total" // comes with the errors, which have no series before the first
	resourceSize        = "apiserver_resource_size_estimate_bytes"
	processStart        = "process_start_time_seconds"
)

// databaseSizes are the names of the database's size, the newest first: 1.28+, 1.26+ and up to 1.25.
var databaseSizes = [...]string{
	"apiserver_storage_size_bytes", "apiserver_storage_db_total_size_in_bytes", "etcd_db_total_size_in_bytes",
}

// An apiDecoder decodes one exposition.
type apiDecoder struct {
	m      *APIServerMetrics
	sample sample
	// kinds are the kinds of requests so far, by their labels; key is a scratch buffer for those.
	kinds map[string]*apiKind
	key   []byte
	// rank is the index in databaseSizes of the databases so far.
	rank int
	// wanted counts the samples of kube-apiserver's families.
	wanted int
}

// An apiKind is a kind of request with what was decoded of it; builder is nil for one that is left out.
type apiKind struct {
	EtcdRequest
	builder *histogramBuilder
}

// decodeAPIServer decodes an exposition of kube-apiserver in the text format. It skips lines that are longer than the
// reader's buffer: none that it wants is. Its error is an [Error], or that of the reader.
func decodeAPIServer(r *bufio.Reader) (*APIServerMetrics, error) {
	d := &apiDecoder{m: new(APIServerMetrics), rank: len(databaseSizes), kinds: make(map[string]*apiKind)}
	for {
		line, err := r.ReadSlice('\n')
		d.m.Bytes += len(line)
		whole := err == nil
		for errors.Is(err, bufio.ErrBufferFull) && d.m.Bytes <= maxAPIBody {
			var rest []byte
			rest, err = r.ReadSlice('\n')
			d.m.Bytes += len(rest)
		}
		switch {
		case d.m.Bytes > maxAPIBody:
			return nil, &Error{Kind: ErrUnsupported, Text: fmt.Sprintf("its metrics take more than %d MiB", maxAPIBody>>20)}
		case errors.Is(err, io.EOF):
			err = d.finish()
		case err != nil:
			return nil, err
		case whole:
			if err = d.add(trimBlanks(line[:len(line)-1])); err == nil {
				continue
			}
		default:
			continue
		}
		if err != nil {
			return nil, &Error{Kind: ErrMalformed, Text: "decoding its metrics: " + err.Error()}
		}
		return d.m, nil
	}
}

// add decodes a line.
func (d *apiDecoder) add(line []byte) error {
	if len(line) == 0 || line[0] == '#' {
		return nil
	}
	d.m.Series++
	name := metricName(line)
	add := d.destination(name)
	if add == nil {
		return nil
	}
	if err := d.sample.parse(line, len(name)); err != nil {
		return fmt.Errorf("%.60q: %w", line, err)
	}
	if err := add(); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// destination returns what takes the sample of a metric; nil if nobody wants it.
func (d *apiDecoder) destination(name []byte) func() error {
	switch string(name) {
	case etcdRequestDuration + "_bucket":
		return func() error { return d.addDuration(bucketPart) }
	case etcdRequestDuration + "_sum":
		return func() error { return d.addDuration(sumPart) }
	case etcdRequestDuration + "_count":
		return func() error { return d.addDuration(countPart) }
	case etcdRequestErrors:
		return d.addErrors
	case etcdRequestCounts:
		d.m.CountsErrors = true
	case resourceSize:
		return d.addResource
	case processStart:
		return func() error {
			d.m.StartTime = Known(d.sample.value)
			return nil
		}
	}
	if rank := slices.Index(databaseSizes[:], string(name)); rank >= 0 && rank <= d.rank {
		return func() error { return d.addDatabase(rank) }
	}
	return nil
}

func (d *apiDecoder) addDuration(what part) error {
	kind := d.kind()
	if kind.builder == nil {
		return nil
	}
	return kind.builder.add(what, &d.sample)
}

func (d *apiDecoder) addErrors() error {
	d.wanted++
	kind := d.kind()
	if n, known := Known(d.sample.value).Get(); known && n > 0 && kind.builder != nil {
		if d.m.Errors == nil {
			d.m.Errors = make(map[EtcdRequest]float64)
		}
		d.m.Errors[kind.EtcdRequest] += n
	}
	return nil
}

func (d *apiDecoder) addResource() error {
	d.wanted++
	size, known := Known(d.sample.value).Get()
	if !known || size < 0 || len(d.m.ResourceBytes) == maxAPIKinds { // -1 is unknown
		return nil
	}
	if d.m.ResourceBytes == nil {
		d.m.ResourceBytes = make(map[string]float64)
	}
	d.m.ResourceBytes[truncate(string(d.resource(nil)), maxNameBytes)] = size
	return nil
}

// addDatabase takes in a size by one of databaseSizes.
func (d *apiDecoder) addDatabase(rank int) error {
	d.wanted++
	if rank < d.rank {
		d.rank, d.m.Databases = rank, nil
	}
	size, known := Known(d.sample.value).Get()
	if !known || size < 0 || len(d.m.Databases) == maxAPIDatabases {
		return nil
	}
	var name []byte
	for _, label := range []string{"storage_cluster_id", "cluster", "endpoint"} {
		if name = d.sample.label(label); len(name) > 0 {
			break
		}
	}
	d.m.Databases = append(d.m.Databases, APIServerDatabase{truncate(string(name), maxNameBytes), size})
	return nil
}

// resource appends the sample's resource to a buffer, as kubectl names it.
func (d *apiDecoder) resource(to []byte) []byte {
	resource, group := d.sample.label("resource"), d.sample.label("group")
	if len(resource) == 0 {
		return append(to, d.sample.label("type")...)
	}
	to = append(to, resource...)
	if len(group) > 0 {
		to = append(append(to, '.'), group...)
	}
	return to
}

// kind returns the kind of request that the sample is about.
func (d *apiDecoder) kind() *apiKind {
	d.key = append(append(d.key[:0], d.sample.label("operation")...), 0xff)
	operation := len(d.key) - 1
	d.key = d.resource(d.key)
	if kind, has := d.kinds[string(d.key)]; has {
		return kind
	}
	kind := new(apiKind)
	if len(d.kinds) >= maxAPIKinds {
		d.m.Truncated = true
		return kind
	}
	kind.EtcdRequest = EtcdRequest{truncate(string(d.key[:operation]), maxNameBytes),
		truncate(string(d.key[operation+1:]), maxNameBytes)}
	kind.builder = new(histogramBuilder)
	d.kinds[string(d.key)] = kind
	return kind
}

// finish makes histograms of the lines.
func (d *apiDecoder) finish() error {
	for _, kind := range d.kinds {
		if len(kind.builder.bounds) == 0 && !kind.builder.hasCount {
			continue // it was only counted among the errors
		}
		h, err := kind.builder.histogram()
		if err != nil {
			return fmt.Errorf("%s: %w", etcdRequestDuration, err)
		}
		if d.m.Requests == nil {
			d.m.Requests, d.m.Operations = make(map[EtcdRequest]Histogram), make(map[string]Histogram)
		}
		d.m.Requests[kind.EtcdRequest] = h
		sum, has := d.m.Operations[kind.Operation]
		if !has { // whose counts are its own
			sum = Histogram{Bounds: h.Bounds, Counts: make([]float64, len(h.Counts))}
		}
		if err := sum.plus(h); err != nil {
			return fmt.Errorf("%s: %w", etcdRequestDuration, err)
		}
		d.m.Operations[kind.Operation] = sum
	}
	if len(d.m.Requests) == 0 && d.wanted == 0 {
		return errors.New("they have no family of kube-apiserver about etcd: this is not kube-apiserver, or it has no etcd")
	}
	slices.SortFunc(d.m.Databases, func(a, b APIServerDatabase) int { return cmp.Compare(a.Name, b.Name) })
	return nil
}
