package server

import (
	"encoding/json"
	"errors"
	"net/http"

	"parley/cmd/output"
	"parley/sql/warehouse"
)

// sql answers {"query": …} with one JSON array of objects.
func (s *Server) sql(w http.ResponseWriter, r *http.Request) {
	var question struct {
		Query string `json:"query"`
	}
	body := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<20))
	body.DisallowUnknownFields()
	if err := body.Decode(&question); err != nil || question.Query == "" {
		http.Error(w, `send {"query": "from contacts_weekly"}`, http.StatusBadRequest)
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
		http.Error(w, err.Error(), http.StatusNotFound)
		return
	}
	if err != nil {
		s.fault(w, r, err)
		return
	}
	defer reader.Close()
	answer, err := reader.Query(r.Context(), question.Query)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	if err := output.JSON(w, output.Answer(answer)); err != nil {
		s.config.Logger.Debug("answer", "error", err)
	}
}
