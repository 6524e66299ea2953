package keyspace

import "bytes"

// A strictReader checks all that bbolt's own check does (bbolt tx_check.go), without trusting the pages as that has to,
// and also that each page is as bbolt writes it (bbolt internal/common/inode.go): its elements one behind the other,
// from the end of their headers on, on no more pages than they need. So it finds what changes how a page is read, and
// leaves what is in the values to their decoder, and what is in neither to the sum.
type strictReader struct {
	*reader
}

// A span is the range of keys that a page may have, as the page above it says: from low on, and below high; nil is any.
type span struct{ low, high []byte }

// A strictVisitor is called for each element of a bucket with the page that it is on. Its texts are in the mapping.
type strictVisitor func(on uint64, e element) error

// walk visits the elements of the tree below a page from the first one to the last.
func (r *strictReader) walk(id uint64, depth int, keys span, visit strictVisitor) error {
	p, err := r.take(id)
	switch {
	case err != nil:
		return err
	case depth > maxDepth:
		return r.damaged(id, "is more than %d levels deep", maxDepth)
	case p.kind == leafPage:
		return r.visitLeaf(&p, keys, visit)
	case p.kind != branchPage:
		return r.damaged(id, "is of kind %#x, and neither a leaf nor a branch", p.kind)
	case p.count == 0:
		return r.damaged(id, "is a branch without pages below it")
	}
	children := make([]uint64, 0, p.count)
	texts := make([][]byte, 0, p.count+1)
	if err := r.visitElements(&p, keys, func(i int, e element) error {
		children = append(children, order.Uint64(p.data[pageHeaderBytes+i*elementBytes+8:]))
		texts = append(texts, e.key)
		return nil
	}); err != nil {
		return err
	}
	texts = append(texts, keys.high)
	for i, child := range children {
		if err := r.walk(child, depth+1, span{texts[i], texts[i+1]}, visit); err != nil {
			return err
		}
	}
	return nil
}

func (r *strictReader) visitLeaf(p *page, keys span, visit strictVisitor) error {
	return r.visitElements(p, keys, func(_ int, e element) error { return visit(p.id, e) })
}

// visitElements visits the elements of a page, of which it checks the places and the order. What it gives of a branch
// is the key alone.
func (r *strictReader) visitElements(p *page, keys span, visit func(i int, e element) error) error {
	if err := r.checkSize(p); err != nil {
		return err
	}
	last := keys.low
	end := uint64(pageHeaderBytes + p.count*elementBytes)
	for i := range p.count {
		at := uint64(pageHeaderBytes + i*elementBytes)
		h := p.data[at : at+elementBytes : at+elementBytes]
		var e element
		begin, keyBytes, valueBytes := at+uint64(order.Uint32(h)), uint64(order.Uint32(h[4:])), uint64(0)
		if p.kind == leafPage {
			begin, keyBytes, valueBytes = at+uint64(order.Uint32(h[4:])), uint64(order.Uint32(h[8:])),
				uint64(order.Uint32(h[12:]))
			flags := order.Uint32(h)
			if e.isBucket = flags == bucketElement; flags&^bucketElement != 0 {
				return r.damaged(p.id, "has an element %d of kind %#x, which bbolt does not have", i, flags)
			}
		}
		if begin != end || begin+keyBytes+valueBytes > uint64(len(p.data)) {
			return r.damaged(p.id, "has its element %d from byte %d to %d, and not from %d on", i, begin,
				begin+keyBytes+valueBytes, end)
		}
		end = begin + keyBytes + valueBytes
		e.key, e.value = p.data[begin:begin+keyBytes:begin+keyBytes], p.data[begin+keyBytes:end:end]
		if keyBytes == 0 {
			return r.damaged(p.id, "has an element %d without a key", i)
		}
		ordered := bytes.Compare(e.key, last)
		if i == 0 && ordered < 0 || i > 0 && ordered <= 0 {
			return r.damaged(p.id, "has keys that are not in order")
		}
		if keys.high != nil && bytes.Compare(e.key, keys.high) >= 0 {
			return r.damaged(p.id, "has keys that belong to the next page")
		}
		last = e.key
		if err := visit(i, e); err != nil {
			return err
		}
	}
	return r.checkLength(p, end)
}

// checkLength returns an error if a page whose last element ends there is on more pages than it needs.
func (r *strictReader) checkLength(p *page, end uint64) error {
	length := uint64(len(p.data))
	needed := max(1, (end+r.pageSize-1)/r.pageSize) * r.pageSize
	switch {
	case p.inline && length != end:
		return r.damaged(p.id, "has a bucket of %d bytes in one with %d", end, length)
	case p.inline, length == needed:
		return nil
	case end%r.pageSize == 0 && length == needed+r.pageSize:
		return nil // as etcd before 3.4 wrote it
	}
	return r.damaged(p.id, "goes on for %d pages, and needs %d", length/r.pageSize, needed/r.pageSize)
}

// elements visits the elements of a bucket that holds no other buckets.
func (r *strictReader) elements(b *bucket, visit strictVisitor) error {
	only := func(on uint64, e element) error {
		if e.isBucket {
			return r.damaged(on, "has a bucket where keys are")
		}
		return visit(on, e)
	}
	if b.root != 0 {
		return r.walk(b.root, 0, span{}, only)
	}
	p, err := r.inlinePage(b)
	if err != nil {
		return err
	}
	return r.visitLeaf(&p, span{}, only)
}

// buckets returns the buckets, and checks that each has a whole header.
func (r *strictReader) buckets(root uint64) (found []bucket, err error) {
	err = r.walk(root, 0, span{}, func(on uint64, e element) error {
		if !e.isBucket || len(e.value) < bucketBytes {
			return r.damaged(on, "has an element that is no bucket where the buckets are")
		}
		b := bucket{string(e.key), order.Uint64(e.value), e.value[bucketBytes:], on}
		if b.root != 0 && len(b.inline) > 0 {
			return r.damaged(on, "has a bucket on a page of its own, and one here")
		}
		found = append(found, b)
		return nil
	})
	return found, err
}

// freePages checks the list of free pages, once all others were read: it has those that no tree has, each once. etcd
// keeps no such list on Linux.
func (r *strictReader) freePages(list uint64, length uint64) error {
	if list == noFreelist {
		return nil
	}
	data := r.data[list*r.pageSize : (list+length)*r.pageSize]
	count, at := uint64(order.Uint16(data[10:])), uint64(pageHeaderBytes)
	if count == manyFree {
		count, at = order.Uint64(data[at:]), at+8
	}
	if count > (uint64(len(data))-at)/8 {
		return r.damaged(list, "has %d bytes, and counts %d free pages", len(data), count)
	}
	last := uint64(0)
	for i := range count {
		id := order.Uint64(data[at+8*i:])
		switch {
		case id < 2 || id >= r.pages || id <= last:
			return r.damaged(list, "lists page %d as free, which is out of range or out of order", id)
		case r.isUsed(id):
			return r.damaged(id, "holds data, and is listed as free")
		}
		last = id
	}
	if lost := r.pages - 2 - r.usedPages; lost != count {
		return r.damaged(list, "lists %d free pages, and %d hold nothing", count, lost)
	}
	return nil
}

// manyFree is the count of a list with as many free pages or more; the number is behind it then.
const manyFree = 0xFFFF
