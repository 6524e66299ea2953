package keyspace

import (
	"context"
	"errors"
	"fmt"

	"github.com/etcdoc/etcdoc/probe"
)

// A Check is what was found out about a database that is whole.
type Check struct {
	// Sum says whether it has a sum; it matches then.
	Sum   Sum
	State State
	Usage Usage
	// Pages is how many pages hold something.
	Pages int64
}

// Stage is a part of a check, as it is named in a sentence about the file: "hashing".
type Stage string

// The stages, in their order.
const (
	StageSum   Stage = "hashing"
	StagePages Stage = "checking"
	StageUsage Stage = "counting"
)

// Check reads all of the database and checks its sum, its pages and all that is on them. Its error is a [DamagedError]
// if it is not whole: one about a page, if there is one, goes before one about the sum. What options say of progress is
// not used: report gets what it is told at each stage; nil if nobody wants to know.
func (db *DB) Check(ctx context.Context, options Options, report func(Stage) Progress) (c Check, err error) {
	if report == nil {
		report = func(Stage) Progress { return nil }
	}
	options.Progress = report(StageUsage)
	if err := db.checkWhole(ctx, &c, report, true); err != nil {
		return c, err
	}
	c.Usage, err = db.Read(ctx, options)
	return c, err
}

// CheckPages checks what [DB.Check] does, but for the header that is not in use, and counts nothing: a host that lost
// power may have written only one of the two, and etcd starts with that.
func (db *DB) CheckPages(ctx context.Context, report func(Stage) Progress) error {
	return db.checkWhole(ctx, new(Check), report, false)
}

func (db *DB) checkWhole(ctx context.Context, c *Check, report func(Stage) Progress, headers bool) error {
	var sumErr error
	err := guarded(db.data, db.header.pageSize, func() (err error) {
		var damaged *DamagedError
		if c.Sum, sumErr = db.checkSum(ctx, report(StageSum)); sumErr != nil && !errors.As(sumErr, &damaged) {
			return sumErr
		}
		r := &strictReader{newReader(ctx, db, report(StagePages))}
		if headers {
			err = db.checkHeaders(r)
		}
		if err == nil {
			err = db.checkPages(r, c)
		}
		return err
	})
	if err == nil {
		err = sumErr
	}
	if err != nil {
		return db.wrong(err)
	}
	return nil
}

// checkPages checks the trees of pages, and what is in the buckets.
func (db *DB) checkPages(r *strictReader, c *Check) error {
	freelist, err := r.freelistPages(db.header.freelist)
	if err != nil {
		return err
	}
	buckets, err := r.buckets(db.header.root)
	if err != nil {
		return err
	}
	hasKeys := false
	for i := range buckets {
		b := &buckets[i]
		visit := func(on uint64, e element) error {
			if !c.State.add(b.name, e.key, e.value) {
				return r.damaged(on, "has an entry in the bucket %.40q that can't be decoded", b.name)
			}
			return nil
		}
		if b.name == keyBucket {
			hasKeys = true
			visit = (&writeCheck{r: r}).check
		}
		if err := r.elements(b, visit); err != nil {
			return err
		}
	}
	if !hasKeys {
		return errNoKeys
	}
	c.State.sort()
	c.Pages = int64(r.usedPages)
	return r.freePages(db.header.freelist, freelist)
}

// checkHeaders checks that both headers are whole: one is enough to read the database, and both are written always.
func (db *DB) checkHeaders(r *strictReader) error {
	for id := range uint64(2) {
		page := db.data[id*r.pageSize:]
		h, whole := parseHeader(page)
		if !whole || h.pageSize != r.pageSize {
			return r.damaged(id, "is no whole header; the other one is")
		}
		if order.Uint64(page) != id || order.Uint16(page[8:]) != headerPage {
			return r.damaged(id, "is a header, and does not call itself one")
		}
	}
	return nil
}

// A writeCheck checks the bucket of the keys, from the oldest revision to the newest.
type writeCheck struct {
	r     *strictReader
	last  revision
	begun bool
}

func (w *writeCheck) check(on uint64, e element) error {
	at, tombstone, ok := parseRevision(e.key)
	switch {
	case !ok:
		return w.r.damaged(on, "has a key that is no revision of etcd: %.40q", e.key)
	case w.begun && !w.last.isBefore(at):
		return w.r.damaged(on, "has revisions that are not in order")
	}
	w.last, w.begun = at, true
	if what := checkWrite(at, tombstone, e.value); what != "" {
		return w.r.damaged(on, "has a value that %s, at revision %d", what, at.main)
	}
	return nil
}

// checkWrite returns what is wrong with a write at a revision; empty if nothing is. A revision without a value is what
// etcdutl snapshot restore --bump-revision adds.
func checkWrite(at revision, tombstone bool, message []byte) string {
	var key []byte
	var created, modified, version uint64
	for f := probe.FieldsOf(message); ; {
		switch number := f.Next(); {
		case number == probe.FieldsMalformed:
			return "can't be decoded"
		case number == keyField && f.Type == bytesKind:
			key = f.Data
		case number == createdField && f.Type == varintKind:
			created = f.Number
		case number == modifiedField && f.Type == varintKind:
			modified = f.Number
		case number == versionField && f.Type == varintKind:
			version = f.Number
		case number > 0 && number <= leaseField && f.Type != fieldKinds[number]:
			return "can't be decoded"
		case number != probe.FieldsEnd:
		case len(message) == 0:
			return ""
		case len(key) == 0:
			return "has no key"
		case tombstone && modified == 0 && created == 0 && version == 0:
			return ""
		case modified != at.main:
			return fmt.Sprintf("calls itself that of revision %d", modified)
		case created == 0 || created > modified || version == 0 || version > modified-created+1:
			return fmt.Sprintf("calls itself version %d of a key since revision %d", version, created)
		default:
			return ""
		}
	}
}
