package keyspace

// A packer estimates how many pages a bucket has after a defragmentation. etcd then writes all elements in their order
// to new pages, up to nine tenths full (etcd server/storage/backend, defragdb); bbolt puts at least two of them on each
// (bbolt node.go, splitIndex).
type packer struct {
	pageSize int
	elements int // on the page that is being filled
	filled   int // bytes of it
	pages    int // that are full
	leaves   int
}

// What defragmentation does.
const (
	minElements = 2
	// branchBytes is what a leaf takes in the page above it: an element, and a key without a tombstone's mark.
	branchBytes = elementBytes + revisionBytes
)

// add adds an element of so many bytes of key and value.
func (p *packer) add(bytes int) {
	size := elementBytes + bytes
	if p.elements >= minElements && p.filled+size > p.pageSize*9/10 {
		p.end()
	}
	if p.elements == 0 {
		p.filled = pageHeaderBytes
	}
	p.elements++
	p.filled += size
}

func (p *packer) end() {
	if p.elements > 0 {
		p.pages += (p.filled + p.pageSize - 1) / p.pageSize
		p.leaves++
		p.elements, p.filled = 0, 0
	}
}

// total returns the number of pages of all that was added.
func (p *packer) total() int {
	p.end()
	total := p.pages
	for nodes := p.leaves; nodes > 1; {
		perPage := max((p.pageSize*9/10-pageHeaderBytes)/branchBytes, minElements)
		nodes = (nodes + perPage - 1) / perPage
		total += nodes
	}
	return total
}
