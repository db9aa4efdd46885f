package record

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// subscriptions is what a company pays for, as a JSON array, "" if the record
// names none; an empty list is "[]". Each element is as sent, with its values in one form:
// id, currency, interval and plan text, amount, quantity, discount_percent and discount_amount plain decimal
// numbers as text, interval_count a number as text, times ISO 8601 in UTC. An element
// without an id has the hash of its content.
func (d *decoder) subscriptions() string {
	raw, ok := d.take("subscriptions")
	if !ok {
		return ""
	}
	if raw == "null" {
		d.clear("subscriptions")
		return ""
	}
	elements, ok := listIn(raw)
	if !ok && raw != "{}" {
		d.fail(BadField, "subscriptions: is %s; send a list", describe(raw))
		return ""
	}
	seen := map[string]int64{}
	dst := []byte{'['}
	for i, element := range elements {
		if element[0] != '{' {
			d.fail(BadField, "subscriptions[%d]: is %s; send an object", i, describe(element))
			return ""
		}
		if i > 0 {
			dst = append(dst, ',')
		}
		inner := d.within(element)
		members := inner.subscription()
		d.absorb(inner, fmt.Sprintf("subscriptions[%d]", i))
		if !members.has("id") {
			id := contentID(members)
			seen[id]++
			if n := seen[id]; n > 1 { // equal subscriptions beside each other are two
				id = contentID(members, itoa(n))
			}
			members = members.with("id", id)
		}
		dst = appendObject(dst, members)
	}
	return string(append(dst, ']'))
}

func (d *decoder) subscription() object {
	members := slices.Clone(d.object)
	set := func(name, text string) {
		if text == "" {
			members = slices.DeleteFunc(members, func(member field) bool { return member.name == name })
			return
		}
		members = members.with(name, text)
	}
	set("id", d.key("id"))
	set("currency", strings.ToUpper(strings.TrimSpace(d.text("currency"))))
	for _, name := range []string{"amount", "quantity", "interval_count", "discount_percent", "discount_amount"} {
		set(name, d.decimal(name))
	}
	for _, name := range []string{"started_at", "ended_at", "trial_ends_at"} {
		at := d.time(name)
		if at.IsZero() {
			set(name, "")
		} else {
			set(name, at.Format(time.RFC3339Nano))
		}
	}
	if d.has("plan") {
		set("plan", d.plan())
	}
	switch interval := strings.ToLower(strings.TrimSpace(d.text("interval"))); interval {
	case "", "day", "week", "month", "year": // none: a charge that does not come again
		set("interval", interval)
	default:
		d.fail(BadField, "interval: %s is none of day, week, month, year", quoteShort(interval))
	}
	if count, ok := members.find("interval_count"); ok && (strings.HasPrefix(count.raw, `"-`) || count.raw == `"0"` || strings.Contains(count.raw, ".")) {
		d.fail(BadField, "interval_count: %s is no whole number above 0", count.raw)
	}
	return members
}
