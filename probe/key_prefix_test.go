package probe_test

import (
	"strings"
	"testing"

	"github.com/etcdoc/etcdoc/probe"
)

func TestKeyPrefix(t *testing.T) {
	for key, want := range map[string]string{
		"/registry/pods/default/p":                             "/registry/pods/",
		"/registry/minions/node-1":                             "/registry/minions/",
		"/registry/services/specs/default/kubernetes":          "/registry/services/specs/",
		"/registry/services/endpoints/default/kubernetes":      "/registry/services/endpoints/",
		"/registry/cert-manager.io/certificates/ns/c":          "/registry/cert-manager.io/certificates/",
		"/registry/apiregistration.k8s.io/apiservices/v1.apps": "/registry/apiregistration.k8s.io/apiservices/",
		"/registry/health":                                     "/registry/",
		"/registry/":                                           "/registry/",
		"/registry/a.b/c":                                      "/registry/a.b/",
		"/kubernetes.io/secrets/ns/s":                          "/kubernetes.io/secrets/",
		"/registryx/pods/a/b":                                  "/registryx/pods/",
		"compact_rev_key":                                      "",
		"":                                                     "",
		"/":                                                    "/",
		"/a":                                                   "/",
		"a/b":                                                  "a/",
		"a/b/c/d":                                              "a/b/",
		"/a/b/c/d":                                             "/a/b/",
		"//a":                                                  "//",
		"\xff\x00/\x01/x":                                      "\xff\x00/\x01/",
	} {
		if got, kubernetes := probe.KeyPrefix([]byte(key), probe.PrefixDepth); key[:got] != want ||
			kubernetes != (strings.HasPrefix(key, "/registry/") || strings.HasPrefix(key, "/kubernetes.io/")) {
			t.Errorf("%q: %q, %v, want %q", key, key[:got], kubernetes, want)
		}
	}
	if got, _ := probe.KeyPrefix([]byte("/a/b/c/d"), 1); got != len("/a/") {
		t.Errorf("at depth 1 it has %d bytes", got)
	}
}

func TestMaskSecret(t *testing.T) {
	for key, want := range map[string]string{
		"/registry/secrets/kube-system/token": "/registry/secrets/kube-system/(masked)",
		"/mine/secrets/token":                 "/mine/secrets/(masked)",
		"/registry/pods/ns/secrets":           "/registry/pods/ns/secrets",
	} {
		if got := probe.MaskSecret([]byte(key)); got != want {
			t.Errorf("%q: %q, want %q", key, got, want)
		}
	}
}
