package server

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"
	"time"

	"parley/cmd/output"
	"parley/sql/warehouse"
)

const (
	// questionSize is how long a question may be, in bytes.
	questionSize = 1 << 20
	// patience is how long a client may take to read what has been written to it;
	// one that does not read keeps a place from others.
	patience = time.Minute
)

// mediaTypes are what an answer can come as, by Accept; the first is for who does not say.
var mediaTypes = []struct{ mediaType, format string }{
	{"application/json", "json"},
	{"text/csv", "csv"},
	{"application/vnd.apache.arrow.stream", "arrow"},
	{"application/vnd.apache.parquet", "parquet"},
}

// question is the body of POST /v1/sql.
type question struct {
	Query  string `json:"query"`
	Values []any  `json:"values"` // of the query's parameters
}

// sql answers a question: one JSON array of objects, or CSV, Arrow or Parquet
// where that is asked for. The first rows leave before the last are computed. An
// error before them is JSON; one behind them ends the connection in the middle,
// so that nobody takes what has come for the whole.
func (s *Server) sql(w http.ResponseWriter, r *http.Request) {
	mediaType, format := accepted(r.Header.Values("Accept"))
	if format == "" {
		refuse(w, http.StatusNotAcceptable, fmt.Errorf("an answer comes as %s", allMediaTypes()))
		return
	}
	asked, status, err := readQuestion(w, r)
	if err != nil {
		refuse(w, status, err)
		return
	}
	select {
	case s.queries <- struct{}{}:
		defer func() { <-s.queries }()
	case <-r.Context().Done():
		return
	}
	reader, err := s.config.Open(r.Context())
	if errors.Is(err, warehouse.ErrNoBuild) {
		refuse(w, http.StatusNotFound, err)
		return
	}
	if err != nil {
		s.fault(w, r, err)
		return
	}
	defer reader.Close()
	answer, err := output.Ask(r.Context(), reader, format, asked.Query, asked.Values...)
	if err != nil {
		refuse(w, statusOf(err), err)
		return
	}
	defer answer.Close()
	w.Header().Set("Content-Type", mediaType)
	if err := answer.Write(w, handOn(w)); err != nil {
		s.config.Logger.Debug("answer broken off", "error", err)
		panic(http.ErrAbortHandler)
	}
}

// handOn sends what has been written to the client, which then has patience to read on.
func handOn(w http.ResponseWriter) func() error {
	control := http.NewResponseController(w)
	_ = control.SetWriteDeadline(time.Now().Add(patience)) // where there is none, the time limit ends it
	return func() error {
		_ = control.SetWriteDeadline(time.Now().Add(patience))
		return control.Flush()
	}
}

// accepted is the first type of Accept that an answer can come as; "" if there is none.
func accepted(accept []string) (mediaType, format string) {
	asked := strings.Split(strings.Join(accept, ","), ",")
	for _, one := range asked {
		name, _, err := mime.ParseMediaType(one)
		if strings.TrimSpace(one) == "" && len(asked) == 1 || name == "*/*" || name == "application/*" {
			return mediaTypes[0].mediaType, mediaTypes[0].format
		}
		for _, known := range mediaTypes {
			if err == nil && name == known.mediaType || name == "text/*" && known.format == "csv" {
				return known.mediaType, known.format
			}
		}
	}
	return "", ""
}

func allMediaTypes() string {
	names := make([]string, len(mediaTypes))
	for i, known := range mediaTypes {
		names[i] = known.mediaType
	}
	return strings.Join(names, ", ")
}

const questionForm = `send {"query": "from contacts_weekly where contacts > ?", "values": [10]}`

// readQuestion reads the body; where it is none, the status says so.
func readQuestion(w http.ResponseWriter, r *http.Request) (question, int, error) {
	var asked question
	body := json.NewDecoder(http.MaxBytesReader(w, r.Body, questionSize))
	body.DisallowUnknownFields()
	body.UseNumber()
	err := body.Decode(&asked)
	var tooLong *http.MaxBytesError
	switch {
	case errors.As(err, &tooLong):
		return asked, http.StatusRequestEntityTooLarge, fmt.Errorf("a question has %d bytes at most", questionSize)
	case err != nil:
		return asked, http.StatusBadRequest, fmt.Errorf("%s (%w)", questionForm, err)
	case strings.TrimSpace(asked.Query) == "":
		return asked, http.StatusBadRequest, errors.New(questionForm)
	}
	if _, err := body.Token(); !errors.Is(err, io.EOF) {
		return asked, http.StatusBadRequest, errors.New(questionForm + ", and nothing behind it")
	}
	for i, value := range asked.Values {
		if asked.Values[i], err = bound(value); err != nil {
			return asked, http.StatusBadRequest, fmt.Errorf("value %d: %w", i+1, err)
		}
	}
	return asked, 0, nil
}

// bound is a value of JSON as it is bound to a parameter.
func bound(value any) (any, error) {
	switch v := value.(type) {
	case json.Number:
		if whole, err := v.Int64(); err == nil {
			return whole, nil
		}
		if !strings.ContainsAny(v.String(), ".eE") {
			return nil, fmt.Errorf("%s has more than 64 bits; send it as text, and cast it in the query", v)
		}
		return v.Float64()
	case []any:
		for i, inner := range v {
			if _, nested := inner.([]any); nested {
				return nil, errors.New("a list holds values, and no lists")
			}
			var err error
			if v[i], err = bound(inner); err != nil {
				return nil, err
			}
		}
	case map[string]any:
		return nil, errors.New("an object cannot be bound; send text, a number, true, false, null, or a list of them")
	}
	return value, nil
}

// statusOf is the status for a query that was not answered.
func statusOf(err error) int {
	var fault *warehouse.QueryError
	switch {
	case errors.Is(err, warehouse.ErrTimeLimit), errors.As(err, &fault) && fault.OutOfMemory():
		return http.StatusUnprocessableEntity
	case errors.Is(err, context.Canceled):
		return 499 // the client has gone; nobody reads it
	}
	return http.StatusBadRequest
}

// refuse answers an error: {"error": {"message": …}}, with the place in the
// query, in lines and characters from 1, where it has one.
func refuse(w http.ResponseWriter, status int, err error) {
	said := struct {
		Message string `json:"message"`
		Line    int    `json:"line,omitempty"`
		Column  int    `json:"column,omitempty"`
	}{Message: err.Error()}
	var fault *warehouse.QueryError
	if errors.As(err, &fault) && fault.Line > 0 {
		said.Message, said.Line, said.Column = fault.Message, fault.Line, fault.Column
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(map[string]any{"error": said}) // to a client that may have gone
}
