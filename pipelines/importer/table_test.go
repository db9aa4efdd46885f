package importer_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"parley/pipelines/importer"
	"parley/pipelines/record"
)

func TestReadTable(t *testing.T) {
	t.Parallel()
	dublin, err := time.LoadLocation("Europe/Dublin")
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name, mapping, csv string
		want               []string
	}{
		{"users", "kind: user\ncolumns: {user_id: ID, email: Mail, name: Name, created_at: Joined, company: Firm, company_id: Firm no, tags: Tags, unsubscribed_from_emails: Off}\nattributes: [Seats, Trial, Zip, Renewal_at, Note]\n",
			"\ufeffID,Mail,Name,Joined,Firm,Firm no,Tags,Off,Seats,Trial,Zip,Renewal_at,Note,Unused\n" +
				"7, A@B.example ,\"Zoë \"\"Z\"\"\",2026-06-30 09:00,Six,6,\"vip, beta\",yes,12,TRUE,01234,2026-12-01,1e5,x\n" +
				"8,,,,,,,,,,,,,\n",
			[]string{
				`users 7 {"company":{"company_id":"6","name":"Six"},"created_at":"2026-06-30T08:00:00Z","custom_attributes":{"Note":"1e5","Renewal_at":"2026-12-01T00:00:00Z","Seats":12,"Trial":true,"Zip":"01234"},"email":"A@B.example","name":"Zoë \"Z\"","tags":["vip","beta"],"unsubscribed_from_emails":"yes","user_id":"7"}`,
				`users 8 {"user_id":"8"}`,
			}},
		{"companies, with semicolons", "kind: company\ndelimiter: \";\"\ntimezone: UTC\ncolumns: {company_id: No, monthly_spend: Pays, currency: In, plan: Plan}\n",
			"No;Pays;In;Plan\n6;49.50;eur;team\n",
			[]string{`companies 6 {"company_id":"6","currency":"eur","monthly_spend":"49.50","plan":"team"}`}},
		{"events, with tabs and Unix seconds", "kind: event\ndelimiter: \"\\t\"\ncolumns:\n  event_name: What\n  created_at: When\n  user_id: Who\n  attributes: [Plan]\n",
			"What\tWhen\tWho\tPlan\nlogged_in\t1700000000\tu1\tteam\n",
			[]string{`events u1 {"created_at":"2023-11-14T22:13:20Z","event_name":"logged_in","metadata":{"Plan":"team"},"user_id":"u1"}`}},
		{"conversations of one row", "kind: conversation\ncolumns: {id: No, created_at: At, email: From, body: Text, subject: About, tags: Tags}\n",
			"No,At,From,Text,About,Tags\n1,2026/01/02 10:00:00,k@s.example,Hello,Hi,billing\n",
			[]string{`conversations 1 {"created_at":"2026-01-02T10:00:00Z","email":"k@s.example","id":"1","source":{"author":{"email":"k@s.example","type":"user"},"body":"Hello","created_at":"2026-01-02T10:00:00Z"},"subject":"Hi","tags":["billing"],"type":"conversation","updated_at":"2026-01-02T10:00:00Z"}`}},
		{"a column that stands twice and says the same", "kind: user\ncolumns: {user_id: ID}\nattributes: [Plan]\n", "ID,Plan,Plan\n1,a,a\n",
			[]string{`users 1 {"custom_attributes":{"Plan":"a"},"user_id":"1"}`}},
		{"a header alone", "kind: user\ncolumns: {user_id: ID}\n", "ID\n", nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			mapping, err := importer.LoadMapping(write(t, "m.yaml", test.mapping))
			if err != nil {
				t.Fatal(err)
			}
			items, summary := read(t, write(t, "a.csv", test.csv), importer.Options{Mapping: mapping, Timezone: dublin})
			if diff := cmp.Diff(test.want, items); diff != "" {
				t.Error(diff)
			}
			if summary.Refused != 0 || summary.Rows != int64(len(test.want)) {
				t.Errorf("%+v", summary)
			}
		})
	}
}

func TestBadRowsAreKept(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, mapping, csv string
		reasons            []string // FILE:LINE: reason
		contents           []string // what is kept
		good               int64
	}{
		{"of users", "kind: user\ncolumns: {user_id: ID, created_at: Joined}\nattributes: [Plan]\n",
			"ID,Joined,Plan,Plan\n1,soon,a,a\n2,2026-01-01,a\n3,2026-01-01,a,b\n,2026-01-01,a,a\n4,\"20\"26,a,a\n5,\xe9,a,a\n6,2026-01-01,a,a\n",
			[]string{
				`a.csv:2: created_at (column "Joined"): "soon" is no time; send Unix seconds or ISO 8601, as in 2026-06-30T09:15:00Z`,
				`a.csv:3: the row has 3 cells, the header 4`,
				`a.csv:4: column "Plan" stands twice in the file and says "a" and "b"; rename one of them`,
				`a.csv:5: a user needs one of user_id, email, anonymous_id or source_id (id in Intercom's objects)`,
				`a.csv:6: column 6: extraneous or missing " in quoted-field`,
				`a.csv:7: the row is not UTF-8; save the file as UTF-8`,
			},
			[]string{`["1","soon","a","a"]`, `["2","2026-01-01","a"]`, `["3","2026-01-01","a","b"]`, `["","2026-01-01","a","a"]`, `"4,\"20\"26,a,a"`, `{"base64":"NSzpLGEsYQo="}`},
			1},
		{"of conversations", "kind: conversation\ntime_format: \"%d.%m.%Y %H:%M\"\ncolumns: {id: Case, created_at: At}\nparts: {from: What, first: contact}\n",
			"Case,At,What\nc1,30.06.2026 09:00,x\n,30.06.2026 09:00,x\nc1,,x\nc1,31.06.2026 09:00,x\nc1,09:00,x\nc1,2026-07-01,x\n",
			[]string{
				`a.csv:3: id (column "Case") is empty`,
				`a.csv:4: created_at (column "At") is empty`,
				`a.csv:5: created_at (column "At"): "31.06.2026 09:00" is no time that exists`,
				`a.csv:6: created_at (column "At"): "09:00" is no time of the form %d.%m.%Y %H:%M`,
			},
			[]string{`["","30.06.2026 09:00","x"]`, `["c1","","x"]`, `["c1","31.06.2026 09:00","x"]`, `["c1","09:00","x"]`},
			1},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			mapping, err := importer.LoadMapping(write(t, "m.yaml", test.mapping))
			if err != nil {
				t.Fatal(err)
			}
			path := write(t, "a.csv", test.csv)
			items, summary := read(t, path, importer.Options{Mapping: mapping})
			var reasons, contents []string
			for _, problem := range summary.Problems {
				reasons = append(reasons, strings.TrimPrefix(problem.String(), filepath.Dir(path)+string(filepath.Separator)))
			}
			for _, item := range items {
				if _, content, ok := strings.Cut(item, `,"content":`); ok {
					contents = append(contents, strings.TrimSuffix(content, "}"))
				}
			}
			if diff := cmp.Diff(test.reasons, reasons); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(test.contents, contents); diff != "" {
				t.Error(diff)
			}
			if summary.Records[mapping.Kind] != test.good || summary.Refused != int64(len(test.reasons)) {
				t.Errorf("%+v", summary)
			}
		})
	}
}

func TestFilesThatCannotBeReadOn(t *testing.T) {
	t.Parallel()
	mapping, err := importer.LoadMapping(write(t, "m.yaml", "kind: user\ncolumns: {user_id: ID}\n"))
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct{ csv, want string }{
		"empty":               {"", "the file is empty; its first line must name the columns"},
		"a quote never ends":  {"ID,Name\n1,a\n2,\"b\n3,c\n4,d\n", ":3: a quote opens here and is never closed, so nothing after it can be read"},
		"a column is missing": {"Id,Name\n1,a\n", `m.yaml:2:20: column "ID" is not in `},
		"another delimiter":   {"Number;Name\n1;a\n", "the file has one column only, so its delimiter may not be ','"},
	} {
		_, err := importer.Read(write(t, "a.csv", test.csv), importer.Options{Mapping: mapping}, func(importer.Item) error { return nil })
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: error is %v, want %q", name, err, test.want)
		}
	}
}

func TestLoadMappingRefuses(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(filepath.Join("testdata", "bad", "*.yaml"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no mappings: %v", err)
	}
	for _, path := range files {
		t.Run(filepath.Base(path), func(t *testing.T) {
			t.Parallel()
			want, err := os.ReadFile(strings.TrimSuffix(path, ".yaml") + ".txt")
			if err != nil {
				t.Fatal(err)
			}
			_, err = importer.LoadMapping(path)
			got := strings.ReplaceAll(fmt.Sprintln(err), filepath.Dir(path)+string(filepath.Separator), "")
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Error(diff)
			}
		})
	}
	if _, err := importer.LoadMapping("none.yaml"); err == nil || err.Error() != "none.yaml: there is no such file or folder" {
		t.Errorf("error is %v", err)
	}
}

func TestKindOf(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]record.Kind{"": "", "user": "users", " Users ": "users", "company": "companies", "event": "events", "conversations": "conversations", "tag": "tags"} {
		if got, err := importer.KindOf(name); got != want || err != nil {
			t.Errorf("%q is %q, %v; want %q", name, got, err, want)
		}
	}
}
