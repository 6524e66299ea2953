package main

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// TestMemoryOfABundleIsBounded: beside a member's dump there are thousands of unreadable files with names of dumps.
func TestMemoryOfABundleIsBounded(t *testing.T) {
	t.Parallel()
	binary, folder := build(t), t.TempDir()
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("well.prom", "etcd_server_has_leader 1\netcd_server_id{server_id=\"a1\"} 1\n"+
		"etcd_server_proposals_applied_total 7\n")
	for i := range 5000 {
		write(fmt.Sprintf("junk%d.prom", i), "hello")
	}
	for _, output := range []string{"nagios", "json", "table", "yaml"} {
		t.Run(output, func(t *testing.T) {
			t.Parallel()
			began := time.Now()
			peak := peakOf(t, binary, []string{"check", "--input", folder, "-o", output}, patience)
			t.Logf("at most %d MiB, in %v", peak>>20, time.Since(began).Round(time.Millisecond))
			if peak > mostMemory {
				t.Errorf("it takes %d MiB, want at most %d", peak>>20, mostMemory>>20)
			}
		})
	}
}
