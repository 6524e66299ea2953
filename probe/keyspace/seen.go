package keyspace

// A seenTable holds the keys that were met. It is a hash table whose entries are in one array: each look-up waits for
// memory once. An array is doubled when three quarters are in use, and the old one is kept until all are in the new
// one, so that it never takes more than 64 bytes for a key: for a million, 32 MiB, and 48 while it grows.
type seenTable struct {
	slots []slot
	used  int
	// touched keeps the compiler from leaving out what is read only to have it at hand.
	touched uint32
}

// A slot is a key that was met, or free, with no revisions.
type slot struct {
	hash      uint64
	revisions uint32
	prefix    uint32 // its number
}

const firstSlots = 1 << 10

func newSeenTable() *seenTable { return &seenTable{slots: make([]slot, firstSlots)} }

// find returns the slot of a key. It has no revisions if the key was not met before: then the caller sets them, and
// calls added. Slots move when one is added.
func (t *seenTable) find(hash uint64) *slot {
	mask := uint64(len(t.slots) - 1)
	for i := hash & mask; ; i = (i + 1) & mask {
		if s := &t.slots[i]; s.revisions == 0 || s.hash == hash {
			return s
		}
	}
}

// added makes room for another key.
func (t *seenTable) added() {
	if t.used++; t.used < len(t.slots)/4*3 {
		return
	}
	old := t.slots
	t.slots = make([]slot, 2*len(old))
	for _, s := range old {
		if s.revisions > 0 {
			*t.find(s.hash) = s
		}
	}
}

// touch reads the slots where the keys of writes may be, so that the processor waits for all of them at once.
func (t *seenTable) touch(writes []pending) {
	mask, sum := uint64(len(t.slots)-1), uint32(0)
	for i := range writes {
		sum += t.slots[writes[i].hash&mask].revisions
	}
	t.touched += sum
}
