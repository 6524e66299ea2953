package tui

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
)

// statusEnv makes the test binary ask a real cluster what `watch -n1 etcdctl endpoint status --cluster` asks.
const statusEnv = "ETCDOC_TUI_STATUS"

// statusLoop asks each second for the members, and each member for its status, over new connections.
func statusLoop(endpoints []string) int {
	for {
		began := time.Now()
		if err := printStatus(endpoints, io.Discard); err != nil {
			fmt.Fprintln(os.Stderr, "status:", err)
			return 1
		}
		time.Sleep(time.Until(began.Add(time.Second)))
	}
}

// printStatus writes a line for each member, as etcdctl's endpoint status --cluster does.
func printStatus(endpoints []string, w io.Writer) (err error) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	client, err := clientv3.New(clientv3.Config{Endpoints: endpoints, Context: ctx})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, client.Close()) }()
	list, err := client.MemberList(ctx)
	if err != nil {
		return err
	}
	for _, member := range list.Members {
		for _, url := range member.ClientURLs {
			status, err := client.Status(ctx, url) // over a connection of its own
			if err != nil {
				return err
			}
			fmt.Fprintf(w, "%s, %x, %s, %d, %d, %d, %d\n", url, member.ID, status.Version, status.DbSize,
				status.RaftTerm, status.RaftIndex, status.RaftAppliedIndex)
		}
	}
	return nil
}
