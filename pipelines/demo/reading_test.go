package demo_test

import (
	"encoding/json"
	"slices"
	"sync"
	"time"

	"parley/pipelines/demo"
	"parley/pipelines/record"
)

// read is what the tests make of the records, from their JSON alone.
type read struct {
	users     map[string]*readUser
	has       map[string]int // how often an ingredient was met
	companies map[string][]map[string]any
	talks     map[string]*readTalk
	views     map[string][]int64 // page views by cookie or user
}

type readUser struct {
	signedUp  int64
	emails    map[string]bool
	activated int64
	last      int64 // latest event
	lastWeek  int64 // latest event up to a week before the end
	cookies   map[string]bool
	optedOut  bool
}

type readTalk struct {
	shapes  map[string]bool
	created int64
	byMan   bool
	answer  int64
	tags    []string
}

func seconds(v any) int64 {
	switch at := v.(type) {
	case float64:
		return int64(at)
	case string:
		parsed, err := time.Parse(time.RFC3339, at)
		if err != nil {
			panic(err)
		}
		return parsed.Unix()
	}
	return 0
}

func text(v any) string {
	s, _ := v.(string)
	return s
}

func member(v any, path ...string) any {
	for _, name := range path {
		inner, _ := v.(map[string]any)
		v = inner[name]
	}
	return v
}

var history = sync.OnceValue(func() *read {
	h := &read{users: map[string]*readUser{}, has: map[string]int{}, companies: map[string][]map[string]any{}, talks: map[string]*readTalk{}, views: map[string][]int64{}}
	seen := map[string]bool{}
	newest := map[string]int64{}
	for _, r := range whole() {
		if seen[string(r.Value)] {
			h.has["twice: "+string(r.Kind)]++
			continue
		}
		seen[string(r.Value)] = true
		var v map[string]any
		if err := json.Unmarshal(r.Value, &v); err != nil {
			panic(err)
		}
		own := seconds(v["updated_at"])
		if r.Kind == record.KindEvent {
			own = seconds(v["created_at"])
		}
		if key := string(r.Kind) + r.Key; own != 0 {
			if own < newest[key] {
				h.has["out of order: "+string(r.Kind)]++
			}
			newest[key] = max(newest[key], own)
		}
		switch r.Kind {
		case record.KindUser:
			h.readUser(v)
		case record.KindCompany:
			id := r.Key
			h.companies[id] = append(h.companies[id], v)
		case record.KindEvent:
			h.readEvent(v)
		case record.KindConversation:
			h.readConversation(r.Key, v)
		case record.KindTag:
			h.has["tag"]++
			if v["removed"] == true {
				h.has["tag removed"]++
			}
		}
	}
	return h
})

func (h *read) user(id string) *readUser {
	if h.users[id] == nil {
		h.users[id] = &readUser{emails: map[string]bool{}, cookies: map[string]bool{}}
	}
	return h.users[id]
}

func (h *read) readUser(v map[string]any) {
	if v["type"] == "lead" {
		h.has["lead record"]++
		return
	}
	u := h.user(text(v["user_id"]))
	for _, name := range []string{"created_at", "signed_up_at"} {
		if at := seconds(v[name]); at != 0 {
			u.signedUp = at
		}
	}
	if address := text(v["email"]); address != "" {
		u.emails[address] = true
	}
	u.optedOut = u.optedOut || v["unsubscribed_from_emails"] == true
	if phone, named := v["phone"]; named && phone == nil {
		h.has["null attribute"]++
	}
	if v["type"] == "user" && member(v, "custom_attributes", "role") == nil {
		h.has["no role"]++
	}
	for _, name := range []string{"role", "is_admin", "trial_ends_at", "theme", "company"} {
		if _, named := v[name]; named {
			h.has["top level "+name]++
		}
	}
}

func (h *read) readEvent(v map[string]any) {
	id := text(v["user_id"])
	if number, ok := v["user_id"].(float64); ok {
		encoded, _ := json.Marshal(number)
		id = string(encoded)
		h.has["user id as a number"]++
	}
	at := seconds(v["created_at"])
	name := text(v["event_name"])
	h.has["event "+name]++
	cookie := text(v["anonymous_id"])
	if v["id"] == nil {
		h.has["event without id"]++
	}
	who := cookie
	if id != "" {
		who = id
		u := h.user(id)
		if cookie != "" {
			u.cookies[cookie] = true
			h.has["event with both keys"]++
		}
		u.last = max(u.last, at)
		if at < asOf.AddDate(0, 0, -7).Unix() {
			u.lastWeek = max(u.lastWeek, at)
		}
		if name == "activated" {
			u.activated = at
		}
	} else {
		h.has["event with a cookie only"]++
	}
	if name == "page_view" {
		h.views[who] = append(h.views[who], at)
		h.has["utm_source "+text(v["utm_source"])]++
		h.has["utm_campaign "+text(v["utm_campaign"])]++
		h.has["referrer "+text(v["referrer"])]++
	}
}

func (h *read) readConversation(id string, v map[string]any) {
	talk := h.talks[id]
	if talk == nil {
		talk = &readTalk{shapes: map[string]bool{}}
		h.talks[id] = talk
	}
	shape, first := "parts", member(v, "part")
	if message := v["conversation_message"]; message != nil {
		shape, first = "first generation", message
	} else if source := v["source"]; source != nil {
		shape, first = "second generation", source
	}
	talk.shapes[shape] = true
	var parts []any
	if shape == "parts" {
		parts = []any{first}
		if talk.created == 0 || seconds(member(first, "created_at")) < talk.created {
			talk.created = seconds(member(first, "created_at"))
			talk.byMan = member(first, "author", "type") != "admin"
		}
	} else {
		talk.created = seconds(v["created_at"])
		talk.byMan = member(first, "author", "type") != "admin"
		parts, _ = member(v, "conversation_parts", "conversation_parts").([]any)
	}
	tagged := []any{v["tags"], member(first, "tags")}
	if shape == "parts" && seconds(member(first, "created_at")) > talk.created {
		tagged = nil // a later part's
	}
	for _, list := range tagged {
		names, _ := list.([]any)
		if listed, ok := member(list, "tags").([]any); ok {
			names = listed
		}
		for _, name := range names {
			tag := text(name)
			if tag == "" {
				tag = text(member(name, "name"))
			}
			if !slices.Contains(talk.tags, tag) {
				talk.tags = append(talk.tags, tag)
			}
		}
	}
	if how := text(member(first, "delivered_as")); how != "" {
		h.has["delivered "+how]++
	}
	for _, p := range parts {
		kind, body := text(member(p, "part_type")), text(member(p, "body"))
		who := text(member(p, "author", "type"))
		if text(member(p, "author", "id")) == demo.BotAdminID {
			who = "bot as admin"
		}
		silent := ""
		if body == "" {
			silent = " without text"
		}
		h.has[who+" "+kind+silent]++
		if who == "admin" && body != "" && kind != "note" {
			if at := seconds(member(p, "created_at")); talk.answer == 0 || at < talk.answer {
				talk.answer = at
			}
		}
	}
}
