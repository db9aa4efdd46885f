package settle

import (
	"cmp"
	"slices"
)

// Change is a part of a table whose file is another one in a later version. A
// file that one of the two does not have is zero.
type Change struct {
	Part     string
	Old, New File
}

// Changed lists, for each table, the parts whose files differ between two
// versions, in their order; a table in which none does is missing. A nil old
// has no files. Files without rows are none.
func Changed(old, new *Manifest) map[string][]Change {
	changed := map[string]map[string]Change{}
	note := func(m *Manifest, set func(*Change, File)) {
		if m == nil {
			return
		}
		for table, files := range m.Files {
			if changed[table] == nil {
				changed[table] = map[string]Change{}
			}
			for _, f := range files {
				if f.Rows > 0 {
					c := changed[table][f.Part]
					c.Part = f.Part
					set(&c, f)
					changed[table][f.Part] = c
				}
			}
		}
	}
	note(old, func(c *Change, f File) { c.Old = f })
	note(new, func(c *Change, f File) { c.New = f })
	lists := map[string][]Change{}
	for table, parts := range changed {
		for _, c := range parts {
			if c.Old.Path != c.New.Path {
				lists[table] = append(lists[table], c)
			}
		}
		slices.SortFunc(lists[table], func(a, b Change) int { return cmp.Compare(a.Part, b.Part) })
	}
	return lists
}
