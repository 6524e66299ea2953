package keyspace

import (
	"bytes"
	"context"
	"fmt"
)

// The kinds of pages, and of the elements of a leaf.
const (
	branchPage = 0x01
	leafPage   = 0x02
	headerPage = 0x04
	freePages  = 0x10

	bucketElement = 0x01
	// bucketBytes is what begins the value of a bucket: its root, and a number that etcd does not use.
	bucketBytes = 16
)

// maxDepth bounds how deep a tree goes. etcd's have up to six levels.
const maxDepth = 32

// pagesBetweenReports is how many pages are read between two looks at the context.
const pagesBetweenReports = 4096

// A visitor is called for each element of a bucket. Both texts are in the mapping: it must not keep them.
type visitor func(key, value []byte)

// A reader walks the trees of pages. It checks every page before it uses it.
type reader struct {
	ctx context.Context
	mapper
	pageSize uint64
	pages    uint64
	// used has a bit for each page that is part of a tree, and usedPages counts them.
	used      []uint64
	usedPages uint64
	// report is told now and then how many pages were used; nil if nobody wants to know.
	report   Progress
	reported uint64
	// touched keeps the compiler from leaving out what is read only to have it at hand.
	touched uint32
}

func newReader(ctx context.Context, db *DB, report Progress) *reader {
	return &reader{
		ctx: ctx, mapper: newMapper(db.data), pageSize: db.header.pageSize, pages: db.header.pages,
		used: make([]uint64, (db.header.pages+63)/64), report: report,
	}
}

// A page is a node of a tree, and the pages behind it that it continues on.
type page struct {
	id    uint64
	kind  uint16
	count int
	data  []byte
	// inline means that it is within the element of a bucket.
	inline bool
	// end is where the element that was read last begins, which that before it must not reach.
	end uint64
}

func (r *reader) damaged(id uint64, format string, arguments ...any) error {
	return &DamagedError{Page: id, Pages: r.pages, At: id * r.pageSize, What: fmt.Sprintf(format, arguments...)}
}

// take returns a page, and notes that it is used.
func (r *reader) take(id uint64) (page, error) {
	if id < 2 || id >= r.pages {
		return page{}, r.damaged(id, "is referred to, and is none of the pages that hold data")
	}
	h := r.data[id*r.pageSize:]
	p := page{id: id, kind: order.Uint16(h[8:]), count: int(order.Uint16(h[10:]))}
	n := 1 + uint64(order.Uint32(h[12:]))
	if self := order.Uint64(h); self != id {
		return page{}, r.damaged(id, "calls itself page %d", self)
	}
	if n > r.pages-id {
		return page{}, r.damaged(id, "goes on for %d pages, beyond the last one", n)
	}
	for i := id; i < id+n; i++ {
		if r.isUsed(i) {
			return page{}, r.damaged(i, "is used twice")
		}
		r.used[i/64] |= 1 << (i % 64)
	}
	r.usedPages += n
	p.data = h[:n*r.pageSize]
	if r.usedPages-r.reported >= pagesBetweenReports {
		r.reported = r.usedPages
		if r.report != nil {
			r.report(r.usedPages, r.pages)
		}
		if err := r.ctx.Err(); err != nil {
			return page{}, err
		}
	}
	return p, nil
}

// isUsed reports whether a page is part of a tree that was read.
func (r *reader) isUsed(id uint64) bool { return r.used[id/64]&(1<<(id%64)) != 0 }

// checkSize returns an error if a page has no room for the elements that it counts.
func (r *reader) checkSize(p *page) error {
	if pageHeaderBytes+p.count*elementBytes > len(p.data) {
		return r.damaged(p.id, "has %d bytes, and counts %d elements", len(p.data), p.count)
	}
	return nil
}

// walkTree visits the leaves of the tree below a page from the last one to the first.
func (r *reader) walkTree(id uint64, depth int, visit func(leaf *page) error) error {
	p, err := r.take(id)
	switch {
	case err != nil:
		return err
	case depth > maxDepth:
		return r.damaged(id, "is more than %d levels deep", maxDepth)
	case p.kind != leafPage && p.kind != branchPage:
		return r.damaged(id, "is of kind %#x, and neither a leaf nor a branch", p.kind)
	}
	if err := r.checkSize(&p); err != nil {
		return err
	}
	if p.kind == leafPage {
		return visit(&p)
	}
	for i := p.count - 1; i >= 0; i-- {
		if (p.count-1-i)%pagesAhead == 0 {
			r.touchChildren(&p, i)
		}
		child := order.Uint64(p.data[pageHeaderBytes+i*elementBytes+8:])
		if err := r.walkTree(child, depth+1, visit); err != nil {
			return err
		}
	}
	return nil
}

// An element is one of a leaf. Its texts are in the mapping.
type element struct {
	isBucket   bool
	key, value []byte
}

// element returns an element of a leaf. The elements must be read from the last one to the first.
func (r *reader) element(p *page, i int) (element, error) {
	at := pageHeaderBytes + i*elementBytes
	e := p.data[at : at+elementBytes : at+elementBytes]
	begin := uint64(at) + uint64(order.Uint32(e[4:]))
	keyEnd := begin + uint64(order.Uint32(e[8:]))
	end := keyEnd + uint64(order.Uint32(e[12:]))
	if i == p.count-1 {
		p.end = uint64(len(p.data))
	}
	if end > p.end || begin < pageHeaderBytes+uint64(p.count)*elementBytes {
		return element{}, r.damaged(p.id, "has its element %d from byte %d to %d, where another one is, or nothing", i,
			begin, end)
	}
	p.end = begin
	return element{order.Uint32(e)&bucketElement != 0, p.data[begin:keyEnd:keyEnd], p.data[keyEnd:end:end]}, nil
}

// A bucket is a named tree.
type bucket struct {
	name string
	root uint64
	// inline is the only page of a bucket so small that it is on the page of the buckets with this number.
	inline []byte
	on     uint64
}

// buckets returns the buckets that are not in another one.
func (r *reader) buckets(root uint64) (found []bucket, err error) {
	err = r.walkTree(root, 0, func(p *page) error {
		for i := p.count - 1; i >= 0; i-- {
			e, err := r.element(p, i)
			if err != nil {
				return err
			}
			if !e.isBucket || len(e.value) < bucketBytes {
				return r.damaged(p.id, "has an element that is no bucket where the buckets are")
			}
			found = append(found, bucket{string(e.key), order.Uint64(e.value), e.value[bucketBytes:], p.id})
		}
		return nil
	})
	return found, err
}

// leaves visits the leaves of a bucket from the last one to the first.
func (r *reader) leaves(b *bucket, visit func(leaf *page) error) error {
	if b.root != 0 {
		return r.walkTree(b.root, 0, visit)
	}
	p, err := r.inlinePage(b)
	if err != nil {
		return err
	}
	return visit(&p)
}

// inlinePage returns the only page of a small bucket.
func (r *reader) inlinePage(b *bucket) (page, error) {
	if len(b.inline) < pageHeaderBytes {
		return page{}, r.damaged(b.on, "has a bucket without a page")
	}
	p := page{id: b.on, kind: order.Uint16(b.inline[8:]), count: int(order.Uint16(b.inline[10:])), data: b.inline,
		inline: true}
	if p.kind != leafPage {
		return page{}, r.damaged(b.on, "has a bucket of kind %#x, which is not a leaf", p.kind)
	}
	return p, r.checkSize(&p)
}

// elements visits the elements of a bucket from the last one to the first.
func (r *reader) elements(b *bucket, visit visitor) error {
	var last []byte
	return r.leaves(b, func(p *page) error {
		for i := p.count - 1; i >= 0; i-- {
			e, err := r.element(p, i)
			switch {
			case err != nil:
				return err
			case e.isBucket:
				return r.damaged(p.id, "has a bucket where keys are")
			case last != nil && bytes.Compare(e.key, last) >= 0:
				return r.damaged(p.id, "has keys that are not in order")
			}
			last = e.key
			visit(e.key, e.value)
		}
		return nil
	})
}

// freelistPages is how many pages hold the list of free pages; etcd keeps none.
func (r *reader) freelistPages(id uint64) (uint64, error) {
	if id == noFreelist {
		return 0, nil
	}
	before := r.usedPages
	p, err := r.take(id)
	if err != nil {
		return 0, err
	}
	if p.kind != freePages {
		return 0, r.damaged(id, "is of kind %#x, and not the list of free pages", p.kind)
	}
	return r.usedPages - before, nil
}
