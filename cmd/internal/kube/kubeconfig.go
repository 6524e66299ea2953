package kube

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"sync"

	"github.com/go-logr/logr"
	utilnet "k8s.io/apimachinery/pkg/util/net"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/clientcmd/api"
	"k8s.io/klog/v2"
)

// Access says which kubeconfig and which of its contexts lead to the API server.
type Access struct {
	// Kubeconfig is a file; empty means KUBECONFIG, else ~/.kube/config, else the service account of a pod.
	Kubeconfig string
	// Context is the name of a context; empty means the current one.
	Context string
}

// silence drops what client-go logs, which would end up on the dashboard. It returns its errors, too.
var silence = sync.OnceFunc(func() { klog.SetLogger(logr.Discard()) })

// load reads the kubeconfig and returns the name of the context, too. Its plug-ins for logging in may not ask anything:
// the terminal is the dashboard's.
func (a Access) load() (*rest.Config, string, error) {
	silence()
	rules := clientcmd.NewDefaultClientConfigLoadingRules()
	rules.ExplicitPath = a.Kubeconfig
	client := clientcmd.NewNonInteractiveDeferredLoadingClientConfig(rules,
		&clientcmd.ConfigOverrides{CurrentContext: a.Context})
	raw, err := client.RawConfig()
	if err != nil {
		return nil, "", fmt.Errorf("reading the kubeconfig: %w", err)
	}
	name := raw.CurrentContext
	if a.Context != "" {
		name = a.Context
	}
	config, err := client.ClientConfig()
	switch {
	case clientcmd.IsEmptyConfig(err):
		return nil, "", errors.New("there is no kubeconfig: give --kubeconfig FILE, or set KUBECONFIG")
	case err != nil:
		return nil, "", fmt.Errorf("reading the kubeconfig: %w (kubectl config get-contexts lists what there is)", err)
	}
	if plugin := config.ExecProvider; plugin != nil && plugin.InteractiveMode != api.AlwaysExecInteractiveMode {
		plugin.StdinUnavailable = true
		plugin.StdinUnavailableMessage = "etcdoc lets no plug-in ask: log in with kubectl first"
	}
	config.UserAgent, config.WarningHandler = "etcdoc", rest.NoWarnings{}
	return config, name, nil
}

// Check returns what is wrong with the kubeconfig. It asks nobody.
func (a Access) Check() error {
	_, _, err := a.load()
	return err
}

// An asker asks the API server with the rights of a kubeconfig.
type asker struct {
	base *url.URL
	http *http.Client
}

func newAsker(config *rest.Config) (*asker, error) {
	base, _, err := rest.DefaultServerUrlFor(config)
	if err != nil {
		return nil, fmt.Errorf("reading the kubeconfig: %w", err)
	}
	client, err := rest.HTTPClientFor(config)
	if err != nil {
		return nil, fmt.Errorf("reading the kubeconfig: %w", err)
	}
	return &asker{base, client}, nil
}

// get reads an object, and keeps no connection: requests are rare.
func (a *asker) get(ctx context.Context, path string, query url.Values, out any) error {
	defer utilnet.CloseIdleConnectionsFor(a.http.Transport)
	u := a.base.JoinPath(path)
	u.RawQuery = query.Encode()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return fmt.Errorf("writing a request: %w", err)
	}
	request.Header.Set("Accept", asJSON)
	answer, err := a.http.Do(request)
	if err != nil {
		return fmt.Errorf("asking the API server: %w", err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer))
	if err != nil {
		return fmt.Errorf("reading an answer of the API server: %w", err)
	}
	if answer.StatusCode/100 != 2 {
		return statusError(answer, text)
	}
	if err := json.Unmarshal(text, out); err != nil {
		return fmt.Errorf("reading an answer of the API server: %w", err)
	}
	return nil
}
