package settle

import "testing"

func TestVisible(t *testing.T) {
	t.Parallel()
	cases := map[string]bool{
		"":                                   false,
		" \n\t":                              false,
		"hello":                              true,
		"<p></p>":                            false,
		"<p>  <br/>\n</p>":                   false,
		"<p>&nbsp;&#160;&#x200B;</p>":        false,
		"\u200b\ufeff\u00a0":                 false,
		"<p>ok</p>":                          true,
		"<P><IMG SRC='a.png'></P>":           true,
		`<div><img src="a>b"/></div>`:        true,
		"<iframe src=x></iframe>":            true,
		"<!-- hidden -->":                    false,
		"<!-- hidden --><b>x</b>":            true,
		"<!-- never ends":                    false,
		"<!doctype html><?xml ?>":            false,
		"<style>p { color: red }</style>":    false,
		"<script>alert('x')</script> ":       false,
		"<script>never ends":                 false,
		"<STYLE>x</style>text":               true,
		"<stylish>text</stylish>":            true,
		"<p":                                 false,
		"1 < 2":                              true,
		"<3":                                 true,
		"<":                                  true,
		"</p>":                               false,
		"&lt;p&gt;":                          true,
		"👍":                                  true,
		"<p>\u00ad</p>":                      false,
		"<imgx></imgx>":                      false,
		"<a href='https://example.com'></a>": false,
	}
	for body, want := range cases {
		if got := visible(body); got != want {
			t.Errorf("visible(%q) is %t, want %t", body, got, want)
		}
	}
}
