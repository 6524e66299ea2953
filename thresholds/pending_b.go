package thresholds

import "time"

func judgeClientCertificate(*subject, time.Duration) measurement { return quiet }
func judgeClock(*subject, time.Duration) measurement             { return quiet }
func judgeClusterIDs(*subject, time.Duration) measurement        { return quiet }
func judgeEven(*subject, time.Duration) measurement              { return quiet }
func judgeGRPCFailures(*subject, time.Duration) measurement      { return quiet }
func judgeLearnerStuck(*subject, time.Duration) measurement      { return quiet }
func judgeLearners(*subject, time.Duration) measurement          { return quiet }
func judgeMemberLists(*subject, time.Duration) measurement       { return quiet }
func judgeObserverClock(*subject, time.Duration) measurement     { return quiet }
func judgePeerRTT(*subject, time.Duration) measurement           { return quiet }
func judgePeerSendFailures(*subject, time.Duration) measurement  { return quiet }
func judgePeersDisconnected(*subject, time.Duration) measurement { return quiet }
func judgeSingle(*subject, time.Duration) measurement            { return quiet }
func judgeSizes(*subject, time.Duration) measurement             { return quiet }
func judgeSnapshots(*subject, time.Duration) measurement         { return quiet }
func judgeTwoLeaders(*subject, time.Duration) measurement        { return quiet }
func judgeVersionBad(*subject, time.Duration) measurement        { return quiet }
func judgeVersions(*subject, time.Duration) measurement          { return quiet }
func judgeVoters(*subject, time.Duration) measurement            { return quiet }
func sayCertificate(*subject, measurement) string                { return "" }
func sayClientCertificate(*subject, measurement) string          { return "" }
func sayClock(*subject, measurement) string                      { return "" }
func sayClusterIDs(*subject, measurement) string                 { return "" }
func sayEven(*subject, measurement) string                       { return "" }
func sayGRPCFailures(*subject, measurement) string               { return "" }
func sayGRPCSlow(*subject, measurement) string                   { return "" }
func sayLearnerStuck(*subject, measurement) string               { return "" }
func sayLearners(*subject, measurement) string                   { return "" }
func sayMemberLists(*subject, measurement) string                { return "" }
func sayObserverClock(*subject, measurement) string              { return "" }
func sayPeerRTT(*subject, measurement) string                    { return "" }
func sayPeerSendFailures(*subject, measurement) string           { return "" }
func sayPeersDisconnected(*subject, measurement) string          { return "" }
func saySingle(*subject, measurement) string                     { return "" }
func saySizes(*subject, measurement) string                      { return "" }
func saySnapshots(*subject, measurement) string                  { return "" }
func sayTwoLeaders(*subject, measurement) string                 { return "" }
func sayVersionBad(*subject, measurement) string                 { return "" }
func sayVersions(*subject, measurement) string                   { return "" }
func sayVoters(*subject, measurement) string                     { return "" }

type methods int

const (
	otherMethods methods = iota
	methodRange
	methodTxn
)

func judgeGRPCSlow(methods) func(*subject, time.Duration) measurement {
	return func(*subject, time.Duration) measurement { return quiet }
}
