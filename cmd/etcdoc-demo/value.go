package main

import (
	"encoding/binary"
	"math/rand/v2"
	"strings"
)

// kubernetesPrefix begins every object that kube-apiserver stores as protobuf.
const kubernetesPrefix = "k8s\x00"

// valuePoolBytes is the size of the text from which a valueMaker cuts values.
const valuePoolBytes = 256 << 10

// A valueMaker makes values that resemble Kubernetes objects in size and compressibility. Any goroutine may use it.
type valueMaker struct {
	pool string
}

func newValueMaker() *valueMaker {
	words := []string{
		"metadata", "namespace", "kube-system", "ownerReferences", "ReplicaSet", "app.kubernetes.io/name", "web",
		"shop",
		"kubelet", "Ready", "ContainersReady", "PodScheduled", "Initialized", "registry.example/shop/web@sha256:",
		"ClusterFirst", "default-scheduler", "node.kubernetes.io/not-ready", "NoExecute", "Exists", "/var/run/secrets",
		"managedFields", "kube-controller-manager", "f:spec", "f:containers", "f:resources", "limits", "requests",
		"cpu",
		"memory", "livenessProbe", "readinessProbe", "httpGet", "/healthz", "RollingUpdate", "volumeMounts",
		"kube-api-access",
	}
	var pool strings.Builder
	var random [8]byte
	for field := byte(1); pool.Len() < valuePoolBytes; field = field%15 + 1 {
		word := words[rand.IntN(len(words))]
		pool.WriteByte(field<<3 | 2) // a length-delimited field
		pool.WriteByte(byte(len(word)))
		pool.WriteString(word)
		if field%4 == 0 { // a uid, a hash, a time: incompressible
			binary.LittleEndian.PutUint64(random[:], rand.Uint64())
			pool.WriteByte(field<<3 | 1)
			pool.Write(random[:])
		}
	}
	return &valueMaker{pool: pool.String()}
}

// make returns a value of at most size bytes; size must be less than valuePoolBytes.
func (v *valueMaker) make(size int) string {
	size = max(0, size-len(kubernetesPrefix))
	from := rand.IntN(len(v.pool) - size)
	return kubernetesPrefix + v.pool[from:from+size]
}
