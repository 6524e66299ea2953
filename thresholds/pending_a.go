package thresholds

import "time"

func judgeCompaction(*subject, time.Duration) measurement    { return quiet }
func judgeFollowerLag(*subject, time.Duration) measurement   { return quiet }
func judgeFragmentation(*subject, time.Duration) measurement { return quiet }
func judgeGrowth(*subject, time.Duration) measurement        { return quiet }
func judgeMemory(*subject, time.Duration) measurement        { return quiet }
func judgeRestarts(*subject, time.Duration) measurement      { return quiet }
func sayCompaction(*subject, measurement) string             { return "" }
func sayFDs(*subject, measurement) string                    { return "" }
func sayFollowerLag(*subject, measurement) string            { return "" }
func sayFragmentation(*subject, measurement) string          { return "" }
func sayGrowth(*subject, measurement) string                 { return "" }
func sayMemory(*subject, measurement) string                 { return "" }
func sayRestarts(*subject, measurement) string               { return "" }
func sayWatchBacklog(*subject, measurement) string           { return "" }
func judgeRead(bool) func(*subject, time.Duration) measurement {
	return func(*subject, time.Duration) measurement { return quiet }
}
func sayRead(string) func(*subject, measurement) string {
	return func(*subject, measurement) string { return "" }
}
