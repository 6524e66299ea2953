package keyspace_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"go.etcd.io/bbolt"
	"go.etcd.io/etcd/api/v3/mvccpb"

	"github.com/etcdoc/etcdoc/probe/keyspace"
)

// benchDatabase writes a database with so many revisions of about as many bytes each, of a third as many keys.
func benchDatabase(b *testing.B, revisions, valueBytes int) string {
	b.Helper()
	path := filepath.Join(b.TempDir(), "db")
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{PageSize: 4096, NoFreelistSync: true, NoSync: true})
	if err != nil {
		b.Fatal(err)
	}
	random := rand.New(rand.NewPCG(1, 6))
	value := append([]byte("k8s\x00\x0a\x0a\x0a\x02v1\x12\x04Pod!\x12"), bytes.Repeat([]byte{'v'}, valueBytes)...)
	for from := 0; from < revisions; from += 10_000 {
		err := db.Update(func(tx *bbolt.Tx) error {
			keys, err := tx.CreateBucketIfNotExists([]byte("key"))
			if err != nil {
				return err
			}
			keys.FillPercent = 0.9 // as etcd writes it
			for i := from; i < min(from+10_000, revisions); i++ {
				n := random.IntN(1 + revisions/3)
				kv := &mvccpb.KeyValue{Key: fmt.Appendf(nil, "/registry/resource-%d/namespace-%d/%d", n%60, n%17, n), Value: value,
					CreateRevision: 1, ModRevision: int64(i + 2), Version: 1}
				if err := putRevision(tx, i+2, n%20 == 0, kv); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			b.Fatal(errors.Join(err, db.Close()))
		}
	}
	if err := db.Close(); err != nil {
		b.Fatal(err)
	}
	return path
}

// walk is the yardstick: it opens a database and moves a bare cursor over the keys.
func walk(path string) error {
	db, err := bbolt.Open(path, 0, &bbolt.Options{ReadOnly: true})
	if err != nil {
		return err
	}
	err = db.View(func(tx *bbolt.Tx) error {
		cursor := tx.Bucket([]byte("key")).Cursor()
		for key, _ := cursor.First(); key != nil; key, _ = cursor.Next() {
		}
		return nil
	})
	return errors.Join(err, db.Close())
}

// BenchmarkUsage reads databases, in turn with a bare walk over the same file, and reports how many times as long as
// that it takes: of each the shortest time counts, because others use the processor, too. The first database is that
// of a big cluster: 1.6 GB with 300,000 revisions.
func BenchmarkUsage(b *testing.B) {
	for _, size := range []struct{ revisions, valueBytes int }{{300_000, 5200}, {1_000_000, 400}} {
		b.Run(fmt.Sprintf("revisions=%d/bytes=%d", size.revisions, size.valueBytes), func(b *testing.B) {
			path := benchDatabase(b, size.revisions, size.valueBytes)
			info, err := os.Stat(path)
			if err != nil {
				b.Fatal(err)
			}
			b.SetBytes(info.Size())
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			walked, counted := time.Duration(math.MaxInt64), time.Duration(math.MaxInt64)
			for b.Loop() {
				began := time.Now()
				if err := walk(path); err != nil {
					b.Fatal(err)
				}
				between := time.Now()
				if _, err := readAny(b.Context(), path); err != nil {
					b.Fatal(err)
				}
				walked, counted = min(walked, between.Sub(began)), min(counted, time.Since(between))
			}
			runtime.ReadMemStats(&after)
			b.ReportMetric(counted.Seconds()/walked.Seconds(), "walks")
			b.ReportMetric(counted.Seconds()*1000, "ms/read")
			b.ReportMetric(float64(after.TotalAlloc-before.TotalAlloc)/float64(b.N)/(1<<20), "MiB/read")
		})
	}
}

// BenchmarkCheck checks a snapshot whole, of 400 MB with 100,000 revisions: its sum, its pages, and what is on them.
func BenchmarkCheck(b *testing.B) {
	content, err := os.ReadFile(benchDatabase(b, 100_000, 3900))
	if err != nil {
		b.Fatal(err)
	}
	u, err := readAny(b.Context(), writeFile(b, content))
	if err != nil {
		b.Fatal(err)
	}
	content = content[:u.DatabaseBytes]
	sum := sha256.Sum256(content)
	path := writeFile(b, append(content, sum[:]...))
	b.SetBytes(u.DatabaseBytes)
	for b.Loop() {
		if c, err := checkAny(b.Context(), path); err != nil || c.Sum != keyspace.SumMatches {
			b.Fatal(c.Sum, err)
		}
	}
}
