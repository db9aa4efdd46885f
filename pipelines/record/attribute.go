package record

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// reserved are the names of Intercom's own objects that Parley has no column
// for. At the top level of a user or a company they are no custom attributes:
// what an export carries along about the tool itself would drown the
// company's own. Inside custom_attributes every name is an attribute.
var reserved = map[string]bool{
	// of every object
	"type": true, "app_id": true, "workspace_id": true, "user_hash": true,
	// of people
	"avatar": true, "pseudonym": true, "anonymous": true, "role": true, "owner_id": true,
	"has_hard_bounced": true, "marked_email_as_spam": true, "unsubscribed_from_sms": true, "sms_consent": true,
	"session_count": true, "last_request_at": true, "last_replied_at": true, "last_contacted_at": true,
	"last_email_opened_at": true, "last_email_clicked_at": true, "language_override": true,
	"browser": true, "browser_version": true, "browser_language": true, "os": true,
	"android_app_name": true, "android_app_version": true, "android_device": true, "android_os_version": true,
	"android_sdk_version": true, "android_last_seen_at": true,
	"ios_app_name": true, "ios_app_version": true, "ios_device": true, "ios_os_version": true,
	"ios_sdk_version": true, "ios_last_seen_at": true,
	"user_agent_data": true, "last_seen_user_agent": true, "formatted_phone": true, "enabled_push_messaging": true,
	"segments": true, "notes": true, "opted_out_subscription_types": true, "opted_in_subscription_types": true,
	"utm_campaign": true, "utm_content": true, "utm_medium": true, "utm_source": true, "utm_term": true,
	"referrer": true, "do_not_track": true, "new_session": true, "update_last_request_at": true,
	"widget": true, "archived": true,
	// of companies
	"user_count": true,
}

// attributes is the record's custom attributes as a JSON object, "" if it has
// none: what stands at the top level and has not been read, then custom_data,
// then custom_attributes; of one name the last counts. Names are trimmed and
// in lower case. An attribute called stage, in whatever case, fills the column
// of that name where the record itself does not: systems without such a column
// keep the stage there.
func (d *decoder) attributes(stage *string) string { return d.attributesAs(stage, d.has("stage")) }

// attributesAs is attributes; where the record has its stage already, one called
// so is an attribute like any other.
func (d *decoder) attributesAs(stage *string, hasStage bool) string {
	var found object
	add := func(name, raw string) {
		name = strings.ToLower(strings.TrimSpace(name))
		if name == "stage" && !hasStage && raw[0] != '{' && raw[0] != '[' {
			if *stage = scalar(raw); *stage == "" {
				d.clear("stage")
			} else {
				d.uncleared("stage")
			}
			return
		}
		if name == secret { // in whatever case it was written
			return
		}
		if name == "" {
			d.fail(BadField, "custom_attributes: an attribute has an empty name; name it, or leave it out")
			return
		}
		if utf8.RuneCountInString(name) > maxAttributeName {
			d.fail(BadField, "the name of attribute %s is longer than %d characters; shorten it", quoteShort(name), maxAttributeName)
			return
		}
		found = append(found, field{name: name, raw: raw})
	}
	own := [2]object{}
	for i, name := range []string{"custom_data", "custom_attributes"} {
		raw, ok := d.take(name)
		if !ok || raw == "null" {
			continue
		}
		switch elements, isList := listIn(raw); {
		case raw[0] == '{':
			own[i] = membersOf(raw)
		case isList && len(elements) == 0: // how PHP writes an empty object
		default:
			d.fail(BadField, "%s: is %s; send an object", name, describe(raw))
		}
	}
	for _, member := range d.object {
		if !member.taken && !reserved[member.name] {
			add(member.name, member.raw)
		}
	}
	for _, members := range own {
		for _, member := range members {
			add(member.name, member.raw)
		}
	}
	if len(found) == 0 {
		return ""
	}
	slices.SortStableFunc(found, func(a, b field) int { return strings.Compare(a.name, b.name) })
	return string(appendObject(nil, found.lastOfEach()))
}
