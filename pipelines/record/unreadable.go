package record

// unreadable is the member by which a value says that it stands in for
// something that could not be read. No attribute's name begins like it.
const unreadable = "$unreadable"

// Unreadable is the value that stands in for what could not be read where it
// came from, such as a row of a table: every kind refuses it with the reason,
// so that it is kept as a dead letter. content is JSON that says what stood there.
func Unreadable(reason string, content []byte) []byte {
	text := append([]byte{'{'}, quote(unreadable)...)
	text = appendText(append(text, ':'), reason)
	text = append(text, `,"content":`...)
	return append(append(text, content...), '}')
}
