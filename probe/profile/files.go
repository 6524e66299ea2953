package profile

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	securejoin "github.com/cyphar/filepath-securejoin"

	"github.com/etcdoc/etcdoc/probe"
)

// maxFileBytes bounds a file of a host's configuration. Manifests and etcd's own configuration have a few KB.
const maxFileBytes = 1 << 20

// A tree is a host's file system, with the host's root at some path of ours.
type tree struct {
	root string
	// refused are the host's files that are there and can't be read, by where we find them, in the order in which they
	// were tried.
	refused []string
}

// at returns where we find a path of the host. Links inside a root are the host's, so they lead nowhere else.
func (t *tree) at(path string) string {
	if t.root == "" || t.root == "/" {
		return path
	}
	plain := filepath.Join(t.root, path)
	if target, err := filepath.EvalSymlinks(plain); err == nil {
		if real, err := filepath.EvalSymlinks(t.root); err == nil && within(real, target) {
			return plain // it stays as it is: the file behind a link changes when certificates rotate
		}
	}
	joined, err := securejoin.SecureJoin(t.root, path)
	if err != nil {
		return plain // whoever opens it gets the error
	}
	return joined
}

func within(root, path string) bool {
	return path == root || strings.HasPrefix(path, strings.TrimSuffix(root, "/")+"/")
}

// exists reports whether the host has a path. One in a folder that may not be entered counts as refused.
func (t *tree) exists(path string) bool {
	_, err := os.Stat(t.at(path))
	if errors.Is(err, fs.ErrPermission) {
		t.refuse(path)
	}
	return err == nil
}

// read returns a file's text; nil without an error if the host doesn't have it, or if it may not be read.
func (t *tree) read(path string) ([]byte, error) {
	text, err := probe.ReadRegular(t.at(path), maxFileBytes, "a file of etcd's configuration")
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case errors.Is(err, fs.ErrPermission):
		t.refuse(path)
		return nil, nil
	}
	return text, err
}

func (t *tree) refuse(path string) {
	if at := t.at(path); !slices.Contains(t.refused, at) {
		t.refused = append(t.refused, at)
	}
}

// glob returns the host's paths that match a pattern; a pattern without a star matches itself if it is there.
func (t *tree) glob(pattern string) []string {
	if !strings.Contains(pattern, "*") {
		if t.exists(pattern) {
			return []string{pattern}
		}
		return nil
	}
	folder, name := filepath.Split(pattern)
	entries, err := os.ReadDir(t.at(folder))
	if errors.Is(err, fs.ErrPermission) {
		t.refuse(filepath.Clean(folder))
	}
	var found []string
	for _, entry := range entries {
		if ok, _ := filepath.Match(name, entry.Name()); ok {
			found = append(found, folder+entry.Name())
		}
	}
	return found
}
