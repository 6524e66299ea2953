package keyspace

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"strings"
	"testing"

	"go.etcd.io/etcd/api/v3/mvccpb"
	"google.golang.org/protobuf/proto"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
)

// FuzzKeyValue: what is read of a KeyValue is what etcd's own decoder reads, of whatever that takes.
func FuzzKeyValue(f *testing.F) {
	for _, kv := range []*mvccpb.KeyValue{
		{}, {Key: []byte("a")}, {Key: bytes.Repeat([]byte("k"), 300), Value: []byte("v")},
		{Key: []byte("a"), Value: []byte("v"), CreateRevision: 1 << 40, ModRevision: 2, Version: 3, Lease: 1 << 62},
	} {
		message, err := proto.Marshal(kv)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(message)
	}
	f.Fuzz(func(t *testing.T, message []byte) {
		key, value, ok := parseKeyValue(message)
		isOnce := bytes.Count(message, []byte{keyTag}) < 2
		if first, is := parseKey(message); ok && isOnce && (!is || !bytes.Equal(first, key)) {
			t.Errorf("%q: the key is %q, and %q alone", message, key, first)
		}
		// The result must be the same for what etcd writes: each field once, and in order.
		var kv mvccpb.KeyValue
		if proto.Unmarshal(message, &kv) != nil {
			return
		}
		again, err := proto.Marshal(&kv)
		if err != nil || !bytes.Equal(again, message) || len(kv.ProtoReflect().GetUnknown()) > 0 {
			return
		}
		if !ok || !bytes.Equal(key, kv.Key) || !bytes.Equal(value, kv.Value) {
			t.Errorf("%q: %q, %q, %v, want %q, %q", message, key, value, ok, kv.Key, kv.Value)
		}
	})
}

// pod returns a pod with metadata, of which each part may be left out.
func pod(annotations, managedFields bool) *corev1.Pod {
	p := &corev1.Pod{
		TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "Pod"},
		ObjectMeta: metav1.ObjectMeta{Name: "p", Namespace: "default", Labels: map[string]string{"app": `a"}\`}},
		Spec:       corev1.PodSpec{NodeName: "node-1"},
	}
	if annotations {
		p.Annotations = map[string]string{"a": strings.Repeat("x", 300), `b"\`: `{"managedFields":[]}`}
	}
	if managedFields {
		p.ManagedFields = []metav1.ManagedFieldsEntry{
			{Manager: "kubectl", Operation: metav1.ManagedFieldsOperationApply, FieldsType: "FieldsV1",
				FieldsV1: metav1.NewFieldsV1(`{"f:metadata":{"f:labels":{}}}`)},
			{Manager: "kubelet", Operation: metav1.ManagedFieldsOperationUpdate},
		}
	}
	return p
}

// inProtobuf is an object as kube-apiserver stores it.
func inProtobuf(t testing.TB, p *corev1.Pod) []byte {
	t.Helper()
	raw, err := p.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	envelope := runtime.Unknown{TypeMeta: runtime.TypeMeta{APIVersion: "v1", Kind: "Pod"}, Raw: raw}
	message, err := envelope.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	return append([]byte("k8s\x00"), message...)
}

func inJSON(t testing.TB, object any) []byte {
	t.Helper()
	text, err := json.Marshal(object)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// TestMetadata: what metadata take is what an object is smaller without them, but for the lengths that become shorter.
func TestMetadata(t *testing.T) {
	for name, encode := range map[string]func(*corev1.Pod) []byte{
		"protobuf": func(p *corev1.Pod) []byte { return inProtobuf(t, p) },
		"JSON":     func(p *corev1.Pod) []byte { return inJSON(t, p) },
	} {
		bare := len(encode(pod(false, false)))
		annotations, managed := len(encode(pod(true, false)))-bare, len(encode(pod(false, true)))-bare
		got, coded := readMetadata(encode(pod(true, true)))
		const lengths = 4 // of the envelope and its parts, or a comma
		if coded != readable || annotations-got.annotations < 0 || annotations-got.annotations > lengths ||
			managed-got.managedFields < 0 || managed-got.managedFields > lengths {
			t.Errorf("%s: %+v, %v, want about %d and %d", name, got, coded, annotations, managed)
		}
		if got, coded := readMetadata(encode(pod(false, false))); got != (metadata{}) || coded != readable {
			t.Errorf("%s: %+v, %v without any", name, got, coded)
		}
	}
	for value, want := range map[string]coding{
		"": notRead, "x": notRead, "k8s\x00": notRead, "{}": notRead, `{"metadata":{}}`: readable,
		`{"metadata":`: notRead, `{"metadata":{"annotations":{"a":"b"}`: notRead, "k8s:enc:aescbc:v1:key1:xyz": encrypted,
		`{ "spec" : [ {"a":1.5e3}, null ], "metadata" : { "managedFields" : [ ] } , "x":`: readable,
	} {
		if got, coded := readMetadata([]byte(value)); coded != want || coded != readable && got != (metadata{}) {
			t.Errorf("%q: %+v, %v, want %v", value, got, coded, want)
		}
	}
}

// FuzzMetadata: no value makes the measure larger than itself, and of JSON that kube-apiserver may have written it is
// exact.
func FuzzMetadata(f *testing.F) {
	f.Add(inProtobuf(f, pod(true, true)))
	f.Add(inJSON(f, pod(true, true)))
	f.Add([]byte(`{"a":[1,{"b":"\\\""}],"metadata":{"annotations":{},"managedFields":[[]]}}`))
	f.Fuzz(func(t *testing.T, value []byte) {
		got, coded := readMetadata(value)
		if got.annotations < 0 || got.managedFields < 0 || got.annotations+got.managedFields > len(value) {
			t.Errorf("%q: %+v", value, got)
		}
		var object struct {
			Metadata map[string]json.RawMessage `json:"metadata"`
		}
		var compact bytes.Buffer
		if json.Compact(&compact, value) != nil || !bytes.Equal(compact.Bytes(), value) || value[0] != '{' ||
			bytes.Count(value, []byte(`\u`)) > 0 || json.Unmarshal(value, &object) != nil || object.Metadata == nil ||
			bytes.Count(bytes.ToLower(value), []byte(`metadata"`)) != 1 ||
			bytes.Count(value, []byte(`"managedFields"`)) != 1 || bytes.Count(value, []byte(`"metadata"`)) != 1 {
			return
		}
		fields, is := object.Metadata[jsonManagedFields]
		if want := len(`"managedFields":`) + len(fields); coded != readable || is && got.managedFields != want {
			t.Errorf("%q: %+v, %v, want %d", value, got, coded, want)
		}
	})
}

// TestSeenTable holds the table to a map, and its size for a million keys to what is said of it.
func TestSeenTable(t *testing.T) {
	random, table, want := rand.New(rand.NewPCG(1, 2)), newSeenTable(), map[uint64]uint32{}
	met := func(hash uint64) {
		s := table.find(hash)
		if s.revisions++; s.revisions == 1 {
			s.hash = hash
			table.added()
		}
	}
	for range 100_000 {
		hash := random.Uint64N(30_000) << 40 // all begin in the same slot of a table that is small
		want[hash]++
		met(hash ^ hash>>40)
	}
	for hash, revisions := range want {
		if got := table.find(hash ^ hash>>40).revisions; got != revisions {
			t.Errorf("%x has %d revisions, want %d", hash, got, revisions)
		}
	}
	table = newSeenTable()
	for range 1_000_000 {
		met(random.Uint64())
	}
	if growing := len(table.slots) * 16 * 3 / 2; growing > 48<<20 || table.used != 1_000_000 {
		t.Errorf("%d keys take up to %d bytes", table.used, growing)
	}
}
