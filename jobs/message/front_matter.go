package message

import (
	"bytes"
	"errors"
	"fmt"
	"net/mail"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"parley/pipelines/yamlfile"
)

// frontMatter is what stands above the second line of dashes. Every key but
// segment and subject is optional.
type frontMatter struct {
	Name            string `yaml:"name"`             // default: the file's name without .md
	Segment         string `yaml:"segment"`          // who gets it: whoever enters this segment
	Subject         string `yaml:"subject"`          // a line, with variables
	From            string `yaml:"from"`             // Name <address>; default: email.from of the workspace
	Photograph      string `yaml:"photograph"`       // https address of the sender's picture, for the official style
	Style           string `yaml:"style"`            // personal (default) or official
	Repeat          string `yaml:"repeat"`           // once (default) or each_entry
	IncludeExisting bool   `yaml:"include_existing"` // also those already in the segment; default false
	Unsubscribable  *bool  `yaml:"unsubscribable"`   // not sent to whoever has unsubscribed; default true
	Active          *bool  `yaml:"active"`           // default true
}

const longestName = 100

// Parse reads one message file. The error holds all its faults, one a line,
// each `FILE:LINE[:COLUMN]: what is wrong; what to do`.
func Parse(file string, text []byte, opts Options) (*Message, error) {
	text = bytes.ReplaceAll(bytes.TrimPrefix(text, []byte("\ufeff")), []byte("\r\n"), []byte("\n"))
	if at := invalidUTF8(text); at >= 0 {
		return nil, fmt.Errorf("%s:%d: this is not UTF-8 text; save the file as UTF-8", file, 1+bytes.Count(text[:at], []byte("\n")))
	}
	head, body, bodyLine, err := split(file, string(text))
	if err != nil {
		return nil, err
	}
	var front frontMatter
	yaml, err := yamlfile.Decode(file, []byte(head), 1, &front)
	if err != nil {
		return nil, withHint(err, file, head)
	}
	message := &Message{
		Name:            strings.TrimSpace(front.Name),
		File:            file,
		Segment:         front.Segment,
		Photograph:      front.Photograph,
		Style:           Style(front.Style),
		Repeat:          Repeat(front.Repeat),
		IncludeExisting: front.IncludeExisting,
		Unsubscribable:  front.Unsubscribable == nil || *front.Unsubscribable,
		Active:          front.Active == nil || *front.Active,
	}
	var faults []error
	fault := func(key, format string, args ...any) {
		text := yaml.Errorf("$."+key, format, args...).Error()
		if rest, nowhere := strings.CutPrefix(text, file+": "); nowhere { // the key is not there
			text = file + ":1: " + rest
		}
		faults = append(faults, errors.New(text))
	}

	if message.Name == "" {
		message.Name = strings.TrimSuffix(path.Base(file), ".md")
	}
	if utf8.RuneCountInString(message.Name) > longestName {
		fault("name", "the name is longer than %d characters; shorten it", longestName)
	}
	switch {
	case front.Segment == "":
		fault("segment", "no segment is named; write `segment: NAME`, whoever enters it gets the message")
	case opts.Segments != nil && !slices.Contains(opts.Segments, front.Segment):
		fault("segment", "unknown segment %q%s", front.Segment, yamlfile.DidYouMean(front.Segment, opts.Segments))
	}
	if message.Style == "" {
		message.Style = Personal
	}
	if message.Style != Personal && message.Style != Official {
		fault("style", "unknown style %q; write personal or official", front.Style)
	}
	if message.Repeat == "" {
		message.Repeat = Once
	}
	if message.Repeat != Once && message.Repeat != EachEntry {
		fault("repeat", "unknown repeat %q; write once or each_entry", front.Repeat)
	}
	if front.Photograph != "" && !isHTTPS(front.Photograph) {
		fault("photograph", "%q is no https address; write https://…", front.Photograph)
	}
	sender, key := front.From, "from"
	if sender == "" {
		sender = opts.From
	}
	if sender == "" {
		fault(key, "no sender; write `from: Name <address>` here, or `email: {from: …}` in parley.yaml")
	} else if address, err := mail.ParseAddress(sender); err != nil {
		fault(key, "%q is no sender; write Name <name@example.com>, the name in double quotes if it holds more than letters", sender)
	} else {
		message.From = *address
	}

	checks := checker{file: file, variables: opts.Variables}
	if strings.TrimSpace(front.Subject) == "" {
		fault("subject", "no subject; write `subject: …`")
	} else {
		// The place of a value in YAML is known, the place inside it is not: it may be quoted or folded.
		checks.place = func(int) string { return strings.TrimSuffix(yaml.Errorf("$.subject", "").Error(), ": ") }
		message.subject, err = compile(front.Subject, checks, opts.Location)
		faults = append(faults, err)
	}
	if strings.TrimSpace(body) == "" {
		faults = append(faults, fmt.Errorf("%s:%d: the message says nothing; write its text below the second line of dashes", file, bodyLine))
	}
	checks.line = bodyLine
	checks.place = func(offset int) string { return placeIn(file, body, bodyLine, offset) }
	message.body, err = compile(body, checks, opts.Location)
	faults = append(faults, err)

	if err := errors.Join(faults...); err != nil {
		return nil, err
	}
	return message, nil
}

// split takes the file apart at its two lines of dashes. bodyLine is the number
// of the body's first line.
func split(file, text string) (head, body string, bodyLine int, err error) {
	rest, ok := strings.CutPrefix(text, "---\n")
	if !ok {
		return "", "", 0, fmt.Errorf("%s:1: a message begins with a line of three dashes, its settings and a second line of three dashes; add them", file)
	}
	line := 2
	for remaining := rest; remaining != ""; line++ {
		this, after, _ := strings.Cut(remaining, "\n")
		if strings.TrimRight(this, " \t") == "---" {
			return rest[:len(rest)-len(remaining)], after, line + 1, nil
		}
		remaining = after
	}
	return "", "", 0, fmt.Errorf("%s:1: the settings have no end; write a second line of three dashes below them", file)
}

// withHint adds what to do where YAML itself cannot say: the braces with which a
// value begins mean something else in YAML than in a message.
func withHint(err error, file, head string) error {
	rest, _ := strings.CutPrefix(err.Error(), file+":")
	number, _, _ := strings.Cut(rest, ":")
	line, _ := strconv.Atoi(number)
	lines := strings.Split(head, "\n")
	// The settings begin on the file's second line.
	if line < 2 || line > len(lines)+1 {
		return err
	}
	_, value, _ := strings.Cut(lines[line-2], ":")
	if strings.HasPrefix(strings.TrimSpace(value), "{") {
		return fmt.Errorf("%w; a value that begins with {{ is written in 'single quotes'", err)
	}
	return err
}

func nameTaken(file, name, other string) error {
	return fmt.Errorf("%s:1: the name %q is taken by %s; give one of them another `name`", file, name, other)
}

func placeIn(file, text string, firstLine, offset int) string {
	before := text[:offset]
	column := 1 + utf8.RuneCountInString(before[strings.LastIndexByte(before, '\n')+1:])
	return fmt.Sprintf("%s:%d:%d", file, firstLine+strings.Count(before, "\n"), column)
}

func invalidUTF8(text []byte) int {
	for at := 0; at < len(text); {
		letter, size := utf8.DecodeRune(text[at:])
		if letter == utf8.RuneError && size <= 1 || letter == 0 {
			return at
		}
		at += size
	}
	return -1
}

func isHTTPS(address string) bool {
	parsed, err := url.Parse(address)
	return err == nil && parsed.Scheme == "https" && parsed.Host != ""
}
