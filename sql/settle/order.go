package settle

import "cmp"

// earlier makes seq the smaller of the two: of several reports of one
// observation the first counts, wherever the others come.
func earlier(seq *string, other string) (changed bool) {
	if other >= *seq {
		return false
	}
	*seq = other
	return true
}

// widen makes the span from first to last hold the other one too.
func widen(first, last *int64, otherFirst, otherLast int64) (changed bool) {
	changed = otherFirst < *first || otherLast > *last
	*first, *last = min(*first, otherFirst), max(*last, otherLast)
	return changed
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}

// compareOptional puts what is missing first.
func compareOptional[T cmp.Ordered](a, b *T) int {
	switch {
	case a == nil && b == nil:
		return 0
	case a == nil:
		return -1
	case b == nil:
		return 1
	}
	return cmp.Compare(*a, *b)
}
