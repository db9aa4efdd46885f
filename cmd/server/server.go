// Package server serves a workspace's reports, the pages of its people and
// companies, and SQL over HTTP, to whoever may see them. It draws nothing and
// computes nothing itself.
package server

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path"
	"strings"
	"syscall"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"parley/sql/warehouse"
)

// Config is what a server needs.
type Config struct {
	Listen  string // host:port; port 0 takes a free one
	Reports string // the folder of reports: dated folders, `latest`, and `docs`, the catalogue
	Token   string // never empty
	// Open opens the current build for one query of POST /v1/sql, or one page of
	// /people/ or /companies/, within limits of time and memory. At most queriesAtOnce are open; further ones wait.
	Open func(ctx context.Context) (*warehouse.Reader, error)
	// Metrics are what GET /metrics gives, to whoever may see the pages; nil: it is not there.
	Metrics prometheus.Gatherer
	Logger  *slog.Logger // nil: silent
}

// Server is listening from New on, and answers from Serve on.
type Server struct {
	config   Config
	listener net.Listener
	http     *http.Server
	queries  chan struct{} // a place for each query that runs
	// At which of the machine's addresses it listens: those of its own alone, or all of them.
	loopback, everywhere bool
}

// queriesAtOnce bounds what queries over HTTP can take of the machine together.
const queriesAtOnce = 4

// New listens. An address that is taken, or an empty token, is an error.
func New(ctx context.Context, config Config) (*Server, error) {
	if config.Token == "" {
		return nil, errors.New("serve: the token is empty; set PARLEY_TOKEN")
	}
	if config.Logger == nil {
		config.Logger = slog.New(slog.DiscardHandler)
	}
	s := &Server{config: config, queries: make(chan struct{}, queriesAtOnce)}
	handler, err := s.handler()
	if err != nil {
		return nil, fmt.Errorf("serve: %w", err)
	}
	if err := s.listen(ctx, handler, "choose one by serve.listen in parley.yaml or --listen"); err != nil {
		return nil, fmt.Errorf("serve: %w", err)
	}
	return s, nil
}

// listen takes the address for handler; remedy says how to choose another.
func (s *Server) listen(ctx context.Context, handler http.Handler, remedy string) error {
	if err := checkAddress(ctx, s.config.Listen); err != nil {
		return err
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", s.config.Listen)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return fmt.Errorf("%w; another program has this address: %s", err, remedy)
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return fmt.Errorf("%w; this machine has no such address: %s", err, remedy)
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("%w; this port is not for every user: %s", err, remedy)
	case err != nil:
		return fmt.Errorf("%w; %s", err, remedy)
	}
	s.listener = listener
	if addr, ok := listener.Addr().(*net.TCPAddr); ok {
		s.loopback, s.everywhere = addr.IP.IsLoopback(), addr.IP.IsUnspecified()
	}
	s.http = &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       time.Minute,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          slog.NewLogLogger(s.config.Logger.Handler(), slog.LevelDebug),
	}
	return nil
}

// URL is where a browser on this machine finds the server.
func (s *Server) URL() string {
	address := s.listener.Addr()
	if tcp, ok := address.(*net.TCPAddr); ok && s.everywhere {
		return fmt.Sprintf("http://127.0.0.1:%d/", tcp.Port)
	}
	return "http://" + address.String() + "/"
}

// Everywhere says whether it listens at every address of the machine.
func (s *Server) Everywhere() bool { return s.everywhere }

// Serve answers until ctx ends, then lets what is under way finish for some seconds.
func (s *Server) Serve(ctx context.Context) error {
	failed := make(chan error, 1)
	go func() { failed <- s.http.Serve(s.listener) }()
	select {
	case err := <-failed:
		return fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
	}
	ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if err := s.http.Shutdown(ending); err != nil {
		return errors.Join(err, s.http.Close())
	}
	return nil
}

func (s *Server) handler() (http.Handler, error) {
	pages := http.NewServeMux()
	pages.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	pages.HandleFunc("GET /login", s.loginPage)
	pages.HandleFunc("POST /login", s.login)
	pages.HandleFunc("POST /v1/sql", s.withToken(s.sql))
	if s.config.Metrics != nil {
		pages.HandleFunc("GET /metrics", s.allowed(metricsHandler(s.config.Metrics, s.config.Logger).ServeHTTP))
	}
	pages.HandleFunc("GET /on/{date}/{file...}", s.allowed(func(w http.ResponseWriter, r *http.Request) {
		s.file(w, r, r.PathValue("date"), r.PathValue("file"))
	}))
	// The catalogue lies beside the dated reports, and leads to the latest as it does on disk.
	for _, folder := range []string{"docs", "latest"} {
		pages.HandleFunc("GET /"+folder+"/{file...}", s.allowed(func(w http.ResponseWriter, r *http.Request) {
			s.file(w, r, folder, r.PathValue("file"))
		}))
	}
	pages.HandleFunc("GET /{file...}", s.allowed(func(w http.ResponseWriter, r *http.Request) {
		s.file(w, r, "latest", r.PathValue("file"))
	}))
	return s.guard(pages), s.profiles(pages)
}

// file serves one file of a folder of reports; never a listing, never what lies outside.
func (s *Server) file(w http.ResponseWriter, r *http.Request, folder, name string) {
	if name == "" || strings.HasSuffix(name, "/") {
		name += "index.html"
	}
	name = path.Join(folder, name)
	if !fs.ValidPath(name) {
		http.NotFound(w, r)
		return
	}
	root, err := os.OpenRoot(s.config.Reports)
	if errors.Is(err, fs.ErrNotExist) {
		s.noReport(w)
		return
	}
	if err != nil {
		s.fault(w, r, err)
		return
	}
	defer root.Close()
	file, err := root.Open(name)
	if err != nil {
		switch {
		case name == "latest/index.html" && errors.Is(err, fs.ErrNotExist):
			s.noReport(w)
			return
		case name == "docs/index.html" && errors.Is(err, fs.ErrNotExist):
			page(w, http.StatusNotFound, "No catalogue yet", `<p>The tables and models of this workspace are not drawn yet. <code>parley docs</code> does it.</p>`)
			return
		}
		http.NotFound(w, r)
		return
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil || info.IsDir() {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Cache-Control", "no-cache") // asked for again each time: latest moves
	http.ServeContent(w, r, info.Name(), info.ModTime(), file)
}

func (s *Server) noReport(w http.ResponseWriter) {
	page(w, http.StatusNotFound, "No report yet", `<p>There is no report in this workspace yet. <code>parley build</code> and then <code>parley report</code> make one; <code>parley run</code> keeps making them. If builds fail, <code>parley build --list</code> says so, and why.</p>`)
}

func (s *Server) fault(w http.ResponseWriter, r *http.Request, err error) {
	s.config.Logger.Error("serve", "path", r.URL.Path, "error", err)
	http.Error(w, "this could not be answered; the server's log says why", http.StatusInternalServerError)
}
