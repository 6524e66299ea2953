package probe

import (
	"bytes"
	"fmt"
)

// decodeFast is the fast path. It gives up at the first line that is not as etcd writes it; whole reports that it took
// them all. It fails if there are too many.
func (d *decoder) decodeFast(m *Metrics, text []byte) (whole bool, err error) {
	d.begin()
	// Lines of one name follow each other, so look the destination up once.
	var last destination
	var name []byte
	for len(text) > 0 {
		var line []byte
		line, text = nextLine(text)
		if len(line) == 0 || line[0] == '#' {
			if string(line) == endOfOpenMetrics {
				return false, nil
			}
			continue
		}
		if m.Series++; m.Series > maxSeries {
			return false, errTooManySeries
		}
		if m.Series%checkEvery == 0 {
			if err := d.cancelled(); err != nil {
				return false, err
			}
		}
		if line[0] == '{' {
			return false, nil
		}
		if n := len(name); n == 0 || len(line) <= n || !endsName(line[n]) || !bytes.Equal(line[:n], name) {
			name = metricName(line)
			last = d.byName[string(name)]
			if last.family != nil && last.family.begin != nil {
				last.family.begin(m)
			}
		}
		if last.part == unwanted {
			continue
		}
		if !last.family.skipZero || !endsInZero(line) {
			if d.decodeLine(m, last, line) != nil {
				return false, nil
			}
		}
		d.linesRead++
	}
	return true, nil
}

// decodeLine stores a line. Those of buckets are most, and of them it parses the labels only once.
func (d *decoder) decodeLine(m *Metrics, to destination, line []byte) error {
	s, end := &d.sample, bytes.LastIndexByte(line, '}')+1
	known, isKnown := bucket{}, false
	if to.part == bucketPart {
		known, isKnown = d.buckets[string(line[:end])]
	}
	var err error
	if isKnown {
		s.bucket, err = known, s.parseNumber(line[end:])
	} else {
		err = s.parse(line, len(to.name))
	}
	if err == nil {
		err = d.store(m, to, s)
	}
	if err == nil && s.bucket.series != nil && !isKnown && len(d.buckets) < maxBucketLines && end <= maxBucketText {
		d.buckets[string(line[:end])] = s.bucket
		d.keptBytes += end
	}
	return err
}

// checkEvery is how many series a decoder reads between checks for cancellation: about 1 ms.
const checkEvery = 512

var errTooManySeries = fmt.Errorf("more than %d series: this is not an etcd member's exposition", maxSeries)
