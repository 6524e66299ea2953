//go:build !linux

package probe

// FreeBytes is known on Linux only.
func FreeBytes(string) (bytes int64, known bool) { return 0, false }
