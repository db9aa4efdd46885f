package record

import "strings"

// IsPlaceholder says whether a key is what broken code sends where it has none:
// null, undefined, none, nan, 0 or [object Object], in letters of any case. Such
// a key names nobody: it would make one person of all who were sent without theirs.
func IsPlaceholder(key string) bool {
	switch len(key) {
	case 1:
		return key == "0"
	case 3:
		return strings.EqualFold(key, "nan")
	case 4:
		return strings.EqualFold(key, "null") || strings.EqualFold(key, "none")
	case 9:
		return strings.EqualFold(key, "undefined")
	case 15:
		return strings.EqualFold(key, "[object object]")
	}
	return false
}
