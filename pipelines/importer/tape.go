package importer

import "io"

// tape reads on and remembers the bytes since an offset, so that a row that
// cannot be parsed can be kept as it stood.
type tape struct {
	from  io.Reader
	start int64 // offset of the first byte that is kept
	kept  []byte
	ended bool
}

// Read reads from what the tape records.
func (t *tape) Read(into []byte) (int, error) {
	n, err := t.from.Read(into)
	t.kept = append(t.kept, into[:n]...)
	if err == io.EOF {
		t.ended = true
	}
	return n, err
}

// end is the offset of what will be read next.
func (t *tape) end() int64 { return t.start + int64(len(t.kept)) }

// until is what stands before offset and has not been forgotten.
func (t *tape) until(offset int64) []byte { return t.kept[:offset-t.start] }

// forget drops what stands before offset.
func (t *tape) forget(offset int64) {
	t.kept = append(t.kept[:0], t.kept[offset-t.start:]...)
	t.start = offset
}
