package cli

import (
	"context"
	"encoding/binary"
	"net"
	"strconv"
	"strings"
	"testing"

	"github.com/etcdoc/etcdoc/probe"
)

// TestSRVRecords: the records of the service, or of one with a name of its own, lead to the members. Those without TLS
// count unless --insecure-discovery=false.
func TestSRVRecords(t *testing.T) {
	endpoint := probe.HostPort(threeVoters.Use(t).Endpoints()[0])
	_, text, _ := strings.Cut(endpoint, ":")
	port, err := strconv.ParseUint(text, 10, 16)
	if err != nil {
		t.Fatal(err)
	}
	resolve(t, map[string]uint16{
		"_etcd-client._tcp.example.test.": uint16(port), "_etcd-client-blue._tcp.blue.test.": uint16(port),
	})
	for _, test := range []struct {
		args []string
		code int
		says string
	}{
		{[]string{"-d", "example.test"}, ExitHealthy, "http://localhost:" + text},
		{[]string{"-d", "blue.test", "--discovery-srv-name", "blue"}, ExitHealthy, "http://localhost:" + text},
		{[]string{"-d", "blue.test"}, ExitNotDone, "looking up the SRV records of --discovery-srv blue.test"},
		{[]string{"-d", "example.test", "--insecure-discovery=false"}, ExitNotDone, "_etcd-client-ssl._tcp records"},
	} {
		code, out, errs := etcdoc(t, append([]string{"check", "--window", "0", "-o", "json"}, test.args...)...)
		if code != test.code || !strings.Contains(out+errs, test.says) || strings.Contains(out+errs, "localhost.") {
			t.Errorf("%q: exit code %d, want %d and %q: %.400s%s", test.args, code, test.code, test.says, out, errs)
		}
	}
}

// resolve has the program's resolver ask a server that knows SRV records for ports of localhost, by name.
func resolve(t *testing.T, ports map[string]uint16) {
	t.Helper()
	server, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	before := net.DefaultResolver
	t.Cleanup(func() { net.DefaultResolver = before; _ = server.Close() })
	net.DefaultResolver = &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "udp", server.LocalAddr().String())
	}}
	go func() {
		for query := make([]byte, 512); ; {
			n, from, err := server.ReadFrom(query)
			if err != nil {
				return
			}
			_, _ = server.WriteTo(answerSRV(query[:n], ports), from)
		}
	}()
}

// answerSRV is the answer to a DNS query (RFC 1035, 4.1; RFC 2782): the record of a name, or that there is none.
func answerSRV(query []byte, ports map[string]uint16) []byte {
	const headerBytes, notFound = 12, 3
	var name strings.Builder
	end := headerBytes
	for ; query[end] != 0; end += int(query[end]) + 1 {
		name.Write(query[end+1 : end+1+int(query[end])])
		name.WriteByte('.')
	}
	end += 5 // the end of the name, type and class
	answer := append(append([]byte(nil), query[:2]...), 0x81, 0x80, 0, 1, 0, 0, 0, 0, 0, 0)
	answer = append(answer, query[headerBytes:end]...)
	port, known := ports[name.String()]
	if !known {
		answer[3] |= notFound
		return answer
	}
	answer[7] = 1
	answer = append(answer, 0xc0, headerBytes, 0, 33, 0, 1, 0, 0, 0, 60, 0, 17, 0, 0, 0, 0)
	answer = binary.BigEndian.AppendUint16(answer, port)
	return append(answer, "\x09localhost\x00"...)
}
