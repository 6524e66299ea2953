//go:build !linux && !darwin && !freebsd && !netbsd && !openbsd

package tui

// canSuspend is false: nothing is known of job control here.
func canSuspend() bool { return false }
