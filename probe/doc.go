// Package probe collects: it discovers an etcd cluster's members, asks each of them the same few questions at the same
// time, decodes the answers, and returns one [Sweep] after another.
//
// It judges nothing: it knows no limit, level or colour. It only reads. It sends Status, MemberList, AlarmList, Get of
// one key, and GET /metrics; Authenticate if the user gave a name, HashKV if Config.HashKV asks for it, and GET
// /members to a port that speaks no gRPC, to find out whether it is a peer port.
//
// A [Prober] is the [Source] for a live cluster. It keeps a worker per member, with one gRPC and one HTTP connection
// that it reuses, and a scout per given metrics endpoint until it knows which member that endpoint belongs to. A pure
// function works out which answer belongs to which member: see identity.go. The goroutine in Next owns all state. Each
// request runs in a goroutine of its own, at most one of a kind per member, and ends with its timeout or with Close.
// [Dumps] is the [Source] for expositions saved in files.
//
// A [Sweep] is a value. Nobody changes it after Next has returned it, so any goroutine may keep and read it.
package probe
