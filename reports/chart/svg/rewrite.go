package svg

import (
	"encoding/xml"
	"errors"
	"fmt"
	"html"
	"io"
	"regexp"
	"strings"
)

// What a picture may consist of. Anything else that ECharts writes serves a
// live chart (styles under the pointer, places of data) and is left out.
var (
	elements   = set("svg g path text tspan rect circle ellipse line polygon polyline defs clipPath linearGradient stop")
	attributes = set("d x y x1 x2 y1 y2 cx cy r rx ry points width height viewBox transform fill fill-opacity fill-rule stroke stroke-width " +
		"stroke-opacity stroke-dasharray stroke-dashoffset stroke-linecap stroke-linejoin opacity text-anchor dominant-baseline " +
		"font-size font-weight clip-path id offset stop-color stop-opacity gradientUnits")
)

func set(words string) map[string]bool {
	known := map[string]bool{}
	for word := range strings.FieldsSeq(words) {
		known[word] = true
	}
	return known
}

var (
	localID  = regexp.MustCompile(`^zr\d+-([a-z]\d+)$`)
	localRef = regexp.MustCompile(`^url\(#zr\d+-([a-z]\d+)\)$`)
)

// rewrite gives the picture in the part of SVG that may stand in a page: fonts
// as attributes rather than styles, ids that begin with prefix, and no more.
func rewrite(svg, prefix string) (string, error) {
	var out strings.Builder
	decoder := xml.NewDecoder(strings.NewReader(svg))
	skipped := 0 // within so many elements that are left out
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return out.String(), nil
		}
		if err != nil {
			return "", fmt.Errorf("read what was drawn: %w", err)
		}
		switch t := token.(type) {
		case xml.StartElement:
			if skipped > 0 || !elements[t.Name.Local] || isInvisible(t) {
				skipped++
				continue
			}
			writeStart(&out, t, prefix)
		case xml.EndElement:
			if skipped > 0 {
				skipped--
				continue
			}
			fmt.Fprintf(&out, "</%s>", t.Name.Local)
		case xml.CharData:
			if text := strings.TrimSpace(string(t)); skipped == 0 && text != "" {
				out.WriteString(html.EscapeString(text))
			}
		}
	}
}

// isInvisible: it shows nothing, as the sheet that all is painted on, and the
// frames of parts that are not there.
func isInvisible(t xml.StartElement) bool {
	if t.Name.Local != "rect" && t.Name.Local != "path" {
		return false
	}
	hollow := attribute(t, "fill") == "none" || attribute(t, "fill-opacity") == "0"
	return hollow && (attribute(t, "stroke") == "" || attribute(t, "stroke-width") == "0")
}

func attribute(t xml.StartElement, name string) string {
	for _, a := range t.Attr {
		if a.Name.Local == name && a.Name.Space == "" {
			return a.Value
		}
	}
	return ""
}

func writeStart(out *strings.Builder, t xml.StartElement, prefix string) {
	out.WriteString("<" + t.Name.Local)
	for _, a := range t.Attr {
		name, value := a.Name.Local, a.Value
		switch {
		case a.Name.Space != "":
			continue
		case name == "style":
			writeFont(out, value)
			continue
		case name == "id":
			found := localID.FindStringSubmatch(value)
			if found == nil {
				continue
			}
			value = prefix + "-" + found[1]
		case strings.HasPrefix(value, "url("):
			found := localRef.FindStringSubmatch(value)
			if found == nil {
				continue
			}
			value = "url(#" + prefix + "-" + found[1] + ")"
		}
		if attributes[name] {
			fmt.Fprintf(out, ` %s="%s"`, name, html.EscapeString(value))
		}
	}
	if t.Name.Local == "svg" {
		out.WriteString(` aria-hidden="true" focusable="false"`)
	}
	out.WriteString(">")
}

// writeFont keeps size and weight of a style; the face is the page's.
func writeFont(out *strings.Builder, style string) {
	for declaration := range strings.SplitSeq(style, ";") {
		name, value, _ := strings.Cut(declaration, ":")
		if name == "font-size" || name == "font-weight" {
			fmt.Fprintf(out, ` %s="%s"`, name, html.EscapeString(strings.TrimSuffix(value, "px")))
		}
	}
}
