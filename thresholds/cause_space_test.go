package thresholds

import (
	"testing"
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

// TestSeveralDatabasesNearTheirQuota are all in the headline, not only the first.
func TestSeveralDatabasesNearTheirQuota(t *testing.T) {
	t.Parallel()
	for name, of := range map[string][]float64{
		"four reached": {1.01, 1.01, 0.99, 1.01, 1.02}, "all near": {0.96, 0.97, 0.96, 0.951, 0.98},
		"one reached": {1.01, 0.96, 0.9, 0.3, 0.3}, "one near": {0.3, 0.3, 0.97, 0.3, 0.3},
	} {
		s := newScene(t, 5, Options{})
		for i, m := range s.members {
			size := int64(of[i] * (8 << 30))
			m.status.DBSizeBytes, m.metrics.DBSizeBytes = size, probe.Known(float64(size))
			m.status.DBInUseBytes, m.metrics.DBInUseBytes = size, probe.Known(float64(size))
		}
		a := s.run(20*time.Second, nil)
		wantReading(t, &a, CauseQuotaNear)
		says(t, name, a.Reading.Headline+"\n"+a.Reading.Text)
	}
}
