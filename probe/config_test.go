package probe

import (
	"slices"
	"strings"
	"testing"
	"time"
)

func TestEndpoints(t *testing.T) {
	t.Parallel()
	files := TLS{CAFile: "ca.crt"}
	tests := map[string]struct {
		given  []string
		tls    TLS
		want   []string
		errors []string // parts of the error's text
	}{
		"a URL":     {given: []string{"http://10.0.0.1:2379"}, want: []string{"http://10.0.0.1:2379"}},
		"no scheme": {given: []string{"10.0.0.1:2379"}, want: []string{"http://10.0.0.1:2379"}},
		"no scheme, TLS files": {given: []string{"10.0.0.1:2379"}, tls: files,
			want: []string{"https://10.0.0.1:2379"}},
		"no scheme, an https one": {given: []string{"10.0.0.1:2379", " HTTPS://10.0.0.2:2379"},
			want: []string{"https://10.0.0.1:2379", "https://10.0.0.2:2379"}},
		"no scheme, a server's name": {given: []string{"10.0.0.1:2379"}, tls: TLS{ServerName: "a"},
			want: []string{"https://10.0.0.1:2379"}},
		"no scheme, any certificate": {given: []string{"10.0.0.1:2379"}, tls: TLS{InsecureSkipVerify: true},
			want: []string{"https://10.0.0.1:2379"}},
		"no scheme, TLS always": {given: []string{"10.0.0.1:2379"}, tls: TLS{Always: true},
			want: []string{"https://10.0.0.1:2379"}},
		"a comma in a password": {given: []string{"http://root:secret", "more@a:2379"},
			errors: []string{"--user", "a:2379"}},
		"http, TLS files": {given: []string{"http://10.0.0.1:2379"}, tls: files,
			want: []string{"http://10.0.0.1:2379"}},
		"https, no files": {given: []string{"https://a.example:2379/"},
			want: []string{"https://a.example:2379"}},
		"IPv6":                            {given: []string{"http://[::1]:2379"}, want: []string{"http://[::1]:2379"}},
		"IPv6 without brackets":           {given: []string{"::1"}, errors: []string{`"::1"`, "brackets", "http://[::1]:2379"}},
		"IPv6 without brackets, a port":   {given: []string{"https://fe80::1:2379"}, errors: []string{"brackets"}},
		"IPv6 without brackets, its port": {given: []string{"::1:41810"}, errors: []string{"write http://[::1]:41810"}},
		"IPv6 without brackets, perhaps a port": {given: []string{"::1:4180"},
			errors: []string{"http://[::1]:4180 if 4180 is the port", "http://[::1:4180]:PORT"}},
		"a host name": {given: []string{"localhost:2379"}, want: []string{"http://localhost:2379"}},
		"blanks and duplicates": {given: []string{" a:1", "http://a:1", "b:1"},
			want: []string{"http://a:1", "http://b:1"}},
		"none":  {errors: []string{"no endpoint", "http://127.0.0.1:2379"}},
		"empty": {given: []string{""}, errors: []string{"no host"}},
		"a port that can't be": {given: []string{"http://etcd-0:65536"},
			errors: []string{"http://etcd-0:65536", "no port 65536", "1 to 65535"}},
		"port 0": {given: []string{"etcd-0:0"}, errors: []string{"etcd-0:0", "1 to 65535"}},
		"no port": {given: []string{"http://etcd-0"},
			errors: []string{"http://etcd-0", "no port", "2379"}},
		"another scheme": {given: []string{"etcd://a:2379"},
			errors: []string{"etcd://a:2379", "http://HOST:PORT"}},
		"a unix socket": {given: []string{"unix:///run/etcd.sock"},
			want: []string{"unix:///run/etcd.sock"}},
		"a unix socket in a folder, and TLS on another": {given: []string{"unix:run/etcd.sock", "unixs://etcd.sock:0"},
			want: []string{"unix://run/etcd.sock", "unixs://etcd.sock:0"}},
		"no unix socket": {given: []string{"unix://"}, errors: []string{"names no socket", "unix:///PATH"}},
		"a path": {given: []string{"http://a:2379/v3"},
			errors: []string{"http://a:2379/v3", "no path"}},
		"a password": {given: []string{"http://root:secret@a:2379"}, errors: []string{"--user"}},
		"no URL": {given: []string{"http://a:b:c"},
			errors: []string{"http://a:b:c", "http://HOST:PORT"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			cfg := Config{Endpoints: test.given, TLS: test.tls}
			err := cfg.complete()
			if len(test.errors) == 0 && (err != nil || !slices.Equal(cfg.Endpoints, test.want)) {
				t.Errorf("got %q, %v, want %q", cfg.Endpoints, err, test.want)
			}
			for _, words := range test.errors {
				if err == nil || !strings.Contains(err.Error(), words) || strings.Contains(err.Error(), "secret") {
					t.Errorf("the error is %v, want one that says %s", err, words)
				}
			}
		})
	}
}

func TestDefaults(t *testing.T) {
	t.Parallel()
	cfg := Config{Endpoints: []string{"a:1"}, MetricsEndpoints: []string{"a:2", "https://b:3/custom"}}
	if err := cfg.complete(); err != nil {
		t.Fatal(err)
	}
	if cfg.Interval != 2*time.Second || cfg.DialTimeout != 2*time.Second || cfg.CommandTimeout != 5*time.Second {
		t.Errorf("interval %v, timeouts %v and %v", cfg.Interval, cfg.DialTimeout, cfg.CommandTimeout)
	}
	if want := []string{"http://a:2/metrics", "https://b:3/custom"}; !slices.Equal(cfg.MetricsEndpoints, want) {
		t.Errorf("metrics endpoints %q, want %q", cfg.MetricsEndpoints, want)
	}
	for what, cfg := range map[string]Config{
		"a negative interval":     {Endpoints: []string{"a:1"}, Interval: -1},
		"a password without user": {Endpoints: []string{"a:1"}, Password: "x"},
		"a bad metrics endpoint":  {Endpoints: []string{"a:1"}, MetricsEndpoints: []string{"a"}},
	} {
		if err := cfg.complete(); err == nil {
			t.Errorf("%s is taken", what)
		}
	}
}

func TestPatience(t *testing.T) {
	t.Parallel()
	for interval, want := range map[time.Duration]time.Duration{
		time.Second:             250 * time.Millisecond,
		1999 * time.Millisecond: 499750 * time.Microsecond,
		2 * time.Second:         500 * time.Millisecond,
		2001 * time.Millisecond: 500 * time.Millisecond,
		time.Hour:               500 * time.Millisecond,
	} {
		if got := patience(interval); got != want {
			t.Errorf("the patience at %v is %v, want %v", interval, got, want)
		}
	}
}
