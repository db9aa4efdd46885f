package warehouse

import (
	"context"
	"slices"
	"strings"
	"testing"
)

func TestTypingIsCompleted(t *testing.T) {
	t.Parallel()
	r := openReader(t, publish(t, "b1", 1), ReaderConfig{})
	for text, want := range map[string]string{"sel": "select", "select * from num": "numbers", "select wo": "word", "from numbers where n > coale": "coalesce"} {
		words, place, err := r.Complete(context.Background(), text)
		if err != nil || !slices.Contains(words, want) {
			t.Errorf("%q goes on by %q, %v, want %q", text, words, err, want)
		}
		if last := text[strings.LastIndexByte(text, ' ')+1:]; text[place:] != last {
			t.Errorf("%q is replaced from byte %d on", text, place)
		}
		if slices.Contains(words, "delete") {
			t.Errorf("%q goes on by %q", text, words)
		}
	}
}

func TestIsEnded(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"": false, "select 1": false, "select 1;": true, "select 1; -- so\n": true, "select ';": false, "select 1 -- ;": false, "select \";": false, "select $$;": false, ";": true,
	} {
		if got := IsEnded(text); got != want {
			t.Errorf("%q: %t, want %t", text, got, want)
		}
	}
}

func TestOneLine(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"select a.b, -- why\n  'x  y'\nfrom \"odd  name\" /* c */ ;": `select a.b, 'x  y' from "odd  name" ;`,
		"select 'two\nlines'": "",
		"":                    "",
	} {
		if got := OneLine(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}
