package thresholds

import "time"

func judgeClientCertificate(*subject, time.Duration) measurement { return quiet }
func judgeClock(*subject, time.Duration) measurement             { return quiet }
func judgeObserverClock(*subject, time.Duration) measurement     { return quiet }
func judgeVersionBad(*subject, time.Duration) measurement        { return quiet }
func sayCertificate(*subject, measurement) string                { return "" }
func sayClientCertificate(*subject, measurement) string          { return "" }
func sayClock(*subject, measurement) string                      { return "" }
func sayObserverClock(*subject, measurement) string              { return "" }
func sayVersionBad(*subject, measurement) string                 { return "" }
