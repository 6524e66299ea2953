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
			if d.sample.parse(line, len(last.name)) != nil || d.store(m, last, &d.sample) != nil {
				return false, nil
			}
		}
		d.linesRead++
	}
	return true, nil
}

// checkEvery is how many series a decoder reads between checks for cancellation: about 1 ms.
const checkEvery = 512

var errTooManySeries = fmt.Errorf("more than %d series: this is not an etcd member's exposition", maxSeries)
