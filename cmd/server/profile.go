package server

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"path"
	"strconv"
	"strings"

	"parley/reports"
	"parley/reports/profile"
	"parley/sql/warehouse"
)

// eventsShown is how many entries a page's timeline has where none are asked for by limit.
const eventsShown = 100

// profiles are the pages of people and companies, and the files that they want.
func (s *Server) profiles(pages *http.ServeMux) error {
	look, err := profile.Look()
	if err != nil {
		return err
	}
	pages.HandleFunc("GET /look/{file}", func(w http.ResponseWriter, r *http.Request) {
		content, there := look[r.PathValue("file")]
		if !there {
			http.NotFound(w, r)
			return
		}
		types := map[string]string{".css": "text/css; charset=utf-8", ".svg": "image/svg+xml"}
		w.Header().Set("Content-Type", types[path.Ext(r.PathValue("file"))])
		_, _ = w.Write(content)
	})
	for folder, entity := range map[string]profile.Entity{"people": profile.Person, "companies": profile.Company} {
		pages.HandleFunc("GET /"+folder+"/{id...}", s.allowed(func(w http.ResponseWriter, r *http.Request) { s.profile(w, r, entity) }))
	}
	return nil
}

// profile draws the page of the person or company that the path's last part or
// the parameter id names, or, where none is named, the page on which to look.
func (s *Server) profile(w http.ResponseWriter, r *http.Request, entity profile.Entity) {
	asked := strings.TrimSpace(r.PathValue("id"))
	if id := strings.TrimSpace(r.URL.Query().Get("id")); id != "" {
		asked = id
	}
	most, err := strconv.Atoi(r.URL.Query().Get("limit"))
	if err != nil || most < 1 || most > 10*eventsShown {
		most = eventsShown
	}
	select {
	case s.queries <- struct{}{}:
		defer func() { <-s.queries }()
	case <-r.Context().Done():
		return
	}
	reader, err := s.config.Open(r.Context())
	if errors.Is(err, warehouse.ErrNoBuild) {
		page(w, http.StatusNotFound, "No build yet", `<p>There is nothing to look at yet. <code>parley build</code> makes the marts.</p>`)
		return
	}
	if err != nil {
		s.fault(w, r, err)
		return
	}
	defer reader.Close()
	drawn, status, err := drawProfile(r.Context(), reader.Query, entity, asked, most)
	if err != nil {
		s.fault(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store") // what is known of somebody is not to lie about
	w.WriteHeader(status)
	_, _ = w.Write(drawn) //nolint:gosec // html/template drew it, with all that was asked or stored as text
}

func drawProfile(ctx context.Context, query reports.Query, entity profile.Entity, asked string, most int) (drawn []byte, status int, err error) {
	settings, err := profile.SettingsOf(ctx, query)
	if err != nil {
		return nil, 0, err
	}
	var b bytes.Buffer
	if asked == "" {
		err := profile.WriteSearch(&b, entity, "", "", settings)
		return b.Bytes(), http.StatusOK, err
	}
	of := profile.OfPerson
	if entity == profile.Company {
		of = profile.OfCompany
	}
	found, err := of(ctx, query, asked, most)
	var missing *profile.NotFoundError
	if errors.As(err, &missing) {
		err := profile.WriteSearch(&b, entity, asked, missing.Error(), settings)
		return b.Bytes(), http.StatusNotFound, err
	}
	if err != nil {
		return nil, 0, err
	}
	err = found.WriteHTML(&b, settings)
	return b.Bytes(), http.StatusOK, err
}
