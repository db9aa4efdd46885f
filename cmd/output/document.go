package output

import (
	"bytes"
	"io"

	"github.com/segmentio/encoding/json"
)

// Part is one named answer of several that are printed together.
type Part struct {
	Name string
	Rows
	Single bool // there is one row at most, which stands for the whole
}

// Document writes parts as one JSON object, whose keys are their names in this
// order: an array of objects each, and of a single row an object, or null.
func Document(w io.Writer, parts []Part) error {
	var b bytes.Buffer
	for i, part := range parts {
		name, err := json.Append(nil, part.Name, 0)
		if err != nil {
			return err
		}
		b.WriteString(map[bool]string{true: "{\n", false: ",\n"}[i == 0])
		b.Write(name)
		b.WriteString(": ")
		var rows bytes.Buffer
		if err := Print(&rows, "json", part.Rows); err != nil {
			return err
		}
		text := bytes.TrimSpace(rows.Bytes())
		if part.Single {
			if text = bytes.TrimSpace(bytes.Trim(text, "[]\n")); len(part.Rows.Rows) == 0 {
				text = []byte("null")
			}
		}
		b.Write(text)
	}
	b.WriteString("\n}\n")
	_, err := w.Write(b.Bytes())
	return err
}
