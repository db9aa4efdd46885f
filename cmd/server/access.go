package server

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
)

const (
	cookieName = "parley"
	// policy lets a page use its own files and nothing else.
	policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)

// Token is the token of a workspace: PARLEY_TOKEN where it is set, else the one
// kept in file, which is made at the first call and readable by its owner alone.
func Token(file string) (string, error) {
	if token := os.Getenv("PARLEY_TOKEN"); token != "" {
		return token, nil
	}
	kept, err := os.ReadFile(file)
	if token := strings.TrimSpace(string(kept)); err == nil && token != "" {
		return token, nil
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("read token: %w", err)
	}
	token := rand.Text()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return "", fmt.Errorf("keep token: %w", err)
	}
	if err := os.WriteFile(file, []byte(token+"\n"), 0o600); err != nil {
		return "", fmt.Errorf("keep token: %w", err)
	}
	return token, nil
}

// guard sets what every answer has, and refuses a browser that was led here
// under another site's name (DNS rebinding).
func (s *Server) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		header := w.Header()
		header.Set("Content-Security-Policy", policy)
		header.Set("X-Content-Type-Options", "nosniff")
		header.Set("Referrer-Policy", "same-origin")
		header.Set("Cross-Origin-Resource-Policy", "same-origin")
		if s.loopback && !isLoopbackHost(r.Host) {
			http.Error(w, "this server answers only to its own address, "+s.URL(), http.StatusMisdirectedRequest)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// AddressError says that what was given is no address to listen on.
type AddressError struct{ Fault string }

func (e *AddressError) Error() string { return e.Fault }

// checkAddress wants host:port; the error is an *AddressError.
func checkAddress(ctx context.Context, listen string) error {
	_, port, err := net.SplitHostPort(listen)
	if err != nil {
		return &AddressError{fmt.Sprintf("%q is no address; write host:port, as 127.0.0.1:PORT", listen)}
	}
	if _, err := net.DefaultResolver.LookupPort(ctx, "tcp", port); err != nil {
		return &AddressError{fmt.Sprintf("%q is no address: there is no port %q; write one of 1 to 65535, or 0 for a free one", listen, port)}
	}
	return nil
}

func isLoopbackHost(hostport string) bool {
	host := hostport
	if name, _, err := net.SplitHostPort(hostport); err == nil {
		host = name
	}
	ip := net.ParseIP(strings.Trim(host, "[]"))
	return strings.EqualFold(host, "localhost") || ip != nil && ip.IsLoopback()
}

// allowed lets everybody on the machine see pages, and beyond it who has the
// token or has logged in with it.
func (s *Server) allowed(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if s.loopback || s.hasToken(r) || s.hasCookie(r) {
			next(w, r)
			return
		}
		w.Header().Set("WWW-Authenticate", "Bearer")
		page(w, http.StatusUnauthorized, "Log in", `<p>These reports are not public. <a href="/login">Log in</a> with the workspace's token.</p>`)
	}
}

func (s *Server) withToken(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if !s.hasToken(r) {
			w.Header().Set("WWW-Authenticate", "Bearer")
			http.Error(w, "this wants the header `Authorization: Bearer TOKEN`; the token is in PARLEY_TOKEN or the workspace's .parley/token", http.StatusUnauthorized)
			return
		}
		next(w, r)
	}
}

func (s *Server) hasToken(r *http.Request) bool {
	given, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	return ok && same(given, s.config.Token)
}

func (s *Server) hasCookie(r *http.Request) bool {
	cookie, err := r.Cookie(cookieName)
	return err == nil && same(cookie.Value, s.cookie())
}

// cookie follows from the token but does not give it away; a new token ends every login.
func (s *Server) cookie() string {
	mac := hmac.New(sha256.New, []byte(s.config.Token))
	mac.Write([]byte("login"))
	return hex.EncodeToString(mac.Sum(nil))
}

func same(a, b string) bool {
	x, y := sha256.Sum256([]byte(a)), sha256.Sum256([]byte(b))
	return subtle.ConstantTimeCompare(x[:], y[:]) == 1
}

func (s *Server) loginPage(w http.ResponseWriter, _ *http.Request) {
	page(w, http.StatusOK, "Log in", loginForm)
}

const loginForm = `<form method="post" action="/login"><p><label>The workspace's token<br><input name="token" type="password" autocomplete="current-password" required autofocus></label></p><p><button>Log in</button></p></form>`

func (s *Server) login(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 4<<10)
	if !same(r.PostFormValue("token"), s.config.Token) {
		page(w, http.StatusUnauthorized, "Log in", `<p role="alert">That is not the token. It is in PARLEY_TOKEN or the workspace's .parley/token.</p>`+loginForm)
		return
	}
	//nolint:gosec // Secure where there is TLS: on loopback, and behind a proxy that ends TLS, there is none
	http.SetCookie(w, &http.Cookie{Name: cookieName, Value: s.cookie(), Path: "/", HttpOnly: true, SameSite: http.SameSiteStrictMode, Secure: r.TLS != nil, MaxAge: 30 * 24 * 3600})
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

// page writes a small page of the server's own; body is its HTML, never a user's text.
func page(w http.ResponseWriter, status int, title, body string) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	fmt.Fprintf(w, `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark"><title>%s · Parley</title></head><body><main><h1>%s</h1>%s</main></body></html>`, title, title, body)
}
