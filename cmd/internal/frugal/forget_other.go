//go:build !linux

package frugal

// ForgetStart does nothing here.
func ForgetStart() {}
