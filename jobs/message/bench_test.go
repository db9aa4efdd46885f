package message_test

import (
	"testing"
	"testing/fstest"

	"parley/jobs/message"
)

func BenchmarkLoad(b *testing.B) {
	files := fstest.MapFS{"welcome.md": file("from: a@example.com\n", "Hello {{ first_name | fallback:\"there\" }}, **welcome** to [us](https://example.com/{{ user_id }}).\n")}
	for b.Loop() {
		if _, err := message.Load(files, message.Options{}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkRender(b *testing.B) {
	messages, err := message.Load(fstest.MapFS{"welcome.md": file("from: a@example.com\n", "Hello {{ first_name | fallback:\"there\" }}, **welcome** to [us](https://example.com/{{ user_id }}).\n")}, message.Options{})
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := messages[0].Render(message.Person{UserID: "17", Name: "Ada Byrne"}); err != nil {
			b.Fatal(err)
		}
	}
}
