package thresholds

import "time"

func judgeFollowerLag(*subject, time.Duration) measurement { return quiet }
func sayFollowerLag(*subject, measurement) string          { return "" }
func judgeRestarts(*subject, time.Duration) measurement    { return quiet }
func sayRestarts(*subject, measurement) string             { return "" }
func judgeRead(bool) func(*subject, time.Duration) measurement {
	return func(*subject, time.Duration) measurement { return quiet }
}
func sayRead(string) func(*subject, measurement) string {
	return func(*subject, measurement) string { return "" }
}
