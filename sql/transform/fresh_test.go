package transform

import (
	"testing"
	"time"
)

func TestLengths(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]time.Duration{
		"1 hour": time.Hour, "90 minutes": 90 * time.Minute, " 7d ": 7 * 24 * time.Hour, "2 Weeks": 14 * 24 * time.Hour, "30s": 30 * time.Second, "5 min": 5 * time.Minute,
		"1h": time.Hour, "36500 days": 36500 * 24 * time.Hour,
		"": 0, "hour": 0, "0 hours": 0, "-1 h": 0, "1.5 h": 0, "1 fortnight": 0, "99999999999999999999 s": 0, "999999 weeks": 0, "1 h 5 min": 0,
	} {
		if got, ok := parseLength(text); got != want || ok != (want > 0) {
			t.Errorf("%q is %s, %v, want %s", text, got, ok, want)
		}
	}
	for length, want := range map[time.Duration]string{
		0: "0 s", 400 * time.Millisecond: "0 s", 45 * time.Second: "45 s", 90 * time.Minute: "1 h 30 min", 24*time.Hour + 5*time.Minute: "1 d",
		51*time.Hour + 59*time.Minute: "2 d 3 h", time.Hour + 5*time.Second: "1 h", -time.Minute: "1 min", 59*time.Minute + 59*time.Second + 700*time.Millisecond: "1 h",
	} {
		if got := DurationText(length); got != want {
			t.Errorf("%s is written %q, want %q", length, got, want)
		}
	}
}
