package kube

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"
)

// A plugin is a command that logs in, which a kubeconfig calls exec: see Kubernetes' client-go credential plug-ins. Its
// methods may be called by several goroutines.
type plugin struct {
	command, apiVersion, installHint string
	args, env                        []string
	// cluster is what it is told of the cluster; nil if it does not want to know.
	cluster *pluginCluster

	// mu guards what follows.
	mu   sync.Mutex
	kept *credential
	// running is the run that all wait for; nil if there is none.
	running *pluginRun
}

// A credential is what a plug-in returns: a token, a client pair, or both.
type credential struct {
	token string
	pair  *tls.Certificate
	// expires is zero for one that does not.
	expires time.Time
}

type pluginRun struct {
	// done is closed when kept and err are set.
	done chan struct{}
	kept *credential
	err  error
}

// The versions of what plug-ins speak: requests and answers are the same in both.
const (
	pluginV1      = "client.authentication.k8s.io/v1"
	pluginV1beta1 = "client.authentication.k8s.io/v1beta1"
)

type pluginCluster struct {
	Server                   string `json:"server"`
	TLSServerName            string `json:"tls-server-name,omitempty"`
	InsecureSkipTLSVerify    bool   `json:"insecure-skip-tls-verify,omitempty"`
	CertificateAuthorityData []byte `json:"certificate-authority-data,omitempty"`
	ProxyURL                 string `json:"proxy-url,omitempty"`
	DisableCompression       bool   `json:"disable-compression,omitempty"`
	// Config is the cluster's own for plug-ins.
	Config json.RawMessage `json:"config,omitempty"`
}

type pluginRequest struct {
	Kind       string `json:"kind"`
	APIVersion string `json:"apiVersion"`
	Spec       struct {
		Cluster     *pluginCluster `json:"cluster,omitempty"`
		Interactive bool           `json:"interactive"`
	} `json:"spec"`
}

type pluginAnswer struct {
	Kind       string `json:"kind"`
	APIVersion string `json:"apiVersion"`
	Status     *struct {
		ExpirationTimestamp   time.Time `json:"expirationTimestamp"`
		Token                 string    `json:"token"`
		ClientCertificateData string    `json:"clientCertificateData"`
		ClientKeyData         string    `json:"clientKeyData"`
	} `json:"status"`
}

const (
	// pluginTimeout is how long a plug-in may run: it may ask a provider in the Internet.
	pluginTimeout = time.Minute
	// maxPluginOutput and maxPluginErrors bound what it may write.
	maxPluginOutput = 1 << 20
	maxPluginErrors = 4 << 10
)

// credential returns what the plug-in has returned last, or runs it: once for all who ask. A run goes on when its
// caller has no time left.
func (p *plugin) credential(ctx context.Context) (*credential, error) {
	p.mu.Lock()
	if c := p.kept; c != nil && (c.expires.IsZero() || time.Now().Before(c.expires)) {
		p.mu.Unlock()
		return c, nil
	}
	run := p.running
	if run == nil {
		run = &pluginRun{done: make(chan struct{})}
		p.running = run
		go p.finish(run)
	}
	p.mu.Unlock()
	select {
	case <-run.done:
		return run.kept, run.err
	case <-ctx.Done():
		return nil, fmt.Errorf("waiting for the plug-in %s of the kubeconfig: %w", p.command, ctx.Err())
	}
}

func (p *plugin) finish(run *pluginRun) {
	run.kept, run.err = p.run()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.kept, p.running = run.kept, nil
	close(run.done)
}

// forget lets the plug-in run again: the API server has refused what it returned.
func (p *plugin) forget(refused *credential) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.kept == refused {
		p.kept = nil
	}
}

// clientPair returns the plug-in's client pair for a handshake; an empty one if it returns none.
func (p *plugin) clientPair(q *tls.CertificateRequestInfo) (*tls.Certificate, error) {
	c, err := p.credential(q.Context())
	if err != nil || c.pair == nil {
		return new(tls.Certificate), err
	}
	return c.pair, nil
}

func (p *plugin) run() (*credential, error) {
	request := pluginRequest{Kind: "ExecCredential", APIVersion: p.apiVersion}
	request.Spec.Cluster = p.cluster
	info, err := json.Marshal(request)
	if err != nil {
		return nil, fmt.Errorf("telling the plug-in %s of the cluster: %w", p.command, err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), pluginTimeout)
	defer cancel()
	out, errs := &bounded{max: maxPluginOutput}, &bounded{max: maxPluginErrors}
	command := exec.CommandContext(ctx, p.command, p.args...)
	command.Env = append(append(os.Environ(), p.env...), "KUBERNETES_EXEC_INFO="+string(info))
	command.Stdout, command.Stderr = out, errs
	command.WaitDelay = time.Second // what it has started may keep its output open
	if err := command.Run(); err != nil {
		return nil, p.explain(err, errs)
	}
	kept, err := p.read(out.kept.Bytes())
	if err != nil {
		return nil, fmt.Errorf("reading the answer of the plug-in %s of the kubeconfig: %w", p.command, err)
	}
	return kept, nil
}

// explain says why a plug-in failed, with the last that it said.
func (p *plugin) explain(err error, errs *bounded) error {
	if errors.Is(err, exec.ErrNotFound) || errors.Is(err, os.ErrNotExist) {
		hint := "install it, or see whether PATH has it"
		if p.installHint != "" {
			hint = strings.Join(strings.Fields(p.installHint), " ")
		}
		return fmt.Errorf("the plug-in %s of the kubeconfig is not there: %s", p.command, hint)
	}
	said := strings.TrimSpace(errs.kept.String())
	if at := strings.LastIndexByte(said, '\n'); at >= 0 {
		said = said[at+1:]
	}
	if said != "" {
		err = fmt.Errorf("%w: %s", err, said)
	}
	return fmt.Errorf("the plug-in %s of the kubeconfig fails, so log in with kubectl first: %w", p.command, err)
}

func (p *plugin) read(text []byte) (*credential, error) {
	var a pluginAnswer
	if err := json.Unmarshal(text, &a); err != nil {
		return nil, err
	}
	if a.Kind != "ExecCredential" || a.APIVersion != p.apiVersion {
		return nil, fmt.Errorf("it is %s of %s, and the kubeconfig says ExecCredential of %s", a.Kind, a.APIVersion,
			p.apiVersion)
	}
	if a.Status == nil {
		return nil, errors.New("it has no status")
	}
	c := &credential{token: a.Status.Token, expires: a.Status.ExpirationTimestamp}
	cert, key := a.Status.ClientCertificateData, a.Status.ClientKeyData
	switch {
	case cert == "" && key == "" && c.token == "":
		return nil, errors.New("its status has neither a token nor a client pair")
	case cert == "" && key == "":
		return c, nil
	}
	pair, err := tls.X509KeyPair([]byte(cert), []byte(key))
	if err != nil {
		return nil, fmt.Errorf("clientCertificateData, clientKeyData: %w", err)
	}
	c.pair = &pair
	return c, nil
}

// bounded keeps the last of what is written to it.
type bounded struct {
	kept bytes.Buffer
	max  int
}

func (b *bounded) Write(p []byte) (int, error) {
	n, err := b.kept.Write(p)
	b.kept.Next(max(0, b.kept.Len()-b.max))
	return n, err
}
