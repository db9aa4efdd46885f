package settle

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/segmentio/encoding/json"

	"parley/pipelines/record"
)

// subscriptionRow is one subscription as one list of a company's had it.
// Money and other decimal numbers are text, exact. ListID tells apart lists
// that hold from the same instant: it is the hash of the list.
type subscriptionRow struct {
	CompanyID       string `parquet:"company_id,dict"`
	SubscriptionID  string `parquet:"subscription_id,dict"`
	Plan            string `parquet:"plan,optional,dict"`
	Currency        string `parquet:"currency,optional,dict"`
	Amount          string `parquet:"amount,optional"` // for one unit and one interval, in major units
	Quantity        string `parquet:"quantity,optional"`
	IntervalUnit    string `parquet:"interval_unit,optional,dict"` // null: a charge that does not come again
	IntervalCount   *int64 `parquet:"interval_count,optional"`
	StartedAt       *int64 `parquet:"started_at,optional,timestamp(microsecond)"`
	EndedAt         *int64 `parquet:"ended_at,optional,timestamp(microsecond)"`
	TrialEndsAt     *int64 `parquet:"trial_ends_at,optional,timestamp(microsecond)"`
	DiscountPercent string `parquet:"discount_percent,optional"`
	DiscountAmount  string `parquet:"discount_amount,optional"`
	ValidFrom       int64  `parquet:"valid_from,timestamp(microsecond)"`
	Seq             string `parquet:"seq,dict"`
	ListID          string `parquet:"list_id,dict"`
	Position        int32  `parquet:"position"` // in the list, from 1
}

var subscriptions = table[subscriptionRow]{
	name: "settled_subscriptions",
	compare: func(a, b *subscriptionRow) int {
		return cmp.Or(
			strings.Compare(a.CompanyID, b.CompanyID), cmp.Compare(a.ValidFrom, b.ValidFrom),
			strings.Compare(a.ListID, b.ListID), cmp.Compare(a.Position, b.Position))
	},
	date:  func(r *subscriptionRow) date { return dateOf(r.ValidFrom) }, // ValidFrom is part of what makes two reports one
	merge: func(row, other *subscriptionRow) bool { return earlier(&row.Seq, other.Seq) },
}

// subscriptionListRow is one list of subscriptions, an empty one too.
type subscriptionListRow struct {
	CompanyID     string `parquet:"company_id,dict"`
	ValidFrom     int64  `parquet:"valid_from,timestamp(microsecond)"`
	Seq           string `parquet:"seq"`
	Subscriptions int64  `parquet:"subscriptions"`
	ListID        string `parquet:"list_id"`
}

var subscriptionLists = table[subscriptionListRow]{
	name: "settled_subscription_lists",
	compare: func(a, b *subscriptionListRow) int {
		return cmp.Or(
			strings.Compare(a.CompanyID, b.CompanyID), cmp.Compare(a.ValidFrom, b.ValidFrom), strings.Compare(a.ListID, b.ListID))
	},
	date:  func(r *subscriptionListRow) date { return dateOf(r.ValidFrom) }, // as of the subscriptions
	merge: func(row, other *subscriptionListRow) bool { return earlier(&row.Seq, other.Seq) },
}

// landedSubscription is an element of a company's list in the form in which
// it lands: every value is text.
type landedSubscription struct {
	ID              string `json:"id"`
	Plan            string `json:"plan"`
	Currency        string `json:"currency"`
	Amount          string `json:"amount"`
	Quantity        string `json:"quantity"`
	Interval        string `json:"interval"`
	IntervalCount   string `json:"interval_count"`
	StartedAt       string `json:"started_at"`
	EndedAt         string `json:"ended_at"`
	TrialEndsAt     string `json:"trial_ends_at"`
	DiscountPercent string `json:"discount_percent"`
	DiscountAmount  string `json:"discount_amount"`
}

// subscriptionList takes the list, a JSON array, that a company has from the
// instant at on.
func (f *fold) subscriptionList(companyID string, at int64, seq, list string) error {
	var landed []landedSubscription
	if err := json.Unmarshal([]byte(list), &landed); err != nil {
		return fmt.Errorf("subscriptions: %w", err)
	}
	sum := sha256.Sum256([]byte(list))
	listID := hex.EncodeToString(sum[:8])
	for i, s := range landed {
		row := subscriptionRow{
			CompanyID: companyID, SubscriptionID: s.ID, Plan: s.Plan, Currency: s.Currency,
			Amount: s.Amount, Quantity: s.Quantity, IntervalUnit: s.Interval,
			DiscountPercent: s.DiscountPercent, DiscountAmount: s.DiscountAmount,
			ValidFrom: at, Seq: seq, ListID: listID, Position: int32(i + 1),
		}
		if s.IntervalCount != "" {
			count, err := strconv.ParseInt(s.IntervalCount, 10, 64)
			if err != nil {
				return fmt.Errorf("subscriptions: interval_count: %w", err)
			}
			row.IntervalCount = &count
		}
		for _, instant := range []struct {
			text string
			at   **int64
		}{{s.StartedAt, &row.StartedAt}, {s.EndedAt, &row.EndedAt}, {s.TrialEndsAt, &row.TrialEndsAt}} {
			if instant.text == "" {
				continue
			}
			parsed, err := record.ParseTimeText(instant.text, time.UTC)
			if err != nil {
				return fmt.Errorf("subscriptions: %w", err)
			}
			micros := parsed.UnixMicro()
			*instant.at = &micros
		}
		f.subscriptions.put(row)
	}
	f.subscriptionLists.put(subscriptionListRow{
		CompanyID: companyID, ValidFrom: at, Seq: seq, Subscriptions: int64(len(landed)), ListID: listID,
	})
	return nil
}
