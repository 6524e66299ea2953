package probe

import (
	"crypto/x509"
	"testing"
	"time"
)

func TestFirstAuthorityToExpire(t *testing.T) {
	t.Parallel()
	end := func(years int, ca bool) *x509.Certificate {
		return &x509.Certificate{IsCA: ca, NotAfter: time.Date(2026+years, 1, 1, 0, 0, 0, 0, time.UTC)}
	}
	tests := map[string]struct {
		chain []*x509.Certificate
		year  int // 0: none is found
	}{
		"none":                        {nil, 0},
		"the leaf alone":              {[]*x509.Certificate{end(1, false)}, 0},
		"a leaf that is its own root": {[]*x509.Certificate{end(1, true)}, 0},
		"a root":                      {[]*x509.Certificate{end(1, false), end(9, true)}, 2035},
		"an intermediate ends first":  {[]*x509.Certificate{end(1, false), end(3, true), end(9, true)}, 2029},
		"the root ends first":         {[]*x509.Certificate{end(1, false), end(9, true), end(3, true)}, 2029},
		"what is no CA":               {[]*x509.Certificate{end(1, false), end(2, false), end(9, true)}, 2035},
	}
	for name, test := range tests {
		year := 0
		if c := firstToExpire(test.chain); c != nil {
			year = c.NotAfter.Year()
		}
		if year != test.year {
			t.Errorf("%s: %d, want %d", name, year, test.year)
		}
	}
	// A renewed or cross-signed CA makes two chains; the one that is valid for longer counts.
	old, renewed := []*x509.Certificate{end(1, false), end(2, true)}, []*x509.Certificate{end(1, false), end(9, true)}
	for _, chains := range [][][]*x509.Certificate{{old, renewed}, {renewed, old}} {
		if c := firstToExpire(longestValid(chains)); c.NotAfter.Year() != 2035 {
			t.Errorf("of two chains: %v", c.NotAfter)
		}
	}
}
