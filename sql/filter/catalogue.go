package filter

import (
	"sort"
	"strings"
)

// Type is the type of a field.
type Type int

// The types of field.
const (
	TypeText Type = iota
	TypeNumber
	TypeBoolean
	TypeTime
)

// String is the type's name in messages.
func (t Type) String() string { return [...]string{"text", "number", "boolean", "date"}[t] }

// Field is one column of users or companies that can be asked for.
type Field struct {
	Name   string // as people write it; case makes no difference
	Column string // the mart's column
	Type   Type
}

// Catalogue says which fields there are. Only its columns ever become part of
// SQL, quoted; what a person writes is looked up in it or bound.
type Catalogue struct {
	person, company map[string]Field
}

// NewCatalogue makes a catalogue of a person's fields and those of their companies.
func NewCatalogue(person, company []Field) Catalogue {
	index := func(fields []Field) map[string]Field {
		byName := make(map[string]Field, len(fields))
		for _, field := range fields {
			byName[strings.ToLower(field.Name)] = field
		}
		return byName
	}
	return Catalogue{person: index(person), company: index(company)}
}

func names(fields map[string]Field, prefix string) []string {
	all := make([]string, 0, len(fields))
	for _, field := range fields {
		all = append(all, prefix+field.Name)
	}
	sort.Strings(all)
	return all
}

// FieldType is the type of a field by the SQL type of its column, and whether
// such a column can be asked for at all.
func FieldType(sqlType string) (Type, bool) {
	sqlType = strings.ToUpper(sqlType)
	switch {
	case sqlType == "VARCHAR":
		return TypeText, true
	case sqlType == "BOOLEAN":
		return TypeBoolean, true
	case strings.HasPrefix(sqlType, "TIMESTAMP"):
		return TypeTime, true
	case strings.HasPrefix(sqlType, "DECIMAL"), strings.HasSuffix(sqlType, "INT"), strings.HasSuffix(sqlType, "INTEGER"), sqlType == "DOUBLE", sqlType == "FLOAT":
		return TypeNumber, true
	}
	return 0, false
}
