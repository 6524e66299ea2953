package etcdtest

import (
	"context"
	"crypto/rand"
	"fmt"
	"os"
	"path/filepath"

	clientv3 "go.etcd.io/etcd/client/v3"
)

// rootUser is the user that etcd requires before authentication can be enabled, and its role.
const rootUser = "root"

func (c *Cluster) tokenKeyFile() string { return filepath.Join(c.dir, "jwt.key") }

// makeTokenKey makes the key with which all members sign tokens, if they sign any.
func (c *Cluster) makeTokenKey() error {
	if c.config.TokenTTL == 0 {
		return nil
	}
	if err := os.WriteFile(c.tokenKeyFile(), []byte(rand.Text()), 0o600); err != nil {
		return fmt.Errorf("making a key for tokens: %w", err)
	}
	return nil
}

// enableAuth enables authentication if the configuration asks for it, and replaces the clients of the cluster and its
// members by ones that log in.
func (c *Cluster) enableAuth(ctx context.Context) error {
	if c.config.RootPassword == "" {
		return nil
	}
	if err := c.switchAuthOn(ctx); err != nil {
		return fmt.Errorf("switching authentication on: %w", err)
	}
	c.authenticated = true
	if err := c.logIn(&c.client, c.Endpoints()...); err != nil {
		return err
	}
	for _, m := range c.Members() {
		if err := c.logIn(&m.client, m.ClientURL); err != nil {
			return err
		}
	}
	return c.WaitHealthy(ctx)
}

func (c *Cluster) switchAuthOn(ctx context.Context) error {
	if _, err := c.client.UserAdd(ctx, rootUser, c.config.RootPassword); err != nil {
		return err
	}
	if _, err := c.client.UserGrantRole(ctx, rootUser, rootUser); err != nil {
		return err
	}
	_, err := c.client.AuthEnable(ctx)
	return err
}

// logIn replaces a client by one with the password.
func (c *Cluster) logIn(client **clientv3.Client, endpoints ...string) error {
	config, err := c.clientConfig(endpoints...)
	if err != nil {
		return err
	}
	authenticated, err := clientv3.New(config)
	if err != nil {
		return fmt.Errorf("logging in: %w", err)
	}
	_ = (*client).Close()
	*client = authenticated
	return nil
}
