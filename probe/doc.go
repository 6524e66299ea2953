// Package probe looks at an etcd cluster: it discovers the members, asks every one of them the same few
// questions at the same time, decodes what they answer, and hands over one [Sweep] after another.
//
// It collects and never judges: no limit, level or colour is known here. It only reads: Status, MemberList,
// AlarmList, Get of one key, and GET /metrics are what it sends; Authenticate where a user is given, HashKV where
// Config.HashKV asks for it, and GET /members at a port that answers no gRPC, to find out whether that is a peer port.
//
// A [Prober] is the source that looks at a live cluster. It keeps a worker for each member, with one gRPC and one
// HTTP connection that are used for as long as they last, and a scout for each metrics endpoint that was given, until it is
// known whose that is. Who is who is worked out by a pure function of what was answered: see identity.go. What it knows belongs to the goroutine that is in Next;
// each question runs in a goroutine of its own, never two of a kind for one member, and ends with its timeout or
// with Close. [Dumps] is the source that reads expositions which were written to files.
//
// A [Sweep] is a value. Once it has been handed over nobody changes it, so it may be kept, compared and read
// from any goroutine.
package probe
