package probe

const (
	// maxBody bounds an unpacked exposition. A real one has about 0.2 MB.
	maxBody = 16 << 20
	// maxSeries bounds its series. etcd has about 2,000; the bound is against an endpoint that is something else.
	maxSeries = 50_000
	// maxLabels, maxLabelName and maxLabelValue bound the labels of a series, and the bytes of a label: Grafana Mimir's
	// defaults (pkg/util/validation/limits.go: -validation.max-label-names-per-series,
	// -validation.max-length-label-name and -validation.max-length-label-value). Prometheus has none by default
	// (label_limit). etcd's series have at most five labels.
	maxLabels, maxLabelName, maxLabelValue = 30, 1024, 2048
	// maxAllLabels bounds the labels of all decoded series: etcd's plus a dozen from the scrape, for 20 members.
	maxAllLabels = 250_000
	// maxText bounds the distinct label text of one exposition, in bytes: etcd's has about 5 KB.
	maxText = 4 << 20
	// maxKinds bounds the peers, features and the like in an exposition, maxMethods the gRPC methods, and maxCalls
	// their combinations with the codes that calls returned. etcd's FAQ allows seven members, but removed ones stay
	// until the process restarts; etcd 3.7 has 49 methods, most of which return a handful of codes, and 13 features.
	// 448 is what a map of 512 places takes.
	maxKinds, maxMethods, maxCalls = 64, 64, 448
	// maxHistograms bounds the histogram series: etcd has one per peer and gRPC method, and about 100 others.
	// maxBuckets bounds the buckets of each: etcd's have at most 21.
	maxHistograms, maxBuckets = 1000, 32
	// maxBucketLines and maxBucketText bound the lines of buckets that a decoder knows by their text: etcd has 412 of
	// at most 111 bytes with two peers, and about 2,000 more with all its gRPC histograms.
	maxBucketLines, maxBucketText = 4096, 512
	// maxKept and maxKeptBytes bound what a decoder keeps between expositions: the number of names, labels and buffers,
	// and their size.
	maxKept, maxKeptBytes = 10_000, 1 << 20
)
