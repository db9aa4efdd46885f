package identity

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"parley/pipelines/record"
)

// A fact is what somebody did under one key on a day, and who it truly was.
type fact struct {
	key Key
	day int32
	who int
}

type observed struct {
	keys record.Keys
	day  int32
}

// society is people who come with cookies, change devices and addresses, share
// machines and mailboxes, inherit addresses, and sign up twice; what was seen of
// them, what they did without a name, and who they truly are.
type society struct {
	*rand.Rand
	seen   []observed
	facts  []fact
	merges []Merge
	truth  map[string]int // who has which user_id
}

const (
	societyDays   = 200
	societyPeople = 400
)

func newSociety(seed uint64) *society {
	s := &society{Rand: rand.New(rand.NewPCG(seed, 7)), truth: map[string]int{}}
	for who := range societyPeople {
		s.live(who)
	}
	return s
}

// live is one person's life: first without a name, then most sign up.
func (s *society) live(who int) {
	user, email := fmt.Sprint(who), fmt.Sprintf("p%d@x", who)
	signUp := int32(20 + s.IntN(60))
	isLead := who%5 == 0
	machine := fmt.Sprintf("cookie-%d-0", who)
	devices := 1
	for day := signUp - int32(s.IntN(15)); day < societyDays; day += int32(1 + s.IntN(4)) {
		if s.IntN(15) == 0 { // a new device, or cleared cookies
			machine = fmt.Sprintf("cookie-%d-%d", who, devices)
			devices++
		}
		cookie := machine
		if who%10 < 2 && s.IntN(4) == 0 { // ten share a machine; everybody is back on it again and again
			cookie = fmt.Sprint("shared-", who/50)
		}
		switch {
		case who%20 == 13 && s.IntN(20) == 0: // without a name on a friend's machine: nobody can tell
			s.facts = append(s.facts, fact{Key{record.ByAnonymousID, fmt.Sprintf("cookie-%d-0", who-1)}, day, who})
			continue
		case who%20 == 18 && day > 120: // passes the first machine on
			machine = fmt.Sprintf("cookie-%d-second", who)
		case who%20 == 19 && day > 140:
			cookie = fmt.Sprintf("cookie-%d-0", who-1)
		}
		if who%20 == 7 && day > 120 { // a new address; the old one goes to the next in the house
			email = fmt.Sprintf("p%d-new@x", who)
		}
		if who%20 == 8 && day > 130 {
			email = fmt.Sprintf("p%d@x", who-1)
		}
		switch {
		case day < signUp || s.IntN(3) == 0: // without a name
			s.facts = append(s.facts, fact{Key{record.ByAnonymousID, cookie}, day, who})
			s.seen = append(s.seen, observed{record.Keys{AnonymousID: cookie}, day})
		case isLead:
			if s.IntN(6) == 0 {
				email = fmt.Sprintf("p%d-%d@x", who, s.IntN(2))
			}
			s.seen = append(s.seen, observed{record.Keys{Email: email, AnonymousID: cookie}, day})
			s.facts = append(s.facts, fact{Key{record.ByEmail, email}, day, who})
		default:
			id := user
			if who%40 == 3 && day > 100 { // signed up once more, and somebody merged the two
				id = user + "-again"
			}
			s.truth[id] = who
			s.seen = append(s.seen, observed{record.Keys{UserID: id, Email: email, AnonymousID: cookie}, day})
			s.facts = append(s.facts, fact{Key{record.ByEmail, email}, day, who})
		}
	}
	if who%40 == 3 {
		s.merges = append(s.merges, Merge{Into: Key{record.ByUserID, user}, From: Key{record.ByUserID, user + "-again"}, At: societyDays * microsPerDay})
	}
}

func (s *society) resolve() *Map {
	e := New()
	for _, o := range s.seen {
		e.See(o.keys, o.day)
	}
	e.Merge(slices.Clone(s.merges)...)
	return e.Resolve()
}

// personOf finds a fact's person by key and day, as models do.
func personOf(rows map[Key][]Row, f fact) string {
	for _, r := range rows[f.key] {
		if (r.From == Always || r.From <= f.day) && (r.To == Always || f.day < r.To) {
			return r.PersonID
		}
	}
	return ""
}

func rowsByKey(m *Map) map[Key][]Row {
	rows := map[Key][]Row{}
	for i := range m.Len() {
		r := m.Row(i)
		rows[r.Key] = append(rows[r.Key], r)
	}
	return rows
}

// TestAgainstTheTruth holds the map beside who people truly are. No two
// different people's user_ids are ever one person. Facts without a name are
// credited to somebody else only where nothing tells better, on a friend's machine
// or on one that was passed on, before its new owner gave a name: 1 in 100 at most. It says how many are found.
func TestAgainstTheTruth(t *testing.T) {
	t.Parallel()
	facts, right, wrong, nobodys := 0, 0, 0, 0
	for seed := range uint64(5) {
		s := newSociety(seed)
		rows := rowsByKey(s.resolve())
		whose := map[string]int{} // person_id → who
		for id, who := range s.truth {
			row := rows[Key{record.ByUserID, id}]
			if len(row) != 1 {
				t.Fatalf("seed %d: user %s has %d rows", seed, id, len(row))
			}
			if other, taken := whose[row[0].PersonID]; taken && other != who {
				t.Fatalf("seed %d: %d and %d are one person, %s", seed, who, other, row[0].PersonID)
			}
			whose[row[0].PersonID] = who
		}
		for _, f := range s.facts {
			if f.who%5 == 0 {
				continue // a lead has no user_id to be told by
			}
			facts++
			switch who, isUser := whose[personOf(rows, f)]; {
			case !isUser:
				nobodys++
			case who == f.who:
				right++
			default:
				wrong++
			}
		}
	}
	t.Logf("of %d facts without a user_id %d went to whom they belong, %d to nobody, %d to somebody else", facts, right, nobodys, wrong)
	if 100*wrong > facts {
		t.Errorf("%d of %d facts went to somebody else, more than 1 in 100", wrong, facts)
	}
	if 100*right < 90*facts {
		t.Errorf("%d of %d facts went to whom they belong, fewer than 90 in 100", right, facts)
	}
}

// TestAnyOrder shuffles and repeats what was seen, and the merges.
func TestAnyOrder(t *testing.T) {
	t.Parallel()
	s := newSociety(11)
	all := func() (rows []Row) {
		m := s.resolve()
		for i := range m.Len() {
			rows = append(rows, m.Row(i))
		}
		return sorted(rows)
	}
	want := all()
	for range 5 {
		s.Shuffle(len(s.seen), func(i, j int) { s.seen[i], s.seen[j] = s.seen[j], s.seen[i] })
		s.Shuffle(len(s.merges), func(i, j int) { s.merges[i], s.merges[j] = s.merges[j], s.merges[i] })
		s.seen = append(s.seen, s.seen[:s.IntN(200)]...)
		if diff := gocmp.Diff(want, all()); diff != "" {
			t.Fatalf("another order gives another map (-want +got):\n%s", diff)
		}
	}
}
