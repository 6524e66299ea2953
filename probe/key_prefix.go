package probe

import "bytes"

// kubernetesRoots are where kube-apiserver keeps its objects (--etcd-prefix): by default, and on OpenShift.
var kubernetesRoots = [...]string{"/registry/", "/kubernetes.io/"}

// How prefixes are told apart.
const (
	// PrefixDepth is how many segments of a key are its prefix by default, outside Kubernetes.
	PrefixDepth = 2
	// MaxPrefixes bounds how many prefixes are told apart, and MaxPrefixBytes how long they are. What is beyond that is
	// counted together.
	MaxPrefixes    = 10_000
	MaxPrefixBytes = 512
)

// KeyPrefix returns the length of a key's prefix, which ends in a slash, and whether it is that of a resource of
// Kubernetes. Of that it is the resource, with its group if it is a custom one; of others it is up to depth segments. A
// key with fewer segments has those but the last.
func KeyPrefix(key []byte, depth int) (length int, kubernetes bool) {
	if root := kubernetesRoot(key); root > 0 {
		return resourcePrefix(key, root), true
	}
	at := 0
	if len(key) > 0 && key[0] == '/' {
		at = 1
	}
	length = at
	for range depth {
		slash := bytes.IndexByte(key[at:], '/')
		if slash < 0 {
			break
		}
		at += slash + 1
		length = at
	}
	return length, false
}

// kubernetesRoot returns the length of the root of a Kubernetes key; 0 if it is none.
func kubernetesRoot(key []byte) int {
	for _, root := range kubernetesRoots {
		if len(key) >= len(root) && string(key[:len(root)]) == root {
			return len(root)
		}
	}
	return 0
}

// resourcePrefix returns the length of the prefix of a Kubernetes resource: one segment behind the root, or two for a
// resource with a group, which has a dot, and for services.
func resourcePrefix(key []byte, root int) int {
	first := bytes.IndexByte(key[root:], '/')
	if first < 0 {
		return root
	}
	end := root + first + 1
	segment := key[root : end-1]
	if bytes.IndexByte(segment, '.') < 0 && string(segment) != "services" {
		return end
	}
	if second := bytes.IndexByte(key[end:], '/'); second >= 0 {
		return end + second + 1
	}
	return end
}

// secretsSegment is in the key of each Secret of Kubernetes, whatever its root is.
var secretsSegment = []byte("/secrets/")

// MaskSecret replaces what is behind the namespace in the key of a Secret.
func MaskSecret(key []byte) string {
	at := bytes.Index(key, secretsSegment)
	if at < 0 {
		return string(key)
	}
	at += len(secretsSegment)
	if slash := bytes.IndexByte(key[at:], '/'); slash >= 0 {
		at += slash + 1
	}
	return string(key[:at]) + "(masked)"
}
