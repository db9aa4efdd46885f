// Package deliverytest holds the tests that every way of sending must pass. It
// does not know any of them.
package deliverytest

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"net/textproto"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"parley/jobs/delivery"
)

// Delivered is what a test reads back of one message that was handed over.
type Delivered struct {
	Header  map[string][]string // names as net/mail has them
	From    mail.Address
	To      []*mail.Address
	Subject string // decoded
	Text    string
	HTML    string
	Files   []delivery.File
}

// Place is where a deliverer under test puts its messages.
type Place interface {
	// Open is a deliverer over the place, as a process would have it that has just started.
	Open(t *testing.T) delivery.Deliverer
	// Delivered reads back everything that was handed over.
	Delivered(t *testing.T) []Delivered
}

// Sample is an envelope with letters beyond ASCII and a long line.
func Sample(person string) delivery.Envelope {
	id := delivery.ID("welcome", person, "once")
	return delivery.Envelope{
		ID: id, Message: "welcome", PersonID: person, Entry: "once",
		MessageID: id + "@tidepool.example",
		Date:      time.Date(2026, 6, 30, 9, 30, 0, 0, time.UTC),
		From:      mail.Address{Name: "Orla, of Tidepool", Address: "orla@tidepool.example"},
		To:        mail.Address{Name: "Zoë Ångström", Address: "zoe@example.com"},
		Subject:   "Grüße, Zoë – " + strings.Repeat("a long subject ", 10) + "end",
		Text:      "Hello Zoë,\n\n.\nFrom here on: " + strings.Repeat("word ", 60) + "\n",
		HTML:      "<p>Hello Zoë</p>\n",
	}
}

// Run runs every test, each on a place of its own.
func Run(t *testing.T, place func(t *testing.T) Place) {
	t.Helper()
	ctx := context.Background()
	t.Run("what is handed over arrives", func(t *testing.T) {
		t.Parallel()
		p := place(t)
		sample := Sample("u:1")
		receipt, err := p.Open(t).Deliver(ctx, sample)
		if err != nil || !receipt.SentAt.Equal(sample.Date) {
			t.Fatalf("receipt %v, error %v", receipt, err)
		}
		all := p.Delivered(t)
		if len(all) != 1 {
			t.Fatalf("%d messages arrived, want 1", len(all))
		}
		got := all[0]
		if got.Subject != sample.Subject || got.Text != sample.Text || got.HTML != sample.HTML || got.From != sample.From ||
			len(got.To) != 1 || *got.To[0] != sample.To || got.Header["Message-Id"][0] != "<"+sample.MessageID+">" {
			t.Errorf("arrived %+v", got)
		}
	})
	t.Run("files arrive, shown or attached", func(t *testing.T) {
		t.Parallel()
		p := place(t)
		sample := Sample("u:1")
		sample.Files = []delivery.File{
			{Name: "contacts.csv", Type: "text/csv", Content: []byte("week_start,contacts\n2026-06-22,108\n")},
			{Name: "contacts.png", Type: "image/png", ContentID: "contacts", Content: []byte("\x89PNG\r\n\x1a\n\x00\xff")},
		}
		if _, err := p.Open(t).Deliver(ctx, sample); err != nil {
			t.Fatal(err)
		}
		all := p.Delivered(t)
		if len(all) != 1 || all[0].Text != sample.Text || all[0].HTML != sample.HTML || len(all[0].Files) != 2 {
			t.Fatalf("arrived %+v", all)
		}
		for _, want := range sample.Files {
			at := slices.IndexFunc(all[0].Files, func(f delivery.File) bool { return f.Name == want.Name })
			if at < 0 || !bytes.Equal(all[0].Files[at].Content, want.Content) || all[0].Files[at].Type != want.Type || all[0].Files[at].ContentID != want.ContentID {
				t.Errorf("%s arrived as %+v", want.Name, all[0].Files)
			}
		}
	})
	t.Run("the same delivery again is nothing new", func(t *testing.T) {
		t.Parallel()
		p := place(t)
		sample := Sample("u:1")
		for hour := range 3 {
			again := sample
			again.Date = sample.Date.Add(time.Duration(hour) * time.Hour)
			again.Text = fmt.Sprintf("attempt %d\n", hour)
			receipt, err := p.Open(t).Deliver(ctx, again) // each attempt in a process of its own
			if err != nil || !receipt.SentAt.Equal(sample.Date) {
				t.Fatalf("attempt %d: receipt %v, error %v", hour, receipt, err)
			}
		}
		if all := p.Delivered(t); len(all) != 1 || all[0].Text != "attempt 0\n" {
			t.Errorf("arrived %+v, want the first attempt alone", all)
		}
	})
	t.Run("two at once send one", func(t *testing.T) {
		t.Parallel()
		p := place(t)
		deliverer := p.Open(t)
		var group sync.WaitGroup
		for range 8 {
			group.Go(func() {
				if _, err := deliverer.Deliver(ctx, Sample("u:1")); err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()
		if all := p.Delivered(t); len(all) != 1 {
			t.Errorf("%d messages arrived, want 1", len(all))
		}
	})
	t.Run("different deliveries all arrive", func(t *testing.T) {
		t.Parallel()
		p := place(t)
		deliverer := p.Open(t)
		people := []string{"u:1", "u-1", "U:1", "u:1/../../x", "e:Zoë@example.com", "", strings.Repeat("x", 500), strings.Repeat("x", 501)}
		for _, person := range people {
			if _, err := deliverer.Deliver(ctx, Sample(person)); err != nil {
				t.Errorf("%q: %v", person, err)
			}
		}
		if all := p.Delivered(t); len(all) != len(people) {
			t.Errorf("%d messages arrived, want %d", len(all), len(people))
		}
	})
	t.Run("no text becomes a header", func(t *testing.T) {
		t.Parallel()
		p := place(t)
		sample := Sample("u:1")
		sample.Subject = "Hello\r\nBcc: all@example.com\r\n\r\n<p>"
		sample.To.Name = "Eve\r\nBcc: all@example.com\"<eve@example.org>"
		sample.From.Name = "Orla\nReply-To: eve@example.org"
		if _, err := p.Open(t).Deliver(ctx, sample); err != nil {
			t.Fatal(err)
		}
		all := p.Delivered(t)
		if len(all) != 1 || len(all[0].To) != 1 || all[0].To[0].Address != sample.To.Address || all[0].From.Address != sample.From.Address {
			t.Fatalf("arrived %+v", all)
		}
		for _, name := range []string{"Bcc", "Reply-To", "Cc"} {
			if value := all[0].Header[name]; value != nil {
				t.Errorf("the message has a header %s: %q", name, value)
			}
		}
	})
	t.Run("an address that is none is refused for good", func(t *testing.T) {
		t.Parallel()
		p := place(t)
		for _, address := range []string{"", "nobody", "a@b@c", "a b@example.com", "eve@example.com\r\nBcc: all@example.com", "Eve <eve@example.com>", "a@example.com, b@example.com"} {
			sample := Sample("u:1")
			sample.To.Address = address
			if _, err := p.Open(t).Deliver(ctx, sample); !errors.Is(err, delivery.ErrRefused) {
				t.Errorf("%q: error %v, want ErrRefused", address, err)
			}
		}
		if all := p.Delivered(t); len(all) != 0 {
			t.Errorf("arrived %+v, want nothing", all)
		}
	})
	t.Run("nothing is sent once the context has ended", func(t *testing.T) {
		t.Parallel()
		p := place(t)
		ended, cancel := context.WithCancel(ctx)
		cancel()
		if _, err := p.Open(t).Deliver(ended, Sample("u:1")); !errors.Is(err, context.Canceled) {
			t.Errorf("error %v, want that of the context", err)
		}
		if all := p.Delivered(t); len(all) != 0 {
			t.Errorf("arrived %+v, want nothing", all)
		}
	})
}

// Read reads an e-mail with the standard library, which wrote none of it.
func Read(t *testing.T, text []byte) Delivered {
	t.Helper()
	message, err := mail.ReadMessage(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	subject, err := new(mime.WordDecoder).DecodeHeader(message.Header.Get("Subject"))
	if err != nil {
		t.Fatal(err)
	}
	from, err := message.Header.AddressList("From")
	if err != nil || len(from) != 1 {
		t.Fatalf("from %v: %v", from, err)
	}
	to, err := message.Header.AddressList("To")
	if err != nil {
		t.Fatal(err)
	}
	got := Delivered{Header: message.Header, From: *from[0], To: to, Subject: subject}
	read(t, textproto.MIMEHeader(message.Header), message.Body, &got)
	return got
}

// read takes the parts of a message apart, those within parts too.
func read(t *testing.T, header textproto.MIMEHeader, body io.Reader, into *Delivered) {
	t.Helper()
	kind, params, err := mime.ParseMediaType(header.Get("Content-Type"))
	if err != nil {
		t.Fatal(err)
	}
	if strings.HasPrefix(kind, "multipart/") {
		parts := multipart.NewReader(body, params["boundary"])
		for {
			part, err := parts.NextRawPart()
			if err == io.EOF {
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			read(t, part.Header, part, into)
		}
	}
	switch header.Get("Content-Transfer-Encoding") {
	case "quoted-printable":
		body = quotedprintable.NewReader(body)
	case "base64":
		body = base64.NewDecoder(base64.StdEncoding, body)
	}
	content, err := io.ReadAll(body)
	if err != nil {
		t.Fatal(err)
	}
	disposition, about, _ := mime.ParseMediaType(header.Get("Content-Disposition"))
	switch text := strings.ReplaceAll(string(content), "\r\n", "\n"); {
	case disposition != "":
		into.Files = append(into.Files, delivery.File{Name: about["filename"], Type: kind, ContentID: strings.Trim(header.Get("Content-Id"), "<>"), Content: content})
	case kind == "text/html":
		into.HTML = text
	default:
		into.Text = text
	}
}
