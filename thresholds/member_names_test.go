package thresholds

import "testing"

// TestMemberIsCalled: people name a member by its label, its id, or an endpoint.
func TestMemberIsCalled(t *testing.T) {
	t.Parallel()
	m := Member{MemberRef: MemberRef{Key: "8e9e05c52164694d", ID: 0x8e9e05c52164694d, Label: "etcd-1"},
		Endpoints: []string{"https://10.0.0.1:2379"}}
	for name, want := range map[string]bool{
		"etcd-1": true, "8e9e05c52164694d": true, "0x8E9E05C52164694D": true, "https://10.0.0.1:2379": true,
		"https://10.0.0.1:2379/": true, "10.0.0.1:2379": true, "": false, "etcd": false, "10.0.0.1": false,
		"https://10.0.0.2:2379": false, "0x": false,
	} {
		if got := m.IsCalled(name); got != want {
			t.Errorf("%q: %t, want %t", name, got, want)
		}
	}
	m.Endpoints = []string{"http://[::1]:2379"}
	for name, want := range map[string]bool{
		"http://[0:0:0:0:0:0:0:1]:2379": true, "[0:0::1]:2379": true, "http://[::1]:2379/": true,
		"https://[::1]:2379": false, "http://[::2]:2379": false, "http://[::1]": false, "::1": false,
	} {
		if got := m.IsCalled(name); got != want {
			t.Errorf("%q: %t, want %t", name, got, want)
		}
	}
	for _, endpoint := range []string{"unix:///run/etcd/client.sock", "https://etcd-1"} { // without a port
		m.Endpoints = []string{endpoint}
		for _, name := range []string{"etcd-9", "10.0.0.9", "unix://nowhere", "https://etcd-9"} {
			if m.IsCalled(name) {
				t.Errorf("%q is a name of the member at %s", name, endpoint)
			}
		}
		if !m.IsCalled(endpoint) {
			t.Errorf("the member is not called %s", endpoint)
		}
	}
}
