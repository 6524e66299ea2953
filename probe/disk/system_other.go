//go:build !linux

package disk

import "os"

const hasDatasync, hasLocks = false, false

func datasync(file *os.File) error { return file.Sync() }

func preallocate(file *os.File, bytes int64) error { return file.Truncate(bytes) }

func syncDir(string) error { return nil }

func isInMemory(string) bool { return false }

func lock(*os.File) error { return nil }

type counters struct{}

func readDevice(string) *counters { return nil }

func (c *counters) until(*counters) *Device { return nil }

func liveDataDir(string) string { return "" }
