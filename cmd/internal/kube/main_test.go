package kube

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/etcdoc/etcdoc/cmd/internal/kube/kubetest"
)

func TestMain(m *testing.M) {
	if answer := os.Getenv("ANSWER"); answer != "" {
		os.Exit(actAsPlugin(answer)) //nolint:forbidigo // this process is a plug-in
	}
	goleak.VerifyTestMain(m, kubetest.Leftovers()...)
}

// What a plug-in does instead of answering.
const (
	complain = "complain"
	hang     = "hang"
)

// actAsPlugin is what this program does as a plug-in of a kubeconfig: it appends what it was told to the file that its
// argument names, and writes the answer, in which %d is the number of this run.
func actAsPlugin(answer string) (code int) {
	file, err := os.OpenFile(os.Args[1], os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err == nil {
		_, err = fmt.Fprintln(file, os.Getenv("KUBERNETES_EXEC_INFO"))
	}
	if err != nil {
		panic(err)
	}
	switch answer {
	case complain:
		fmt.Fprintln(os.Stderr, "Warning: old\nyour session has expired")
		return 3
	case hang:
		for ; err == nil; _, err = os.Stat(os.Args[1]) { // until the file is removed
			time.Sleep(5 * time.Millisecond)
		}
		return 0
	}
	told, err := os.ReadFile(os.Args[1])
	if err != nil {
		panic(err)
	}
	run := strconv.Itoa(bytes.Count(told, []byte("\n")))
	_, _ = io.WriteString(os.Stdout, strings.ReplaceAll(answer, "%d", run))
	return 0
}
