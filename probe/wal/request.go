package wal

import "strings"

// The requests in a log: the fields of InternalRaftRequest (etcd api/etcdserverpb/raft_internal.proto).
const (
	v2Field         = 2 // through 3.5; what changes the cluster has fields of its own since
	putField        = 4
	deleteField     = 5
	txnField        = 6
	compactionField = 7
	grantField      = 8
	revokeField     = 9
	alarmField      = 10
	checkpointField = 11
	versionField    = 1300
	attributesField = 1301
	downgradeField  = 1302
)

// A RequestKind is what an entry asks for.
type RequestKind int

// The kinds of requests.
const (
	Other RequestKind = iota
	Empty             // what a new leader begins its term with
	Put
	Delete
	Txn
	Grant      // of a lease
	Revoke     // of a lease, with the keys that it has
	Checkpoint // of leases: how long they still last
	Compaction
	Change // of the cluster and not of its keys: a member, an alarm, a user, a role, a version
)

// A Request is what an entry asks for.
type Request struct {
	Kind RequestKind
	// Writes are the puts and deletes of a put, a delete or a transaction. Of a transaction they are those that it
	// makes if its comparisons hold, or those that it makes otherwise if these are all there are: which of the two it
	// was is not in a log.
	Writes []Write
	// Compares reports that a transaction compares something, so that its writes may not have been made.
	Compares bool
	// Lease is the one that is granted or revoked.
	Lease int64
	// What says what a change or a compaction is, in words. Names in it are as they are in the log.
	What string
}

// A Write is a put or a delete.
type Write struct {
	Key []byte // valid until the next record is read
	// Deletes reports a delete, and Range one of all keys in a range or with a prefix, which begins at Key: how many
	// those are is not in a log.
	Deletes, Range bool
	ValueBytes     int
	Lease          int64 // of a put; 0: none
}

// Request reads what an entry asks for.
func (e *Entry) Request() (r Request, err error) {
	switch {
	case len(e.Data) == 0:
		return Request{Kind: Empty}, nil
	case e.Kind != NormalEntry:
		what, err := membershipChange(e)
		return Request{Kind: Change, What: what}, err
	}
	if err = eachNested(e.Data, r.read); err != nil {
		if what := oldChange(e.Data); what != "" {
			return Request{Kind: Change, What: what}, nil
		}
	}
	return r, err
}

// oldChange says what an entry changes that is no InternalRaftRequest, but what is in the v2Field of one: so etcd
// through 3.5 publishes a member's name and client URLs, and the cluster's version. It is empty if the entry is none.
func oldChange(data []byte) string {
	what, err := changeWords(v2Field, data)
	if method, path, _ := strings.Cut(what, " "); err != nil || method != "PUT" || !strings.HasPrefix(path, "/") {
		return ""
	}
	return what
}

// eachNested calls visit with the fields of a message that are messages or bytes themselves, until it fails.
func eachNested(message []byte, visit func(field int, data []byte) error) error {
	var failed error
	err := eachField(message, func(field int, _ uint64, data []byte) bool {
		if data != nil {
			failed = visit(field, data)
		}
		return failed == nil
	})
	if failed != nil {
		return failed
	}
	return err
}

// read reads a field of a request. One of them says what it asks for.
func (r *Request) read(field int, data []byte) error {
	switch field {
	case putField:
		r.Kind = Put
		return r.addPut(data)
	case deleteField:
		r.Kind = Delete
		return r.addDelete(data)
	case txnField:
		r.Kind = Txn
		return r.readTxn(data, maxNesting)
	case grantField:
		r.Kind = Grant
		return readNumber(data, 2, &r.Lease)
	case revokeField:
		r.Kind = Revoke
		return readNumber(data, 1, &r.Lease)
	case checkpointField:
		r.Kind = Checkpoint
		return nil
	case compactionField:
		r.Kind = Compaction
	default:
		if !isChange(field) {
			return nil
		}
		r.Kind = Change
	}
	what, err := changeWords(field, data)
	if r.What = what; what == "" {
		r.Kind = Other
	}
	return err
}

func (r *Request) addPut(message []byte) error {
	var w Write
	err := eachField(message, func(field int, number uint64, data []byte) bool {
		switch field {
		case 1:
			w.Key = data
		case 2:
			w.ValueBytes = len(data)
		case 3:
			w.Lease = int64(number)
		}
		return true
	})
	r.Writes = append(r.Writes, w)
	return err
}

func (r *Request) addDelete(message []byte) error {
	w := Write{Deletes: true}
	err := eachNested(message, func(field int, data []byte) error {
		switch field {
		case 1:
			w.Key = data
		case 2:
			w.Range = len(data) > 0
		}
		return nil
	})
	r.Writes = append(r.Writes, w)
	return err
}

// maxNesting is how deep transactions within transactions are read. Nothing known nests any.
const maxNesting = 32

// readTxn reads a transaction: what it compares, and what it does if that holds and otherwise.
func (r *Request) readTxn(message []byte, nesting int) error {
	const compareField, successField, failureField = 1, 2, 3
	var otherwise Request
	err := eachNested(message, func(field int, data []byte) error {
		switch field {
		case compareField:
			r.Compares = true
		case successField:
			return r.addOperation(data, nesting)
		case failureField:
			return otherwise.addOperation(data, nesting)
		}
		return nil
	})
	if len(r.Writes) == 0 {
		r.Writes = otherwise.Writes
	}
	r.Compares = r.Compares || otherwise.Compares
	return err
}

// addOperation adds what an operation of a transaction writes.
func (r *Request) addOperation(message []byte, nesting int) error {
	const putField, deleteField, txnField = 2, 3, 4
	return eachNested(message, func(field int, data []byte) error {
		switch field {
		case putField:
			return r.addPut(data)
		case deleteField:
			return r.addDelete(data)
		case txnField:
			if nesting == 0 {
				return errMalformed
			}
			inner := Request{}
			err := inner.readTxn(data, nesting-1)
			r.Writes, r.Compares = append(r.Writes, inner.Writes...), r.Compares || inner.Compares
			return err
		}
		return nil
	})
}

// readNumber reads a field that is a number.
func readNumber(message []byte, of int, into *int64) error {
	return eachField(message, func(field int, number uint64, _ []byte) bool {
		if field == of {
			*into = int64(number)
		}
		return true
	})
}
