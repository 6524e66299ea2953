package kube

import (
	"strings"

	"github.com/etcdoc/etcdoc/probe"
)

// APIServer is the API server that the way leads through, to be asked for its view of etcd with the same rights.
func (w *Way) APIServer() probe.APIServer {
	return probe.APIServer{URL: strings.TrimSuffix(w.api.base.String(), "/"), Transport: w.api.rights}
}
