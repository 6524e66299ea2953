package keyspace

// Reading a page of the mapping waits for memory several times: for the page's header, then for each element's key. The
// processor waits for many such places at once if nothing between them depends on what is there. So the pages that come
// next are touched before they are read, which halves the time for a large database.

// pagesAhead is how many pages are touched at a time, and elementsAhead how many elements of each: a page with more
// is touched once more when it is read.
const (
	pagesAhead    = 16
	elementsAhead = 4
)

// lineBytes is what a processor reads of memory at a time.
const lineBytes = 64

// chunkBytes is how much of the file is mapped at a time.
const chunkBytes = 2 << 20

// A mapper maps the chunks of a file before they are read, where the kernel does it only at an access otherwise.
type mapper struct {
	data   []byte
	mapped []bool // by chunk
	cannot bool
}

func newMapper(data []byte) mapper {
	return mapper{data: data, mapped: make([]bool, (len(data)+chunkBytes-1)/chunkBytes)}
}

// mapAt maps the chunk with a place in the file.
func (m *mapper) mapAt(at uint64) {
	if chunk := at / chunkBytes; !m.mapped[chunk] && !m.cannot {
		m.mapped[chunk] = true
		begin := chunk * chunkBytes
		m.cannot = !populate(m.data[begin:min(begin+chunkBytes, uint64(len(m.data)))])
	}
}

// touchChildren touches the pages below a branch that are read next, from the element i downwards.
func (r *reader) touchChildren(branch *page, i int) {
	var pages [pagesAhead][]byte
	n := 0
	for ; i >= 0 && n < pagesAhead; i-- {
		child := order.Uint64(branch.data[pageHeaderBytes+i*elementBytes+8:])
		if child < r.pages {
			r.mapAt(child * r.pageSize)
			pages[n] = r.data[child*r.pageSize:]
			r.touched += uint32(pages[n][8])
			n++
		}
	}
	for _, data := range pages[:n] {
		r.touchElements(data, min(int(order.Uint16(data[10:])), elementsAhead))
	}
}

// touchElements touches where the first elements of a page begin. It does not rely on what the page says.
func (r *reader) touchElements(data []byte, count int) {
	sum := uint32(0)
	for i := range count {
		at := pageHeaderBytes + i*elementBytes
		if at+elementBytes > len(data) {
			break
		}
		if begin := at + int(order.Uint32(data[at+4:])); begin+lineBytes < len(data) {
			sum += uint32(data[begin]) + uint32(data[begin+lineBytes])
		}
	}
	r.touched += sum
}
