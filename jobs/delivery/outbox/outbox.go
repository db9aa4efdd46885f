// Package outbox delivers messages into a folder: one .eml file each, as any
// mail program opens it. It does not know why a message is sent, and it
// sends nothing over a network.
package outbox

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net/mail"
	"os"
	"path/filepath"
	"strings"

	"parley/jobs/delivery"
	"parley/jobs/delivery/letter"
	"parley/pipelines/lake"
)

// Outbox is a folder of .eml files.
type Outbox struct{ dir string }

var _ delivery.Deliverer = (*Outbox)(nil)

// Open makes the folder where it is missing.
func Open(dir string) (*Outbox, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("open outbox: %w", err)
	}
	return &Outbox{dir: dir}, nil
}

// Channel is "email".
func (o *Outbox) Channel() string { return "email" }

// Deliver writes the envelope to a file whose name follows from its ID. The
// file appears whole or not at all, and is never written a second time.
func (o *Outbox) Deliver(ctx context.Context, envelope delivery.Envelope) (delivery.Receipt, error) {
	if err := ctx.Err(); err != nil {
		return delivery.Receipt{}, err
	}
	path := filepath.Join(o.dir, FileName(envelope))
	if receipt, err := readReceipt(path); !errors.Is(err, fs.ErrNotExist) {
		return receipt, err
	}
	message, err := letter.Compose(envelope)
	if err != nil {
		return delivery.Receipt{}, err
	}
	var text bytes.Buffer
	if _, err := message.WriteTo(&text); err != nil {
		return delivery.Receipt{}, fmt.Errorf("compose %s for %s: %w", envelope.Message, envelope.PersonID, err)
	}
	if err := lake.WriteFileExclusive(path, text.Bytes()); errors.Is(err, fs.ErrExist) {
		return readReceipt(path) // another worker's, a moment ago
	} else if err != nil {
		return delivery.Receipt{}, err
	}
	return delivery.Receipt{SentAt: letter.Date(envelope)}, nil
}

// readReceipt reads when the message in an .eml file was sent.
func readReceipt(path string) (delivery.Receipt, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return delivery.Receipt{}, err
	}
	written, err := mail.ReadMessage(bytes.NewReader(text))
	if err != nil {
		return delivery.Receipt{}, fmt.Errorf("read %s: %w", path, err)
	}
	sentAt, err := written.Header.Date()
	if err != nil {
		return delivery.Receipt{}, fmt.Errorf("read the date of %s: %w", path, err)
	}
	return delivery.Receipt{SentAt: sentAt.UTC()}, nil
}

// FileName is the name of the envelope's file: what people look for (message,
// person, entry, each cut to letters, digits and dashes) and a hash that alone
// makes it unique, as in we-miss-you--u-17--once--3fa9c2d1e0b45a77.eml.
func FileName(envelope delivery.Envelope) string {
	hash := sha256.Sum256([]byte(envelope.ID))
	return strings.Join([]string{slug(envelope.Message), slug(envelope.PersonID), slug(envelope.Entry), hex.EncodeToString(hash[:8])}, "--") + ".eml"
}

const longestSlug = 40

func slug(text string) string {
	var out strings.Builder
	for _, letter := range strings.ToLower(text) {
		if letter >= 'a' && letter <= 'z' || letter >= '0' && letter <= '9' {
			out.WriteRune(letter)
		} else if out.Len() > 0 && !strings.HasSuffix(out.String(), "-") {
			out.WriteByte('-')
		}
		if out.Len() >= longestSlug {
			break
		}
	}
	if slug := strings.Trim(out.String(), "-"); slug != "" {
		return slug
	}
	return "x"
}
