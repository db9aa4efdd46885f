package importer

import (
	"fmt"
	"maps"
	"slices"

	"parley/pipelines/record"
)

// maxProblems bounds how many different problems are told; all are counted.
const maxProblems = 20

// Summary says what a file held. Every object and every row of it is counted
// in one of Records, Refused, Deleted, NotRecords, TooLarge or EqualRows.
type Summary struct {
	Records    map[record.Kind]int64 // emitted, and readable
	Refused    int64                 // emitted, and bound for the dead letters
	Deleted    int64                 // emitted as deletions
	NotRecords map[string]int64      // objects that are no records of Parley's, by type
	TooLarge   int64                 // not emitted: longer than a message may be
	Rows       int64                 // of CSV: rows read
	EqualRows  int64                 // of CSV: rows equal to an earlier one of their conversation, not emitted
	Problems   []Problem             // of what was refused or too large: the first reasons, each once
	Warnings   []string              // what is readable and still looks wrong
}

// Problem is a reason for which something could not be read.
type Problem struct {
	Place  string // FILE:LINE of the first
	Reason string
	Count  int64
}

// String is the problem as FILE:LINE: reason, and how often it came again.
func (p Problem) String() string {
	if p.Count > 1 {
		return fmt.Sprintf("%s: %s (and %d more like it)", p.Place, p.Reason, p.Count-1)
	}
	return p.Place + ": " + p.Reason
}

// Emitted is how many records were handed on, readable or not.
func (s Summary) Emitted() int64 {
	emitted := s.Refused + s.Deleted
	for _, n := range s.Records {
		emitted += n
	}
	return emitted
}

// Add counts what another file held.
func (s *Summary) Add(other Summary) {
	for kind, n := range other.Records {
		s.count(kind, n)
	}
	for typ, n := range other.NotRecords {
		s.countOther(typ, n)
	}
	s.Refused += other.Refused
	s.Deleted += other.Deleted
	s.TooLarge += other.TooLarge
	s.Rows += other.Rows
	s.EqualRows += other.EqualRows
	s.Warnings = append(s.Warnings, other.Warnings...)
	for _, problem := range other.Problems {
		s.problem(problem)
	}
}

func (s *Summary) count(kind record.Kind, n int64) {
	if s.Records == nil {
		s.Records = map[record.Kind]int64{}
	}
	s.Records[kind] += n
}

func (s *Summary) countOther(typ string, n int64) {
	if s.NotRecords == nil {
		s.NotRecords = map[string]int64{}
	}
	s.NotRecords[typ] += n
}

// OtherTypes are the types in NotRecords, sorted.
func (s Summary) OtherTypes() []string { return slices.Sorted(maps.Keys(s.NotRecords)) }

func (s *Summary) problem(problem Problem) {
	for i := range s.Problems {
		if s.Problems[i].Reason == problem.Reason {
			s.Problems[i].Count += problem.Count
			return
		}
	}
	if len(s.Problems) < maxProblems {
		s.Problems = append(s.Problems, problem)
	}
}
