// Package letter writes an envelope as an e-mail. It does not know which way the
// e-mail goes.
package letter

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/mail"
	"time"

	gomail "github.com/wneessen/go-mail"

	"parley/jobs/delivery"
)

// Date is the envelope's date as an e-mail can hold it: in UTC, to the second.
func Date(envelope delivery.Envelope) time.Time { return envelope.Date.UTC().Truncate(time.Second) }

// Compose writes the e-mail: text and HTML, pictures that the HTML shows, and
// attached files. Without files the same envelope gives the same bytes. An
// address that is none is delivery.ErrRefused.
func Compose(envelope delivery.Envelope) (*gomail.Msg, error) {
	for _, address := range []mail.Address{envelope.From, envelope.To} {
		parsed, err := mail.ParseAddress(address.Address)
		if err != nil || parsed.Address != address.Address {
			return nil, fmt.Errorf("compose %s for %s: %w: %q is no e-mail address", envelope.Message, envelope.PersonID, delivery.ErrRefused, address.Address)
		}
	}
	options := []gomail.MsgOption{gomail.WithNoDefaultUserAgent()}
	if len(envelope.Files) == 0 {
		// A text cannot hold its own hash, so no line of it can end its part.
		hash := sha256.Sum256([]byte(envelope.ID + "\x00" + envelope.Text + "\x00" + envelope.HTML))
		options = append(options, gomail.WithBoundary("parley-"+hex.EncodeToString(hash[:16])))
	}
	message := gomail.NewMsg(options...)
	message.FromMailAddress(&envelope.From)
	message.ToMailAddress(&envelope.To)
	message.Subject(envelope.Subject)
	message.SetDateWithValue(Date(envelope))
	message.SetMessageIDWithValue(envelope.MessageID)
	message.SetGenHeader("Auto-Submitted", "auto-generated")
	message.SetGenHeader("X-Parley-Delivery", envelope.ID)
	message.SetBodyString(gomail.TypeTextPlain, envelope.Text)
	message.AddAlternativeString(gomail.TypeTextHTML, envelope.HTML)
	for _, file := range envelope.Files {
		add, about := message.AttachReader, []gomail.FileOption{gomail.WithFileContentType(gomail.ContentType(file.Type))}
		if file.ContentID != "" {
			// RFC 2392: the identifier stands in angle brackets, "cid:" names it without.
			add, about = message.EmbedReader, append(about, gomail.WithFileContentID("<"+file.ContentID+">"))
		}
		if err := add(file.Name, bytes.NewReader(file.Content), about...); err != nil {
			return nil, fmt.Errorf("compose %s for %s: %s: %w", envelope.Message, envelope.PersonID, file.Name, err)
		}
	}
	return message, nil
}
