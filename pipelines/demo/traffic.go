package demo

import "time"

// source is a way by which people come to Tidepool's pages.
type source struct {
	share    float64
	referrer string
	utm      string // utm_source
	medium   string
	campaign string // "month" stands for the month's own
	launch   bool   // only from the launch on, for some weeks
	landing  []string
}

const monthly = "month"

var sources = [...]source{
	{share: 26, landing: []string{"/", "/", "/pricing", "/signup"}}, // typed in
	{share: 30, referrer: "https://www.google.com/", landing: []string{"/", "/features/rota", "/blog/fair-rotas", "/pricing", "/templates/shift-plan"}},
	{share: 4, referrer: "https://duckduckgo.com/", landing: []string{"/", "/features/rota"}},
	{share: 12, referrer: "https://www.google.com/", utm: "google", medium: "cpc", campaign: "brand", landing: []string{"/", "/pricing"}},
	{share: 6, referrer: "https://www.google.com/", utm: "google", medium: "cpc", campaign: "rota-software", landing: []string{"/features/rota"}},
	{share: 9, utm: "newsletter", medium: "email", campaign: monthly, landing: []string{"/blog/fair-rotas", "/features/timesheets"}},
	{share: 6, referrer: "https://shiftlife.example/best-rota-tools", utm: "shiftlife", medium: "referral", campaign: "best-of", landing: []string{"/compare"}},
	{share: 7, referrer: "https://www.linkedin.com/", utm: "linkedin", medium: "social", campaign: "stories", landing: []string{"/stories/cafe-lunasa", "/"}},
	{share: 22, referrer: "https://launchday.example/posts/tidepool-autofill", utm: "launchday", medium: "referral", campaign: "autofill-launch", launch: true, landing: []string{"/autofill"}},
	{share: 14, utm: "newsletter", medium: "email", campaign: "autofill-launch", launch: true, landing: []string{"/autofill"}},
}

const newsletter = 5 // in sources

// firstSource is how someone came who is first seen at at.
func (h *history) firstSource(dice chance, at time.Time) int {
	weights := make([]float64, len(sources))
	since := at.Sub(h.calendar.launch.From)
	for i, s := range sources {
		weights[i] = s.share
		if s.launch && (since < 0 || since > 35*24*time.Hour) {
			weights[i] = 0
		} else if s.launch && since < 8*24*time.Hour {
			weights[i] *= 3
		}
	}
	return dice.weighted(weights...)
}

func (s source) campaignAt(at time.Time) string {
	if s.campaign == monthly {
		return "news-" + at.UTC().Format("2006-01")
	}
	return s.campaign
}

func sourceOrDirect(index int) string {
	if s := sources[index]; s.utm != "" {
		return s.utm
	}
	return "direct"
}
