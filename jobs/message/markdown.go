package message

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"

	"github.com/microcosm-cc/bluemonday"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/renderer/html"
	htmltoken "golang.org/x/net/html"
)

var markdown = goldmark.New(
	goldmark.WithExtensions(extension.Strikethrough,
		extension.NewTable(extension.WithTableCellAlignMethod(extension.TableCellAlignAttribute))),
	// What stands in the Markdown as HTML goes through, because all of it is sanitised below.
	goldmark.WithRendererOptions(html.WithUnsafe()),
)

// policy is the HTML that a message may hold: headings, text, lists, tables,
// links and images. Nothing runs, loads or styles.
var policy = func() *bluemonday.Policy {
	p := bluemonday.NewPolicy()
	p.AllowElements("h1", "h2", "h3", "h4", "h5", "h6", "p", "br", "hr", "blockquote", "pre", "code",
		"strong", "b", "em", "i", "u", "sub", "sup", "small", "strike", "s", "del",
		"ul", "ol", "li", "table", "thead", "tbody", "tfoot", "tr", "th", "td")
	p.AllowAttrs("start").Matching(bluemonday.Integer).OnElements("ol")
	p.AllowAttrs("align").Matching(regexp.MustCompile(`^(left|center|right)$`)).OnElements("th", "td")
	p.AllowAttrs("href").OnElements("a")
	p.AllowAttrs("title").OnElements("a", "img")
	p.AllowAttrs("src", "alt").OnElements("img")
	p.AllowAttrs("width", "height").Matching(bluemonday.Number).OnElements("img")
	p.AllowURLSchemes("https", "http", "mailto")
	p.RequireParseableURLs(true)
	return p
}()

// toHTML makes safe HTML of Markdown that holds sealed values.
func toHTML(text string) (string, error) {
	var out bytes.Buffer
	if err := markdown.Convert([]byte(text), &out); err != nil {
		return "", fmt.Errorf("markdown: %w", err)
	}
	return policy.Sanitize(out.String()), nil
}

// fill writes the sealed values into safe HTML: as text where text stands,
// percent-encoded in addresses. It returns the HTML and the same as plain text.
func fill(content string) (body, text string) {
	var out strings.Builder
	var plain textWriter
	tokens := htmltoken.NewTokenizer(strings.NewReader(content))
	for {
		kind := tokens.Next()
		if kind == htmltoken.ErrorToken {
			return strings.TrimSpace(out.String()), plain.String()
		}
		token := tokens.Token()
		switch kind {
		case htmltoken.TextToken:
			token.Data = unseal(token.Data, func(value string) string { return value })
		case htmltoken.StartTagToken, htmltoken.SelfClosingTagToken:
			token.Attr = fillAttributes(token.Attr)
		}
		plain.write(token)
		out.WriteString(token.String())
	}
}

func fillAttributes(attributes []htmltoken.Attribute) []htmltoken.Attribute {
	kept := attributes[:0]
	for _, attribute := range attributes {
		switch attribute.Key {
		case "href", "src":
			address, ok := fillAddress(attribute.Val)
			if !ok {
				continue
			}
			attribute.Val = address
		default:
			attribute.Val = unseal(attribute.Val, func(value string) string { return value })
		}
		kept = append(kept, attribute)
	}
	return kept
}

// fillAddress writes values into an address. In the host a value may only be a
// label before a domain of the author's: https://{{ subdomain }}.example.com. An
// address whose host would be a value's own is no address, nor is one that
// browsers mend (https:host, https:///host).
func fillAddress(address string) (string, bool) {
	if !sealed.MatchString(address) {
		return address, true
	}
	if strings.HasPrefix(strings.ToLower(address), "mailto:") {
		return unseal(address, percentEncode), true
	}
	scheme, rest, web := strings.Cut(address, "://")
	if !web {
		return "", false
	}
	end := strings.IndexAny(rest, "/?#")
	if end < 0 {
		end = len(rest)
	}
	host, tail := rest[:end], rest[end:]
	if labels := strings.Split(host, "."); sealed.MatchString(host) {
		if len(labels) < 3 || sealed.MatchString(strings.Join(labels[len(labels)-2:], ".")) {
			return "", false
		}
		host = unseal(host, onlyLabel)
	}
	if host == "" || strings.HasPrefix(host, ".") || strings.Contains(host, "..") || strings.ContainsAny(host, `\`) || sealed.MatchString(scheme) {
		return "", false
	}
	return scheme + "://" + host + unseal(tail, percentEncode), true
}

// percentEncode leaves the unreserved characters of RFC 3986, section 2.3.
func percentEncode(value string) string {
	var out strings.Builder
	for _, b := range []byte(value) {
		if b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= '0' && b <= '9' || strings.IndexByte("-._~", b) >= 0 {
			out.WriteByte(b)
		} else {
			fmt.Fprintf(&out, "%%%02X", b)
		}
	}
	return out.String()
}

func onlyLabel(value string) string {
	for _, b := range []byte(strings.ToLower(value)) {
		if (b < 'a' || b > 'z') && (b < '0' || b > '9') && b != '-' {
			return ""
		}
	}
	return strings.ToLower(value)
}
