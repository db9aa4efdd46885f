package demo

import (
	"sort"
	"strings"
	"time"
)

// talk writes the parts of one conversation, one after another.
type talk struct {
	h        *history
	dice     chance
	c        *conversation
	answerer responder
	topic    int
	team     int
	now      time.Time
	mate     *Teammate
}

func (t *talk) add(p part) *part {
	t.c.parts = append(t.c.parts, p)
	return &t.c.parts[len(t.c.parts)-1]
}

func (t *talk) write(text string) string {
	words := map[string]string{"first": t.c.with.first, "company": "our place"}
	if t.c.with.company >= 0 {
		words["company"] = t.h.companies[t.c.with.company].name
	}
	if t.mate != nil {
		words["agent"], _, _ = strings.Cut(t.mate.Name, " ")
	} else {
		words["agent"] = "Orla"
	}
	return fill(t.dice, text, words)
}

// contact is a conversation that the person begins.
func (t *talk) contact() {
	said := t.question()
	t.now = t.c.createdAt
	t.add(part{kind: "comment", at: t.now, body: html(pick(t.dice, greetings), t.write(said.text), t.write(pick(t.dice, closings)))})
	t.c.subject = ""
	if t.c.channel == "email" {
		t.c.subject = subjectOf(said)
	}
	botOnly := false
	if t.now.After(t.h.calendar.botSince) && t.dice.yes(0.38) {
		botOnly = t.bot()
	}
	t.tagFirst(said)
	if botOnly {
		return
	}
	unanswered := 0.03
	if t.topic == outageTopic {
		unanswered = 0.15
	}
	if t.dice.yes(unanswered) {
		if t.dice.yes(0.4) {
			t.mate = t.answerer.onDuty(t.now)
			t.now = t.now.Add(t.dice.span(24*time.Hour, 4*24*time.Hour))
			t.add(part{kind: "close", author: author{mate: t.mate}, at: t.now})
		}
		return
	}
	t.firstAnswer()
	t.backAndForth()
	t.end()
}

// question is what the person wants, by topic; what there is before the launch
// knows nothing of Autofill.
func (t *talk) question() saying {
	var fitting []saying
	launched := t.h.calendar.launch.From.Before(t.c.createdAt)
	hot := t.h.calendar.launch.Contains(t.c.createdAt)
	for _, s := range questions {
		about := strings.Contains(s.text, "Autofill")
		if s.topic != t.topic || (about && !launched) {
			continue
		}
		fitting = append(fitting, s)
		for range 2 {
			if s.team == schedulingTeam || (about && hot) {
				fitting = append(fitting, s)
			}
		}
	}
	said := pick(t.dice, fitting)
	t.team = said.team
	return said
}

func subjectOf(s saying) string {
	subject := map[int]string{
		featureRequest: "An idea", bugReport: "Something is broken", unaware: "Is this possible?", confused: "A question", userIssue: "Help needed",
		pricingQuestion: "Your prices", positiveFeedback: "Thank you", churnFeedback: "Why we left", outageTopic: "Is Tidepool down?",
	}[s.topic]
	return subject + " (" + teams[s.team] + ")"
}

// bot answers within seconds; sometimes that is all.
func (t *talk) bot() (enough bool) {
	bot := author{bot: true}
	t.now = t.now.Add(t.dice.span(3*time.Second, 25*time.Second))
	t.add(part{kind: "comment", author: bot, at: t.now, body: html(pick(t.dice, botAnswers))})
	if t.dice.yes(0.2) && t.topic != outageTopic {
		t.now = t.now.Add(t.dice.span(2*time.Minute, 20*time.Minute))
		t.add(part{kind: "close", author: bot, at: t.now})
		return true
	}
	if t.dice.yes(0.4) {
		t.add(part{kind: "conversation_attribute_updated_by_admin", author: bot, at: t.now.Add(time.Second)})
	}
	if t.dice.yes(0.5) {
		t.mate = t.answerer.onDuty(t.now)
		t.add(part{kind: "assignment", author: bot, at: t.now.Add(2 * time.Second), assigned: t.mate})
	}
	return false
}

// firstAnswer is the first that a person of ours writes.
func (t *talk) firstAnswer() {
	asked := t.c.createdAt
	answered := t.answerer.reply(asked)
	if answered.Before(t.now.Add(10 * time.Second)) {
		answered = t.now.Add(t.dice.span(10*time.Second, time.Minute))
	}
	if t.dice.yes(0.001) { // in the same second, as machines see it
		answered = t.now
	}
	if t.mate == nil {
		t.mate = t.answerer.onDuty(answered)
	}
	colleague := author{mate: t.mate}
	if picked := answered.Add(-t.dice.span(20*time.Second, 8*time.Minute)); picked.After(t.now) && t.dice.yes(0.45) {
		t.add(part{kind: "assignment", author: colleague, at: picked, assigned: t.mate})
	}
	if noted := answered.Add(-t.dice.span(time.Minute, 20*time.Minute)); noted.After(t.now) && t.dice.yes(0.12) {
		t.add(part{kind: "note", author: author{mate: t.answerer.onDuty(noted)}, at: noted, body: html(t.write(pick(t.dice, notes)))})
	}
	t.now = answered
	if t.dice.yes(0.06) {
		other := t.answerer.onDuty(answered)
		t.add(part{kind: "assignment", author: colleague, at: answered, assigned: other, body: html(t.write(pick(t.dice, handOvers)))})
		t.mate = other
		t.now = t.answerer.reply(answered)
		if t.dice.yes(0.3) {
			return
		}
	}
	t.answer(answers[t.topic])
}

// answer is what our teammate says now.
func (t *talk) answer(from []string) {
	greeting := ""
	if t.dice.yes(0.6) {
		greeting = t.write(pick(t.dice, []string{"Hi {first},", "Hello {first},", "Hi {first}, thanks for writing."}))
	}
	t.add(part{kind: "comment", author: author{mate: t.mate}, at: t.now, body: html(greeting, t.write(pick(t.dice, from)))})
}

// backAndForth goes on for as long as the person writes back.
func (t *talk) backAndForth() {
	for t.dice.yes(0.46) {
		t.now = t.now.Add(max(20*time.Second, t.dice.around(35*time.Minute, 1.3)))
		written := t.add(part{kind: "comment", at: t.now, body: html(t.write(pick(t.dice, followUps)))})
		if t.dice.yes(0.18) { // a new question in an old conversation
			another := pick(t.dice, questions[:len(questions)-5])
			if !strings.Contains(another.text, "Autofill") {
				written.body = html(t.write("And while I have you:"), t.write(another.text))
				written.tags = []string{teams[another.team], topics[another.topic]}
			}
		}
		if t.dice.yes(0.12) {
			return // thanks, and nothing more to say
		}
		t.now = t.answerer.reply(t.now)
		if t.dice.yes(0.1) {
			t.add(part{kind: "note", author: author{mate: t.mate}, at: t.now.Add(-time.Second), body: html(t.write(pick(t.dice, notes)))})
		}
		t.answer(furtherAnswers)
		if t.dice.yes(0.08) { // and one thing more
			t.now = t.now.Add(t.dice.span(15*time.Second, 4*time.Minute))
			t.answer(furtherAnswers)
		}
	}
}

// end closes most, and some come back.
func (t *talk) end() {
	if t.dice.yes(0.06) {
		return
	}
	closer := author{mate: t.mate}
	if t.dice.yes(0.05) {
		t.now = t.now.Add(t.dice.span(time.Minute, time.Hour))
		t.add(part{kind: "snoozed", author: closer, at: t.now})
	}
	t.now = t.now.Add(t.dice.around(5*time.Hour, 1.4))
	if t.dice.yes(0.3) {
		t.now = t.now.Add(t.dice.span(0, 30*time.Second))
	}
	closing := part{kind: "close", author: closer, at: t.now}
	if t.dice.yes(0.1) {
		closing.body = html(t.write(furtherAnswers[1]))
	}
	t.add(closing)
	if t.dice.yes(0.02) {
		t.now = t.now.Add(t.dice.span(time.Second, time.Hour))
		t.add(part{kind: "close", author: closer, at: t.now})
	}
	if !t.dice.yes(0.11) {
		return
	}
	t.now = t.now.Add(t.dice.around(40*time.Hour, 1.1) + time.Minute)
	again := part{kind: "open", at: t.now, body: html(t.write(pick(t.dice, reopenings)))}
	if t.c.shape == firstGeneration { // there, opening is a part of its own
		again.kind = "comment"
		t.add(again)
		t.add(part{kind: "open", at: t.now})
	} else {
		t.add(again)
	}
	t.now = t.answerer.reply(t.now)
	t.answer(furtherAnswers)
	if t.dice.yes(0.9) {
		t.now = t.now.Add(t.dice.around(3*time.Hour, 1))
		t.add(part{kind: "close", author: closer, at: t.now})
	}
}

// outbound is a conversation that we begin, by hand or by rule.
func (t *talk) outbound() {
	t.now = t.c.createdAt
	t.c.channel = "conversation"
	t.mate = t.answerer.onDuty(t.now)
	answers, share := outreach, 0.45
	if t.c.begunBy == byRule {
		answers, share = automatic, 0.2
		t.mate = &staff[0]
	}
	t.add(part{kind: "comment", author: author{mate: t.mate}, at: t.now, body: html(t.write(pick(t.dice, answers)))})
	if !t.dice.yes(share) {
		return
	}
	t.now = t.now.Add(t.dice.around(4*time.Hour, 1.3))
	t.add(part{kind: "comment", at: t.now, body: html(t.write(pick(t.dice, outreachAnswers))), tags: []string{teams[onboardingTeam], topics[confused]}})
	t.c.taggedAt = t.now.Add(time.Hour)
	t.now = t.answerer.reply(t.now)
	t.answer(furtherAnswers)
	t.backAndForth()
	t.end()
}

// tagFirst puts a team and a topic on the first message, with the mistakes
// that people make.
func (t *talk) tagFirst(said saying) {
	tags := []string{teams[said.team], topics[t.topic]}
	switch t.dice.weighted(92, 2.5, 1, 1.5, 1.5, 1, 0.5) {
	case 1:
		tags = nil
	case 2:
		tags = append(tags, teams[(said.team+1)%len(teams)])
	case 3:
		tags = tags[:1]
	case 4:
		tags[0] = "sheduling" // mistyped: a tag that nobody knows
	case 5:
		tags = append(tags, topics[(t.topic+3)%len(topics)])
	case 6:
		tags = append(tags, "follow up")
	}
	t.c.taggedAt = t.now.Add(t.dice.around(time.Hour, 1))
	if t.c.shape == firstGeneration {
		t.c.wholeTags = tags
	} else {
		t.c.parts[0].tags = tags
	}
}

// cut sorts the parts by time and takes away what has not happened yet.
func (t *talk) cut(asOf time.Time) {
	sort.SliceStable(t.c.parts, func(i, j int) bool { return t.c.parts[i].at.Before(t.c.parts[j].at) })
	for i, p := range t.c.parts {
		if !p.at.Before(asOf.Add(-2 * time.Second)) {
			t.c.parts = t.c.parts[:i]
			break
		}
	}
}
