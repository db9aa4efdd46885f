package spark

import (
	"context"
	"errors"
	"fmt"

	"github.com/apache/spark-connect-go/v35/spark/sql"

	"parley/sql/warehouse"
)

// exec runs a statement and gives no rows back.
func (s *Spark) exec(ctx context.Context, statement string) error {
	_, err := s.session.Sql(ctx, statement)
	return s.fault(ctx, statement, err)
}

// Query runs one SELECT and gives its whole answer. Values are bound to its
// parameters, one for each: text, whole numbers, doubles, instants and nil.
func (s *Spark) Query(ctx context.Context, query string, args ...any) (*warehouse.Table, error) {
	statement, err := bound(query, args)
	if err != nil {
		return nil, err
	}
	frame, err := s.session.Sql(ctx, statement)
	if err != nil {
		return nil, s.fault(ctx, statement, err)
	}
	return s.answer(ctx, statement, frame)
}

func (s *Spark) answer(ctx context.Context, statement string, frame sql.DataFrame) (*warehouse.Table, error) {
	answer, err := frame.ToArrow(ctx)
	if err != nil {
		return nil, s.fault(ctx, statement, err)
	}
	if *answer == nil {
		return nil, fmt.Errorf("Spark at %s gave no answer to a query", s.address)
	}
	defer (*answer).Release()
	return tableOf(*answer)
}

// Describe names the columns that a SELECT gives, without running it. An
// error's place is that in query.
func (s *Spark) Describe(ctx context.Context, query string) ([]warehouse.Column, error) {
	frame, err := s.session.Sql(ctx, query)
	if err != nil {
		return nil, s.fault(ctx, query, err)
	}
	t, err := s.answer(ctx, query, frame.Limit(ctx, 0))
	if err != nil {
		return nil, err
	}
	return t.Columns, nil
}

// View gives a SELECT a name; it runs whenever the name is read.
func (s *Spark) View(ctx context.Context, name, query string) error {
	before := "create or replace temporary view " + ident(name) + " as "
	return shift(s.exec(ctx, before+query), query, len(before))
}

// shift moves an error's place from the statement that was run to the text
// that stands in it after so many bytes.
func shift(err error, query string, before int) error {
	var fault *warehouse.QueryError
	if !errors.As(err, &fault) || fault.Offset < 0 {
		return err
	}
	moved := *fault
	moved.Offset -= before
	moved.Line, moved.Column = warehouse.Place(query, moved.Offset)
	if moved.Line == 0 {
		moved.Offset = -1
	}
	return &moved
}
