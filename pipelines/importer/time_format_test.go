package importer_test

import (
	"strings"
	"testing"
	"time"

	"parley/pipelines/importer"
)

func TestTimeFormat(t *testing.T) {
	t.Parallel()
	rome, err := time.LoadLocation("Europe/Rome")
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ form, text, want string }{
		{"%Y/%m/%d %H:%M:%S.%f", "2012/10/09 14:50:17.000", "2012-10-09T12:50:17Z"},
		{"%Y/%m/%d %H:%M:%S.%f", "2012/10/09 14:50:17.1234567", "2012-10-09T12:50:17.123456Z"},
		{"%d.%m.%Y %H:%M", "9.1.2012   8:05", "2012-01-09T07:05:00Z"},
		{"%m/%d/%y %I:%M %p", "06/30/26 12:05 AM", "2026-06-29T22:05:00Z"},
		{"%m/%d/%y %I:%M %p", "06/30/26 12:05 pm", "2026-06-30T10:05:00Z"},
		{"%m/%d/%y", "06/30/99", "1999-06-29T22:00:00Z"},
		{"%a, %d %b %Y %T %z", "Tue, 30 Jun 2026 09:15:00 +0530", "2026-06-30T03:45:00Z"},
		{"%A %e %B %Y", "Tuesday  3 March 2026", "2026-03-02T23:00:00Z"},
		{"%d %b %Y", "3 may 2026", "2026-05-02T22:00:00Z"},
		{"%F %R%z", "2026-06-30 09:15Z", "2026-06-30T09:15:00Z"},
		{"%Y%m%d%H%M%S", "20260630091500", "2026-06-30T07:15:00Z"},
		{"%Y-%j", "2024-366", "2024-12-30T23:00:00Z"},
		{"100%% %F", "100% 2026-01-01", "2025-12-31T23:00:00Z"},
		{"%F %T", "2012-03-25 02:30:00", "2012-03-25T01:30:00Z"}, // does not exist: forward
		{"%F %T", "2012-10-28 02:30:00", "2012-10-28T00:30:00Z"}, // stands twice: the first
	} {
		form, err := importer.NewTimeFormat(test.form)
		if err != nil {
			t.Errorf("%s: %v", test.form, err)
			continue
		}
		got, err := form.Parse(test.text, rome)
		if err != nil || got.Format(time.RFC3339Nano) != test.want {
			t.Errorf("%q as %s is %v, %v; want %s", test.text, test.form, got, err, test.want)
		}
	}
}

func TestTimeFormatRefuses(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ form, text string }{
		{"%F", "2026-06-31"}, {"%F", "2026-13-01"}, {"%F", "2026-06-30 x"}, {"%F", "2026-06"}, {"%F", ""}, {"%F %T", "2026-06-30 24:00:00"},
		{"%F %I %p", "2026-06-30 13 PM"}, {"%Y-%j", "2025-366"}, {"%d %b %Y", "3 Mai 2026"}, {"%F%z", "2026-06-30 CET"}, {"%Y-%m-%d", "26-06-30"},
	} {
		form, err := importer.NewTimeFormat(test.form)
		if err != nil {
			t.Errorf("%s: %v", test.form, err)
			continue
		}
		if got, err := form.Parse(test.text, time.UTC); err == nil {
			t.Errorf("%q as %s is %v", test.text, test.form, got)
		}
	}
	for form, want := range map[string]string{
		"%Y-%m-%Q": "unknown %Q", "%F %": "unknown %;", "%H:%M": "names no whole date", "%m/%d": "names no whole date", "%F %I:%M": "%I and %p need each other",
	} {
		if _, err := importer.NewTimeFormat(form); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error is %v, want %q", form, err, want)
		}
	}
}
