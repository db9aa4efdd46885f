package settle

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"

	"github.com/segmentio/encoding/json"

	"parley/pipelines/record"
)

// personKeyRow is one combination of keys that was seen together, and from
// when to when on that date. Each date has the combinations that were seen on it,
// known ones too: when one was first seen is the least first_at of all dates, which
// no order of arrival changes. A record that comes late touches its own date
// alone; if each stood under its first date only, it would have to find and
// move what later dates had made of it.
type personKeyRow struct {
	UserID      string `parquet:"user_id,optional,dict"`
	Email       string `parquet:"email,optional,dict"`
	SourceID    string `parquet:"source_id,optional,dict"`
	AnonymousID string `parquet:"anonymous_id,optional,dict"`
	FirstAt     int64  `parquet:"first_at,timestamp(microsecond),delta"`
	LastAt      int64  `parquet:"last_at,timestamp(microsecond),delta"`
}

var personKeys = table[personKeyRow]{
	name: "settled_person_keys",
	compare: func(a, b *personKeyRow) int {
		if c := strings.Compare(a.UserID, b.UserID); c != 0 {
			return c
		}
		if c := strings.Compare(a.Email, b.Email); c != 0 {
			return c
		}
		return cmp.Or(strings.Compare(a.SourceID, b.SourceID), strings.Compare(a.AnonymousID, b.AnonymousID))
	},
	date: func(r *personKeyRow) date { return dateOf(r.FirstAt) },
	merge: func(row, other *personKeyRow) bool {
		return widen(&row.FirstAt, &row.LastAt, other.FirstAt, other.LastAt)
	},
	text: func(r *personKeyRow) int { return len(r.UserID) + len(r.Email) + len(r.AnonymousID) },

	unbounded: []string{"email", "source_id", "anonymous_id"},
}

// sighting is a combination of keys on one date.
type sighting struct {
	record.Keys
	day date
}

// span is from when to when something was seen.
type span struct{ first, last int64 }

// seenTogether notes that a record of the instant at named the keys.
func (f *fold) seenTogether(keys record.Keys, at int64) {
	if keys == (record.Keys{}) {
		return
	}
	seen := sighting{keys, dateOf(at)}
	s, known := f.keys[seen]
	if !known {
		s = span{at, at}
		// Else each key would keep all texts that were read with it.
		seen.Keys = record.Keys{
			UserID: strings.Clone(keys.UserID), Email: strings.Clone(keys.Email),
			SourceID: strings.Clone(keys.SourceID), AnonymousID: strings.Clone(keys.AnonymousID),
		}
	} else if at >= s.first && at <= s.last {
		return
	}
	widen(&s.first, &s.last, at, at)
	f.keys[seen] = s
}

// putKeys hands over the combinations of keys that have come so far.
func (f *fold) putKeys() {
	for seen, s := range f.keys {
		f.personKeys.put(personKeyRow{
			UserID: seen.UserID, Email: seen.Email, SourceID: seen.SourceID, AnonymousID: seen.AnonymousID,
			FirstAt: s.first, LastAt: s.last,
		})
	}
	clear(f.keys)
}

// attributeRow is one observation of one attribute of a person. Value is null
// where ValueType is.
type attributeRow struct {
	KeyKind   string  `parquet:"key_kind,dict"`
	Key       string  `parquet:"key,dict"`
	Name      string  `parquet:"name,dict"`
	Value     *string `parquet:"value,optional"`
	ValueType string  `parquet:"value_type,dict"`
	IsCustom  bool    `parquet:"is_custom"`
	At        int64   `parquet:"at,timestamp(microsecond)"`
	Seq       string  `parquet:"seq,dict"`
}

var personAttributes = table[attributeRow]{
	name: "settled_person_attributes",
	compare: func(a, b *attributeRow) int {
		if c := strings.Compare(a.KeyKind, b.KeyKind); c != 0 {
			return c
		}
		if c := strings.Compare(a.Key, b.Key); c != 0 {
			return c
		}
		return cmp.Or(
			strings.Compare(a.Name, b.Name), cmp.Compare(a.At, b.At), compareBool(a.IsCustom, b.IsCustom),
			strings.Compare(a.ValueType, b.ValueType), compareOptional(a.Value, b.Value))
	},
	date:  func(r *attributeRow) date { return dateOf(r.At) }, // At is part of what makes two reports one
	merge: func(row, other *attributeRow) bool { return earlier(&row.Seq, other.Seq) },
	text: func(r *attributeRow) int {
		n := len(r.Key) + len(r.Name) + len(r.Seq)
		if r.Value != nil {
			n += len(*r.Value)
		}
		return n
	},
	unbounded: []string{"value", "seq"},
}

// membershipRow says that a record put a person into a company, or took them
// out. A company that a record does not name is no statement: lists of
// companies are cut short by those who send them.
type membershipRow struct {
	KeyKind   string `parquet:"key_kind,dict"`
	Key       string `parquet:"key,dict"`
	CompanyID string `parquet:"company_id,dict"`
	At        int64  `parquet:"at,timestamp(microsecond)"`
	Removed   bool   `parquet:"removed"`
}

var memberships = table[membershipRow]{
	name: "settled_memberships",
	compare: func(a, b *membershipRow) int {
		return cmp.Or(
			strings.Compare(a.KeyKind, b.KeyKind), strings.Compare(a.Key, b.Key), strings.Compare(a.CompanyID, b.CompanyID),
			cmp.Compare(a.At, b.At), compareBool(a.Removed, b.Removed))
	},
	date: func(r *membershipRow) date { return dateOf(r.At) }, // At is part of what makes two reports one
}

// landedUser holds what is read here of a landed user.
type landedUser struct {
	KafkaPartition int32 `parquet:"kafka_partition,dict"`
	KafkaOffset    int64 `parquet:"kafka_offset,delta"`
	KafkaAt        int64 `parquet:"kafka_at,timestamp(microsecond),delta"`
	record.Keys
	EffectiveAt           int64  `parquet:"effective_at,timestamp(microsecond)"`
	Name                  string `parquet:"name,optional"`
	Phone                 string `parquet:"phone,optional"`
	CreatedAt             *int64 `parquet:"created_at,optional,timestamp(microsecond)"`
	SignedUpAt            *int64 `parquet:"signed_up_at,optional,timestamp(microsecond)"`
	LastSeenAt            *int64 `parquet:"last_seen_at,optional,timestamp(microsecond)"`
	IP                    string `parquet:"ip,optional"`
	City                  string `parquet:"city,optional,dict"`
	Country               string `parquet:"country,optional,dict"`
	Timezone              string `parquet:"timezone,optional,dict"`
	Stage                 string `parquet:"stage,optional,dict"`
	UnsubscribedFromEmail *bool  `parquet:"unsubscribed_from_emails,optional"`
	Companies             string `parquet:"companies,optional"`
	Tags                  string `parquet:"tags,optional"`
	Enrichment            string `parquet:"enrichment,optional"`
	CustomAttributes      string `parquet:"custom_attributes,optional"`
	Cleared               string `parquet:"cleared,optional"`
}

var personColumns = []string{
	"name", "phone", "email", "created_at", "signed_up_at", "last_seen_at",
	"ip", "city", "country", "timezone", "stage", "unsubscribed_from_emails",
}

func (f *fold) user(u *landedUser) error {
	kind, key := u.Strongest()
	seq := f.seq(u.KafkaAt, u.KafkaPartition, u.KafkaOffset)
	f.seenTogether(u.Keys, u.EffectiveAt)

	observed := observer(func(o observation) {
		f.personAttributes.put(attributeRow{
			KeyKind: string(kind), Key: key, Name: o.name, Value: o.value, ValueType: o.valueType, IsCustom: o.isCustom,
			At: u.EffectiveAt, Seq: seq,
		})
	})
	observed.text("name", u.Name)
	observed.text("phone", u.Phone)
	observed.text("email", u.Email)
	observed.time("created_at", u.CreatedAt)
	observed.time("signed_up_at", u.SignedUpAt)
	observed.time("last_seen_at", u.LastSeenAt)
	observed.text("ip", u.IP)
	observed.text("city", u.City)
	observed.text("country", u.Country)
	observed.text("timezone", u.Timezone)
	observed.text("stage", u.Stage)
	if u.UnsubscribedFromEmail != nil {
		observed.value("unsubscribed_from_emails", strconv.FormatBool(*u.UnsubscribedFromEmail), typeBoolean)
	}
	if _, err := observed.cleared(u.Cleared, personColumns); err != nil {
		return err
	}
	if err := customAttributes(u.CustomAttributes, observed); err != nil {
		return err
	}
	if err := f.tagList(u.Tags, tagRow{KeyKind: string(kind), Key: key, TaggedAt: u.EffectiveAt}); err != nil {
		return err
	}
	if err := f.socialProfiles(u, string(kind), key, seq); err != nil {
		return err
	}
	return f.companiesOf(u, string(kind), key, seq)
}

// companiesOf reads the companies inside a user record: each is a membership,
// and what stands beside its id is news of the company.
func (f *fold) companiesOf(u *landedUser, kind, key, seq string) error {
	if u.Companies == "" {
		return nil
	}
	var companies []map[string]json.RawMessage
	if err := json.Unmarshal([]byte(u.Companies), &companies); err != nil {
		return fmt.Errorf("companies: %w", err)
	}
	for _, members := range companies {
		var id string
		var removed bool
		if err := json.Unmarshal(members["company_id"], &id); err != nil || id == "" {
			return fmt.Errorf("companies: a company has no company_id: %s", u.Companies)
		}
		if flag, ok := members["remove"]; ok {
			removed = string(flag) == "true" || string(flag) == `"true"` || string(flag) == "1"
			delete(members, "remove")
		}
		f.memberships.put(membershipRow{KeyKind: kind, Key: key, CompanyID: id, At: u.EffectiveAt, Removed: removed})
		if len(members) == 1 {
			continue
		}
		company, err := companyWithin(members, u.EffectiveAt)
		if err != nil {
			return fmt.Errorf("companies: %w", err)
		}
		if err := f.companyFacts(company, seq); err != nil {
			return fmt.Errorf("companies: company %s: %w", id, err)
		}
	}
	return nil
}
