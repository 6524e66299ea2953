// Package probe looks at an etcd cluster: it discovers the members, asks every one of them the same few
// questions at the same time, decodes what they answer, and hands over one [Sweep] after another.
//
// It collects and never judges: no limit, level or colour is known here. It only reads: Status, MemberList,
// AlarmList, Get of one key, and GET /metrics are all that it ever sends.
//
// A [Sweep] is a value. Once it has been handed over nobody changes it, so it may be kept, compared and read
// from any goroutine.
package probe
