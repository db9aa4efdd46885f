package demo

import "strings"

// The tags that Tidepool's support puts on messages: one team and one topic each.
var (
	teams  = [...]string{"billing", "onboarding", "scheduling", "integrations"}
	topics = [...]string{
		"feature request", "bug report", "unaware", "confused", "user issue",
		"pricing question", "positive user feedback", "churn feedback", "outage/degradation",
	}
)

// Indexes into teams and topics.
const (
	billingTeam = iota
	onboardingTeam
	schedulingTeam
	integrationsTeam
)

const (
	featureRequest = iota
	bugReport
	unaware
	confused
	userIssue
	pricingQuestion
	positiveFeedback
	churnFeedback
	outageTopic
)

// saying is a sentence that someone might write; words in braces are filled in.
type saying struct {
	topic, team int
	text        string
}

var questions = []saying{
	{featureRequest, billingTeam, "Could invoices carry our purchase order number? Accounts sends ours back every month without it."},
	{featureRequest, billingTeam, "Is there a way to pay by bank transfer? If not, please count this as a request from {company}."},
	{featureRequest, onboardingTeam, "It would help if new {people} got a short tour the first time they open the app."},
	{featureRequest, onboardingTeam, "Can we import people with their {thing} in one file? Adding {n} by hand took me an afternoon."},
	{featureRequest, schedulingTeam, "Please let us copy only the {day} shifts into next week, not the whole rota."},
	{featureRequest, schedulingTeam, "We would love a rule that nobody closes on {day} and opens the next morning."},
	{featureRequest, schedulingTeam, "Can split shifts be drawn as one? Half of our {place} works them."},
	{featureRequest, integrationsTeam, "Do you plan to connect to our till? Sales by hour beside the rota would be wonderful."},
	{featureRequest, integrationsTeam, "An export to {tool} that runs by itself every {day} would save me an hour a week."},
	{bugReport, billingTeam, "The invoice for {month} shows {n} seats, but the settings page shows fewer. Which is right?"},
	{bugReport, billingTeam, "Changing the card gives \"something went wrong\", and the old card is charged again."},
	{bugReport, onboardingTeam, "The invitation link says it has expired, one minute after I sent it."},
	{bugReport, onboardingTeam, "After the import all names with an accent look wrong: Zoë became ZoÃ«."},
	{bugReport, schedulingTeam, "When I drag a shift across midnight it loses its break. It happens every time on {day}."},
	{bugReport, schedulingTeam, "The week view shows {day} twice since the clocks changed."},
	{bugReport, schedulingTeam, "Autofill put {name} on two shifts at once, in the {place} and at the front desk."},
	{bugReport, integrationsTeam, "Timesheets that went to {tool} yesterday arrived without the hours of the {place}."},
	{bugReport, integrationsTeam, "The calendar feed has not updated since {day}, though the rota is published."},
	{unaware, billingTeam, "Is it possible to get invoices by e-mail to our accountant as well?"},
	{unaware, billingTeam, "Do you have a price for a whole year? I could not find one."},
	{unaware, onboardingTeam, "Can people see their own shifts without an e-mail address? Some of our {people} have none."},
	{unaware, onboardingTeam, "Is there somewhere I can read how other places of {n} people set this up?"},
	{unaware, schedulingTeam, "I wish I could lock a week so that nobody changes it after I publish."},
	{unaware, schedulingTeam, "Is there a way to see everyone's holidays on the rota?"},
	{unaware, schedulingTeam, "Can staff swap shifts between themselves, if I approve it?"},
	{unaware, integrationsTeam, "Can I see my own shifts in my phone's calendar?"},
	{unaware, integrationsTeam, "Do you have an API? We would like to read the hours of the {place} from it."},
	{confused, billingTeam, "I do not understand the two lines on the {month} invoice. Did we pay twice?"},
	{confused, billingTeam, "What counts as a seat? We have {n} people, but only some of them log in."},
	{confused, onboardingTeam, "I have added my people and now I am not sure what comes next. Where is the rota?"},
	{confused, onboardingTeam, "What is the difference between a location and a team here? I seem to have made both."},
	{confused, onboardingTeam, "I invited {name} twice and now there are two of them. Which one do I keep?"},
	{confused, schedulingTeam, "The rota says \"draft\", but {name} already sees their shifts. Is it published or not?"},
	{confused, schedulingTeam, "What does the orange triangle on {day} mean?"},
	{confused, schedulingTeam, "I pressed Autofill and it left {n} shifts open. What did I do wrong?"},
	{confused, integrationsTeam, "It asks me for a \"pay code\" when I connect {tool}. Where would I find that?"},
	{userIssue, billingTeam, "Our card was replaced. Could you try the payment again today, please?"},
	{userIssue, billingTeam, "I need the {month} invoice in the name of {company}, with our VAT number."},
	{userIssue, onboardingTeam, "{name} does not get the invitation. I have sent it three times, and it is not in spam either."},
	{userIssue, onboardingTeam, "I cannot log in any more: it says that my address belongs to another account."},
	{userIssue, onboardingTeam, "Our import stops at row {n}. I have attached nothing, as it holds our people's numbers; how can I send it?"},
	{userIssue, schedulingTeam, "I deleted the wrong week. Can you bring back the rota that starts on {day}?"},
	{userIssue, schedulingTeam, "{name} left us, and their shifts are still on the plan. How do I give them to others?"},
	{userIssue, schedulingTeam, "The rota of the {place} does not print on one page any more."},
	{userIssue, integrationsTeam, "{tool} says that the connection was refused. Could you have a look? It worked until {day}."},
	{userIssue, integrationsTeam, "Hours reach {tool} a day late since we opened the second {place}."},
	{pricingQuestion, billingTeam, "We will be {n} people soon. Which plan would that be, and from when would we pay for it?"},
	{pricingQuestion, billingTeam, "Is there a discount for charities?"},
	{pricingQuestion, billingTeam, "What happens to our price if we close the {place} for the winter?"},
	{pricingQuestion, billingTeam, "Do text messages cost extra, or are they in the team plan?"},
	{pricingQuestion, onboardingTeam, "We are on trial until {day}. Do I have to enter a card to keep what we have drawn?"},
	{positiveFeedback, schedulingTeam, "Just to say: the rota for {n} people took me ten minutes today. It used to be my whole {day}."},
	{positiveFeedback, schedulingTeam, "Autofill is a joy. The {place} has never been so quiet about its shifts."},
	{positiveFeedback, onboardingTeam, "My {people} were all in within an hour. Thank you for making that so easy."},
	{positiveFeedback, integrationsTeam, "The link to {tool} works at last, and payroll was right first time. Well done!"},
	{churnFeedback, billingTeam, "We have cancelled: for a place of our size it became too expensive. The tool itself was fine."},
	{churnFeedback, billingTeam, "{company} is closing at the end of {month}, so we will not need this any more. Thank you for everything."},
	{churnFeedback, schedulingTeam, "We went back to a spreadsheet, sorry. Nobody on the floor opened the app."},
	{churnFeedback, integrationsTeam, "Without a link to our payroll we typed everything twice, so we chose another tool."},
	{outageTopic, schedulingTeam, "The rota does not load here, only a white page. Is it just us?"},
	{outageTopic, schedulingTeam, "Nobody in the {place} can see their shifts this morning. Are you down?"},
	{outageTopic, schedulingTeam, "I get an error 503 when I open the week. We open in an hour and need the plan!"},
	{outageTopic, integrationsTeam, "Clocking in does not work on any of our tablets, it just turns."},
	{outageTopic, integrationsTeam, "The app is terribly slow today, every page takes a minute."},
}

// Answers by topic, of teammates.
var answers = [len(topics)][]string{
	{"That is a good idea, and you are not the first to ask. I have written it down for the team with your example.", "Not today, I am afraid. May I ask how you do it now? It helps us to build the right thing.", "We are working on something like it. I will write to you here when it can be tried."},
	{"Thank you, I can see it too. I have passed it on to our engineers and will come back to you here.", "That should not happen, sorry. Could you tell me which browser you use? I have opened an issue in the meantime.", "Found it: it is our mistake, not yours. A fix goes out this week."},
	{"Yes, that is possible: under Settings, then {page}. Tell me if it is not where I say.", "It is there, but well hidden: hold the shift key while you drag. We will make it easier to find.", "Good news: it is in your plan already. I have switched it on for you."},
	{"I see why that is confusing. In short: a draft is seen by planners only, and by everyone once you publish.", "Let me explain: each line is one part of the month, before and after you changed the plan. Together they make one price.", "You did nothing wrong. Open {page}, and you will see why on the right-hand side."},
	{"I have had a look, and set it right for you. Please load the page again.", "Sure, done. You should see it within a minute or two.", "Could you try once more in a private window? If it works there, an old cookie is in the way.", "I have brought it back from last night's copy. Nothing else has changed."},
	{"With that number you would be on the team plan, 99 a month. You only pay from the day you change.", "A year costs ten months. I can change you over from the next invoice on, if you like.", "Yes, there is: tell me your charity's number and I will see to it."},
	{"That made our day, thank you! May I read it out in our meeting?", "Thank you for telling us. The people who built it will be glad."},
	{"Thank you for being open about it. Your data stays here for 90 days, should you change your mind.", "I am sorry to see you go. I have passed on what you missed to those who decide what we build."},
	{"You are right, we have a problem, and it is on our side. We are working on it; the status page has the latest.", "Sorry about this. Schedules are slow or missing for many; your data is safe. I write again as soon as it is solved.", "It should be back now. Could you load the page again?"},
}

var (
	botAnswers = []string{
		"Hi, I am Fin, Tidepool's bot. While you wait: does the article \"Publish your first rota\" help?",
		"Thanks for your message! I have told the team. These pages may help in the meantime: Rota basics, Invite your people.",
		"Fin here. I could not find a sure answer, so I am handing you over to a person.",
		"It sounds as if you ask about billing. Invoices are under Settings, Billing. Did that answer your question?",
	}
	followUps = []string{
		"Perfect, that worked. Thank you!", "Hm, it still looks the same here. Shall I send you a picture?", "Ah, there it is. Thanks, {agent}.",
		"That was quick! One more thing: does it also hold for the {place}?", "Understood. When do you think it will be ready?",
		"It works on my laptop, but not on the phone.", "Okay, I will try on {day} and tell you.", "Chrome, on Windows. The others here see it as well.",
		"Thanks. And can {name} do that too, or only I?",
	}
	furtherAnswers = []string{
		"Yes, for every location.", "Glad to hear it! I close this for now; just write if anything comes up.", "Please do, a picture would help.",
		"On the phone you need the newest version, 4.2. Could you update it and try again?", "Only admins can, but you may make {name} one under Team.",
		"No date yet, sorry. I will write to you here.", "You are welcome.",
	}
	reopenings = []string{
		"Sorry to come back to this: it happened again on {day}.", "It worked for a while, but now it is as before.", "One more question about this, if I may.",
		"Hello again, did you find out more?", "Thanks again! By the way, {n} people use it now.",
	}
	notes = []string{
		"Same as last week's, see the issue.", "Looked at their account: trial until {day}, {n} people.", "Asked engineering, waiting.",
		"Careful, they are about to sign for a year.", "Reproduced on staging.", "Can someone from billing take this one?", "VIP, please answer first.",
	}
	handOvers = []string{
		"I am handing you over to my colleague, who knows payroll best.", "Thanks for the details. I have asked {agent} to take this on, who will write to you shortly.",
	}
	greetings = []string{"Hi there,", "Hello,", "Hi,", "Good morning,", "Hello Tidepool,", "", "", ""}
	closings  = []string{"Thanks", "Thank you!", "Best wishes, {first}", "{first}", "Regards, {first}", "", "", ""}

	outreach = []string{
		"Hi {first}, I am {agent} from Tidepool. I saw that you drew your first rota: is anything in the way of publishing it?",
		"Hello {first}, we are asking a few customers how they plan their {place}. Would you have ten minutes this week?",
		"Hi {first}, you asked for split shifts some time ago. They are here; may I show you?",
	}
	automatic = []string{
		"Welcome to Tidepool, {first}! If anything is unclear, just answer this message.",
		"Your trial ends in three days. Do you have any questions before you decide?",
		"Autofill is here: it draws a fair week in a minute. Have you tried it?",
		"It has been a while, {first}. Can we help with anything?",
	}
	outreachAnswers = []string{
		"Hi {agent}, yes: I cannot find where to add our {place}.", "Thanks for asking! All good so far.", "Sure, {day} would suit me.",
		"Not now, please.", "Does it also work for {n} people?", "I had given up, to be honest. How do I start over?",
	}

	fillings = map[string][]string{
		"day":    {"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"},
		"place":  {"kitchen", "bar", "warehouse", "shop", "ward", "front desk", "bakery", "terrace", "gym"},
		"people": {"waiters", "nurses", "drivers", "part-timers", "students", "coaches"},
		"tool":   {"our payroll", "the accountant's system", "the till", "the spreadsheet", "the calendar"},
		"thing":  {"skills", "contracts", "hourly rates", "birthdays"},
		"month":  {"January", "March", "May", "June", "September", "November"},
		"page":   {"Rota rules", "Billing", "People", "Calendar feeds", "Notifications"},
	}
)

// fill puts words in the place of the names in braces: from the table given,
// else one of the usual ones, else a number.
func fill(dice chance, text string, words map[string]string) string {
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(text, "{")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		name, after, _ := strings.Cut(rest, "}")
		switch word, known := words[name]; {
		case known:
			b.WriteString(word)
		case name == "n":
			b.WriteString(numbers[dice.IntN(len(numbers))])
		case name == "name":
			b.WriteString(pick(dice, firstNames))
		default:
			b.WriteString(pick(dice, fillings[name]))
		}
		text = after
	}
}

var numbers = []string{"7", "9", "12", "14", "18", "23", "26", "31", "40", "55", "80"}

// html makes paragraphs of the texts that are not empty, as the messenger does.
func html(paragraphs ...string) string {
	escape := strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")
	var b strings.Builder
	for _, paragraph := range paragraphs {
		if paragraph != "" {
			b.WriteString("<p>" + escape.Replace(paragraph) + "</p>")
		}
	}
	return b.String()
}
