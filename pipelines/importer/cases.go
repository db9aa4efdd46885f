package importer

import (
	"bufio"
	"encoding/gob"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"os"
	"path/filepath"
)

const (
	defaultMemory = 64 << 20
	// buckets is into how many files rows go that do not fit in memory: each
	// then takes a 128th of the whole when it is read back.
	buckets = 128
	// rowOverhead is about what a row takes beside its text.
	rowOverhead = 512
)

// caseRow is one row of a conversation.
type caseRow struct {
	Case       string
	Hash       string // of every cell, those that are not mapped too
	Line       int
	Is         string // what the row is: contact, reply, …
	Fields     map[string]string
	Attributes map[string][]byte // JSON
}

func (r *caseRow) size() int64 {
	size := int64(rowOverhead + len(r.Case))
	for key, text := range r.Fields {
		size += int64(len(key) + len(text))
	}
	for key, text := range r.Attributes {
		size += int64(len(key) + len(text))
	}
	return size
}

// cases brings together the rows of each conversation, wherever they stand in
// the file. Rows are held in memory up to a limit; beyond it all go to temporary files,
// so that memory holds a 128th of the rows at a time.
type cases struct {
	limit int64
	held  int64
	rows  []caseRow
	dir   string
	files []*os.File
	texts []*bufio.Writer
	out   []*gob.Encoder
}

func (c *cases) add(row caseRow) error {
	if c.out != nil {
		return c.spill(row)
	}
	c.rows = append(c.rows, row)
	if c.held += row.size(); c.held <= c.limit {
		return nil
	}
	if err := c.openFiles(); err != nil {
		return err
	}
	for _, row := range c.rows {
		if err := c.spill(row); err != nil {
			return err
		}
	}
	c.rows = nil
	return nil
}

func (c *cases) openFiles() error {
	dir, err := os.MkdirTemp("", "parley-import-")
	if err != nil {
		return fmt.Errorf("hold rows in temporary files: %w", err)
	}
	c.dir = dir
	for i := range buckets {
		file, err := os.Create(filepath.Join(dir, fmt.Sprintf("%03d", i)))
		if err != nil {
			return fmt.Errorf("hold rows in temporary files: %w", err)
		}
		text := bufio.NewWriterSize(file, 16<<10)
		c.files, c.texts, c.out = append(c.files, file), append(c.texts, text), append(c.out, gob.NewEncoder(text))
	}
	return nil
}

func (c *cases) spill(row caseRow) error {
	hash := fnv.New32a()
	_, _ = hash.Write([]byte(row.Case))
	if err := c.out[hash.Sum32()%buckets].Encode(row); err != nil {
		return fmt.Errorf("hold rows in %s: %w", c.dir, err)
	}
	return nil
}

// each gives the rows of each conversation, in the order in which the file has them.
func (c *cases) each(do func(rows []caseRow) error) error {
	if c.out == nil {
		return byCase(c.rows, do)
	}
	for i, file := range c.files {
		if err := c.texts[i].Flush(); err != nil {
			return fmt.Errorf("hold rows in %s: %w", c.dir, err)
		}
		if _, err := file.Seek(0, io.SeekStart); err != nil {
			return fmt.Errorf("read %s again: %w", file.Name(), err)
		}
		var rows []caseRow
		for in := gob.NewDecoder(bufio.NewReader(file)); ; {
			var row caseRow
			err := in.Decode(&row)
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				return fmt.Errorf("read %s again: %w", file.Name(), err)
			}
			rows = append(rows, row)
		}
		if err := byCase(rows, do); err != nil {
			return err
		}
	}
	return nil
}

func byCase(rows []caseRow, do func(rows []caseRow) error) error {
	var order []string
	groups := map[string][]caseRow{}
	for _, row := range rows {
		if _, seen := groups[row.Case]; !seen {
			order = append(order, row.Case)
		}
		groups[row.Case] = append(groups[row.Case], row)
	}
	for _, id := range order {
		if err := do(groups[id]); err != nil {
			return err
		}
	}
	return nil
}

// close removes the temporary files.
func (c *cases) close() {
	for _, file := range c.files {
		_ = file.Close()
	}
	if c.dir != "" {
		_ = os.RemoveAll(c.dir)
	}
}
