package main

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"io"
	"log"
	"math/big"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/creack/pty"
	pb "go.etcd.io/etcd/api/v3/etcdserverpb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// tellTale is in every hostile text, and shows that a face has printed some of it.
const tellTale = "PWN"

// hostileText colours, retitles, writes the clipboard, moves the cursor and rings; it ends lines, and turns the
// direction of what follows.
const hostileText = tellTale + "\x1b[38;5;199m\x1b]0;" + tellTale + "\x07\x1b]52;c;cm0gLXJm\x07\x1bP1;1|x\x1b\\" +
	"\u009b31m\u009d52;c;x\u009c\r\n\b\x7f\u0085\u2028\u202e\u2066\u200b\ufeff"

// hostileBytes is that, and what is no UTF-8.
const hostileBytes = hostileText + "\xff\x9b31m\xc3"

// obeyed returns a piece of a text that a terminal would obey or hide; empty if there is none.
func obeyed(text string) string {
	for i, r := range text {
		if r == utf8.RuneError && !strings.HasPrefix(text[i:], string(utf8.RuneError)) ||
			r != '\n' && (unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == '\u2028' || r == '\u2029') {
			return fmt.Sprintf("%q", text[max(0, i-20):min(len(text), i+20)])
		}
	}
	return ""
}

// hostileTeller is a member that says such text wherever a member says any, and its exposition.
func hostileTeller() (*villain, exposition) {
	member := &villain{
		status: func() (*pb.StatusResponse, error) {
			return &pb.StatusResponse{Header: header(), Version: "3.6.0" + hostileText, StorageVersion: hostileText,
				Leader: 1, RaftTerm: 2, RaftIndex: 9, RaftAppliedIndex: 9, Errors: []string{hostileText}}, nil
		},
		list: func() (*pb.MemberListResponse, error) {
			return &pb.MemberListResponse{Header: header(), Members: []*pb.Member{
				{ID: 1, Name: hostileText, ClientURLs: []string{"http://127.0.0.1:1/" + hostileText}},
				{ID: 2, Name: "2" + hostileText, ClientURLs: []string{hostileText}, PeerURLs: []string{hostileText}},
			}}, nil
		},
	}
	return member, func(w http.ResponseWriter, _ *http.Request, id, _ int) {
		w.Header().Set("Server", tellTale)
		begin(w, id)
		_, _ = io.WriteString(w, hostileExposition)
	}
}

// hostileExposition has it in the values of labels, raw but for what ends a line there.
var hostileExposition = func() string {
	label := strings.NewReplacer("\n", `\n`, `\`, `\\`, `"`, `\"`).Replace(hostileBytes)
	return fmt.Sprintf("etcd_server_version{server_version=%q} 1\n"+
		"etcd_server_version{server_version=\"%[2]s\"} 1\netcd_cluster_version{cluster_version=\"%[2]s\"} 1\n"+
		"etcd_server_feature_enabled{name=\"%[2]s\",stage=\"%[2]s\"} 1\n"+
		"etcd_debugging_server_alarms{alarm_type=\"%[2]s\",server_id=\"1\"} 1\n"+
		"grpc_server_handled_total{grpc_code=\"%[2]s\",grpc_method=\"%[2]s\",grpc_service=\"s\",grpc_type=\"unary\"} 1\n",
		"3.6.0", label)
}()

// TestNothingObeysAHostileText runs the real program against text that a terminal would obey, in every face: names,
// versions, errors, labels, certificates, names of files, and arguments.
func TestNothingObeysAHostileText(t *testing.T) {
	t.Parallel()
	member, exposes := hostileTeller()
	reach := hostile(t, []*villain{member}, exposes)
	refuses := hostile(t, []*villain{{
		status: func() (*pb.StatusResponse, error) { return nil, status.Error(codes.Internal, hostileText) },
		list:   func() (*pb.MemberListResponse, error) { return nil, status.Error(codes.Internal, hostileText) },
	}}, func(w http.ResponseWriter, _ *http.Request, _, _ int) {
		http.Error(w, hostileBytes, http.StatusTeapot)
	})
	bundle := hostileBundle(t)
	// In a plan a semicolon, a space or a line's end would end the word.
	step := func(text string) string {
		return strings.NewReplacer(";", "", "\r", "", "\n", "", "\u0085", "", "\u2028", "").Replace(text)
	}
	brief := []string{"--window", "0", "--dial-timeout", "2s", "--command-timeout", "2s"}
	runs := map[string][]string{
		"plan":             append([]string{"plan", "restart " + step(hostileText), "--window", "0"}, reach...),
		"a plan's verb":    {"plan", step(hostileBytes)},
		"explain":          {"explain", hostileBytes},
		"a command":        {hostileBytes},
		"an output":        {"check", "-o", hostileBytes},
		"an endpoint":      append([]string{"check", "--endpoints", hostileBytes}, brief...),
		"a file":           {"check", "--cacert", "/" + hostileBytes, "--endpoints", "https://127.0.0.1:1"},
		"a configuration":  {"check", "--config", hostileFile(t, hostileBytes+": 1\nthresholds:\n  x: "+hostileBytes+"\n")},
		"a configured key": {"check", "--config", hostileFile(t, tellTale+"\"\\e]52;c;x\\a\": 1\n")},
		"no such bundle":   {"check", "--input", "/" + hostileBytes},
		"a certificate":    append([]string{"check", "--endpoints", "https://" + hostileTLS(t)}, brief...),
	}
	for _, output := range []string{"table", "wide", "json", "yaml", "nagios"} {
		runs["check "+output] = append(append([]string{"check", "-o", output, "--can-lose", hostileText}, brief...),
			reach...)
		runs["all of "+output] = append(append([]string{"check", "-o", output}, brief...), reach...)
		runs["errors "+output] = append(append([]string{"check", "-o", output}, brief...), refuses...)
		runs["bundle "+output] = []string{"check", "-o", output, "--input", bundle}
	}
	for name, args := range runs {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cmd := etcdoc(t, args...)
			var out, errs bytes.Buffer
			cmd.Stdout, cmd.Stderr = &out, &errs
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			ended(t, cmd)
			checkTame(t, name, out.String(), errs.String())
		})
	}
	t.Run("plain", func(t *testing.T) {
		t.Parallel()
		cmd, said := etcdoc(t, append([]string{"--plain", "--interval", "100ms"}, reach...)...), newHeard()
		cmd.Stdout, cmd.Stderr = said, said
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		said.await(t, tellTale)
		_ = cmd.Process.Signal(syscall.SIGINT)
		ended(t, cmd)
		checkTame(t, "plain", said.String(), "")
	})
	t.Run("dashboard", func(t *testing.T) {
		t.Parallel()
		checkDashboard(t, append([]string{"--interval", "100ms"}, reach...))
	})
}

// checkTame checks what a run has printed.
func checkTame(t *testing.T, name, out, errs string) {
	t.Helper()
	for stream, text := range map[string]string{"stdout": out, "stderr": errs} {
		if piece := obeyed(text); piece != "" {
			t.Errorf("%s of %s has %s", stream, name, piece)
		}
	}
	if !strings.Contains(out+errs, tellTale) {
		t.Errorf("%s prints nothing of the hostile text: %s%s", name, out, errs)
	}
}

// checkDashboard walks through the dashboard's pages on a terminal. What the dashboard itself sends has sequences, but
// none of these.
func checkDashboard(t *testing.T, args []string) {
	t.Helper()
	cmd, ptmx, _, _, said := onTerminal(t, args...)
	if err := pty.Setsize(ptmx, &pty.Winsize{Rows: 40, Cols: 120}); err != nil {
		t.Fatal(err)
	}
	press := func(keys ...string) {
		for _, key := range keys {
			if _, err := io.WriteString(ptmx, key); err != nil {
				t.Fatal(err)
			}
		}
	}
	said.await(t, "LIVE")
	press("\r")
	said.await(t, tellTale) // the member's page has its whole name, the overview what tells it from the others
	press("\x1b", "e", "f", "\r", "?", "\x1b", ":")
	_ = cmd.Process.Signal(syscall.SIGTERM)
	ended(t, cmd)
	for _, bad := range []string{"\x1b[38;5;199m", "\x1b]0;" + tellTale, "\x1b]52;", "\x1bP1;1|", "\u009b", "\u009d",
		"\u0085", "\u2028", "\u202e", "\u2066", "\u200b", "\ufeff", "\xff"} {
		if text := said.String(); strings.Contains(text, bad) {
			at := strings.Index(text, bad)
			t.Errorf("the dashboard sends %q: %q", bad, text[max(0, at-40):min(len(text), at+40)])
		}
	}
}

// hostileBundle is a folder of dumps with such names and such contents.
func hostileBundle(t *testing.T) string {
	t.Helper()
	folder := filepath.Join(t.TempDir(), hostileBytes)
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		hostileBytes + ".prom": "etcd_server_has_leader 1\netcd_server_id{server_id=\"a1\"} 1\n" + hostileExposition,
		"junk" + hostileBytes:  hostileBytes,
		"well.prom":            "etcd_server_has_leader 1\netcd_server_id{server_id=\"a2\"} 1\n",
	} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

func hostileFile(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), hostileText)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// hostileTLS is the address of a server whose certificate has such a subject, and has signed itself.
func hostileTLS(t *testing.T) string {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	name := pkix.Name{CommonName: hostileText, Organization: []string{hostileText}}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: name, NotBefore: time.Now().Add(-time.Hour),
		NotAfter: time.Now().Add(time.Hour)}
	signed, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{ReadHeaderTimeout: patience, Handler: http.NotFoundHandler(),
		ErrorLog: log.New(io.Discard, "", 0)}
	listener := tls.NewListener(listen(t), &tls.Config{MinVersion: tls.VersionTLS12,
		Certificates: []tls.Certificate{{Certificate: [][]byte{signed}, PrivateKey: key}}})
	go func() { _ = server.Serve(listener) }() // until it is closed
	t.Cleanup(func() { _ = server.Close() })
	return listener.Addr().String()
}
