package message

import (
	"fmt"
	htmltemplate "html/template"
	"strings"
)

// pages are the frames of the two styles. A personal message looks like a
// letter that was written by hand: no frame, no picture.
var pages = htmltemplate.Must(htmltemplate.New("pages").Parse(`
{{- define "personal" -}}
<!DOCTYPE html>
<html>
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{ .Subject }}</title>
</head>
<body>
{{ .Body }}
</body>
</html>
{{ end -}}
{{- define "official" -}}
<!DOCTYPE html>
<html>
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{ .Subject }}</title>
</head>
<body style="margin:0;padding:24px 12px;background:#f4f5f7;font-family:Helvetica,Arial,sans-serif;font-size:15px;line-height:1.5;color:#22262b">
<table role="presentation" align="center" width="100%" cellpadding="0" cellspacing="0" style="max-width:600px;margin:0 auto;background:#ffffff;border:1px solid #dfe3e8;border-radius:6px">
<tr><td style="padding:20px 28px;border-bottom:1px solid #dfe3e8">
{{- if .Photograph }}<img src="{{ .Photograph }}" width="44" height="44" alt="" style="border-radius:22px;vertical-align:middle;margin-right:12px">{{ end -}}
<strong style="vertical-align:middle">{{ .Sender }}</strong></td></tr>
<tr><td style="padding:20px 28px">
{{ .Body }}
</td></tr>
</table>
</body>
</html>
{{ end -}}
`))

// page puts body, which is safe HTML, into the frame of the message's style.
func (m *Message) page(subject, body string) (string, error) {
	sender := m.From.Name
	if sender == "" {
		sender = m.From.Address
	}
	var out strings.Builder
	err := pages.ExecuteTemplate(&out, string(m.Style), struct {
		Subject, Sender, Photograph string
		Body                        htmltemplate.HTML
	}{subject, sender, m.Photograph, htmltemplate.HTML(body)}) //nolint:gosec // sanitised, with values written in as text
	if err != nil {
		return "", fmt.Errorf("frame of style %s: %w", m.Style, err)
	}
	return out.String(), nil
}
