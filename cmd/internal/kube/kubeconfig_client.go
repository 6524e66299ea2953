package kube

import (
	"cmp"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// client returns the client of a cluster with the rights of a user.
func (c *clusterEntry) client(u *userEntry) (*Client, error) {
	base, err := c.base(u)
	if err != nil {
		return nil, err
	}
	transport := &http.Transport{Proxy: http.ProxyFromEnvironment, DisableKeepAlives: true} // requests are rare
	if c.ProxyURL != "" {
		proxy, err := url.Parse(c.ProxyURL)
		if err != nil || !slices.Contains([]string{"http", "https", "socks5"}, proxy.Scheme) {
			return nil, c.origin.errorf("proxy-url", "it is no http://, https:// or socks5:// URL")
		}
		transport.Proxy = http.ProxyURL(proxy)
	}
	rights := new(login)
	if base.Scheme == "https" {
		if transport.TLSClientConfig, err = c.tls(); err != nil {
			return nil, err
		}
		if rights, err = u.login(c, transport.TLSClientConfig); err != nil {
			return nil, err
		}
	}
	if rights.impersonate, err = u.impersonation(); err != nil {
		return nil, err
	}
	return newClient(base, transport, rights), nil
}

// base is the URL of the API server. Without a scheme it is https where something is about TLS, as with kubectl.
func (c *clusterEntry) base(u *userEntry) (*url.URL, error) {
	server := c.Server
	if server == "" {
		return nil, c.origin.errorf("server", "there is none")
	}
	if !strings.Contains(server, "://") {
		scheme := "http://"
		if c.InsecureSkipTLSVerify || cmp.Or(c.CertificateAuthority, c.CertificateAuthorityData, u.ClientCertificate,
			u.ClientCertificateData) != "" {
			scheme = "https://"
		}
		server = scheme + server
	}
	base, err := url.Parse(server)
	if err != nil {
		return nil, c.origin.errorf("server", "%w", err)
	}
	if base.Host == "" || base.Scheme != "http" && base.Scheme != "https" {
		return nil, c.origin.errorf("server", "%q is no http:// or https:// URL", c.Server)
	}
	return &url.URL{Scheme: base.Scheme, Host: base.Host, Path: base.Path}, nil
}

// tls returns how the API server is known. Without an authority it is those of the system.
func (c *clusterEntry) tls() (*tls.Config, error) {
	config := &tls.Config{ServerName: c.TLSServerName, InsecureSkipVerify: c.InsecureSkipTLSVerify,
		MinVersion: tls.VersionTLS12}
	text, key, err := c.authority()
	if err != nil || text == nil {
		return config, err
	}
	if c.InsecureSkipTLSVerify {
		return nil, c.origin.errorf("insecure-skip-tls-verify", "it does not go with %s: leave one of them out", key)
	}
	config.RootCAs = x509.NewCertPool()
	if !config.RootCAs.AppendCertsFromPEM(text) {
		return nil, c.origin.errorf(key, "there is no certificate in it")
	}
	return config, nil
}

// authority returns the PEM of the API server's authority, and the key that has it; nil if none is given.
func (c *clusterEntry) authority() ([]byte, string, error) {
	return c.origin.text("certificate-authority", c.CertificateAuthority, c.CertificateAuthorityData)
}

// text returns what a file has, or what the key beside the file's has in base64, and which key it is from. The latter
// overrides the former, as with kubectl.
func (o origin) text(key, file, data string) ([]byte, string, error) {
	switch {
	case data != "":
		key += "-data"
		text, err := base64.StdEncoding.DecodeString(data)
		if err != nil {
			return nil, key, o.errorf(key, "%w", err)
		}
		return text, key, nil
	case file != "":
		text, err := os.ReadFile(o.path(file))
		if err != nil {
			return nil, key, o.errorf(key, "%w", err)
		}
		return text, key, nil
	}
	return nil, key, nil
}

// login returns the user's rights, and lets TLS use the user's client pair.
func (u *userEntry) login(c *clusterEntry, config *tls.Config) (*login, error) {
	l := &login{token: u.Token, tokenFile: u.origin.path(u.TokenFile), username: u.Username, password: u.Password}
	hasToken, hasPassword := u.Token != "" || u.TokenFile != "", u.Username != "" || u.Password != ""
	hasPair := cmp.Or(u.ClientCertificate, u.ClientCertificateData, u.ClientKey, u.ClientKeyData) != ""
	if hasToken && hasPassword {
		return nil, u.origin.errorf("username", "it does not go with a token: leave one of them out")
	}
	if hasPair {
		if _, err := u.pair(); err != nil {
			return nil, err
		}
		config.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
			return u.pair() // whoever writes the files renews them
		}
	}
	switch {
	case u.Exec != nil && (hasToken || hasPassword || hasPair): // which is how kubectl's flags override plug-ins
	case u.Exec != nil:
		var err error
		if l.plugin, err = u.plugin(c); err != nil {
			return nil, err
		}
		config.GetClientCertificate = l.plugin.clientPair
	case u.AuthProvider != nil && !hasToken && !hasPassword && !hasPair:
		return nil, u.origin.errorf("auth-provider", "etcdoc knows no %q: let its own tool write the kubeconfig anew, "+
			"with an exec plug-in, or give a kubeconfig with a token (kubectl create token)", u.AuthProvider.Name)
	}
	return l, nil
}

// pair reads the user's client pair.
func (u *userEntry) pair() (*tls.Certificate, error) {
	cert, certKey, err := u.origin.text("client-certificate", u.ClientCertificate, u.ClientCertificateData)
	if err != nil {
		return nil, err
	}
	key, keyKey, err := u.origin.text("client-key", u.ClientKey, u.ClientKeyData)
	switch {
	case err != nil:
		return nil, err
	case cert == nil:
		return nil, u.origin.errorf(keyKey, "there is no client-certificate with it")
	case key == nil:
		return nil, u.origin.errorf(certKey, "there is no client-key with it")
	}
	pair, err := tls.X509KeyPair(cert, key)
	if err != nil {
		return nil, u.origin.errorf(certKey+", "+keyKey, "%w", err)
	}
	return &pair, nil
}

// impersonation returns the headers that say as whom the user asks.
func (u *userEntry) impersonation() (http.Header, error) {
	if u.As == "" {
		if u.AsUID != "" || len(u.AsGroups) > 0 || len(u.AsUserExtra) > 0 {
			return nil, u.origin.errorf("as", "as-uid, as-groups and as-user-extra need it")
		}
		return nil, nil
	}
	header := http.Header{"Impersonate-User": {u.As}}
	if u.AsUID != "" {
		header["Impersonate-Uid"] = []string{u.AsUID}
	}
	if len(u.AsGroups) > 0 {
		header["Impersonate-Group"] = u.AsGroups
	}
	for key, values := range u.AsUserExtra {
		header["Impersonate-Extra-"+strings.ReplaceAll(url.QueryEscape(key), "+", "%20")] = values
	}
	return header, nil
}

// plugin returns the plug-in that logs the user in.
func (u *userEntry) plugin(c *clusterEntry) (*plugin, error) {
	e := u.Exec
	switch {
	case e.Command == "":
		return nil, u.origin.errorf("exec.command", "there is none")
	case e.APIVersion != pluginV1 && e.APIVersion != pluginV1beta1:
		return nil, u.origin.errorf("exec.apiVersion", "%q is neither %s nor %s: let the plug-in's tool write the "+
			"kubeconfig anew", e.APIVersion, pluginV1, pluginV1beta1)
	case e.InteractiveMode == "Always":
		return nil, u.origin.errorf("exec.interactiveMode", "etcdoc lets no plug-in ask, and %s always does: give a "+
			"kubeconfig with a token (kubectl create token)", e.Command)
	}
	p := &plugin{command: e.Command, args: e.Args, apiVersion: e.APIVersion, installHint: e.InstallHint}
	if strings.ContainsRune(e.Command, filepath.Separator) { // else it is looked for in PATH
		p.command = u.origin.path(e.Command)
	}
	for _, v := range e.Env {
		if v.Name == "" {
			return nil, u.origin.errorf("exec.env", "a variable has no name")
		}
		p.env = append(p.env, v.Name+"="+v.Value)
	}
	if !e.ProvideClusterInfo {
		return p, nil
	}
	authority, _, err := c.authority()
	if err != nil {
		return nil, err
	}
	p.cluster = &pluginCluster{
		Server: c.Server, TLSServerName: c.TLSServerName, InsecureSkipTLSVerify: c.InsecureSkipTLSVerify,
		CertificateAuthorityData: authority, ProxyURL: c.ProxyURL, DisableCompression: c.DisableCompression,
	}
	for _, x := range c.Extensions {
		if x.Name != "client.authentication.k8s.io/exec" {
			continue
		}
		if p.cluster.Config, err = json.Marshal(x.Extension); err != nil {
			return nil, c.origin.errorf("extensions", "%w", err)
		}
	}
	return p, nil
}
