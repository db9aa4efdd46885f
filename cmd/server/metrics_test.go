package server_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"parley/cmd/server"
	"parley/sql/warehouse"
)

func oneFigure() *prometheus.Registry {
	registry := prometheus.NewRegistry()
	figure := prometheus.NewGauge(prometheus.GaugeOpts{Name: "parley_test", Help: "A figure."})
	figure.Set(7)
	registry.MustRegister(figure)
	return registry
}

// serve answers until the test ends.
func serve(t *testing.T, s *server.Server) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

func TestMetricsBesideThePages(t *testing.T) {
	t.Parallel()
	for listen, anonymous := range map[string]int{"127.0.0.1:0": http.StatusOK, "0.0.0.0:0": http.StatusUnauthorized} {
		s, err := server.New(t.Context(), server.Config{
			Listen: listen, Reports: t.TempDir(), Token: "open sesame", Metrics: oneFigure(),
			Open: func(context.Context) (*warehouse.Reader, error) { return nil, warehouse.ErrNoBuild },
		})
		if err != nil {
			t.Fatal(err)
		}
		serve(t, s)
		address := s.URL() + "metrics" // also where it listens everywhere
		if !strings.HasPrefix(address, "http://127.0.0.1:") || s.Everywhere() != (listen == "0.0.0.0:0") {
			t.Errorf("on %s it says that it is at %s, everywhere: %v", listen, address, s.Everywhere())
		}
		if status, text, _ := get(t, http.DefaultClient, "GET", address, "", nil); status != anonymous || strings.Contains(text, "parley_test") != (anonymous == http.StatusOK) {
			t.Errorf("on %s without a token: %d %s", listen, status, text)
		}
		status, text, _ := get(t, http.DefaultClient, "GET", address, "", map[string]string{"Authorization": "Bearer open sesame"})
		if status != http.StatusOK || !strings.Contains(text, "parley_test 7") {
			t.Errorf("on %s with the token: %d %s", listen, status, text)
		}
	}
}

func TestMetricsAloneStayOnThisMachine(t *testing.T) {
	t.Parallel()
	for _, listen := range []string{"0.0.0.0:0", ":0", "[::]:0", "192.0.2.1:9464", "9464", "metrics.example.com:9464"} {
		if _, err := server.NewMetrics(t.Context(), listen, oneFigure(), nil); err == nil || !strings.Contains(err.Error(), "127.0.0.1:") {
			t.Errorf("%s: %v", listen, err)
		}
	}
	for listen, fault := range map[string]string{"nonsense": "write host:port", "127.0.0.1:99999": `there is no port "99999"`, "127.0.0.1:-1": `there is no port "-1"`} {
		_, err := server.NewMetrics(t.Context(), listen, oneFigure(), nil)
		var address *server.AddressError
		if !errors.As(err, &address) || !strings.Contains(err.Error(), fault) || strings.Contains(err.Error(), "another program") {
			t.Errorf("%s: %v", listen, err)
		}
	}
	s, err := server.NewMetrics(t.Context(), "127.0.0.1:0", oneFigure(), nil)
	if err != nil {
		t.Fatal(err)
	}
	serve(t, s)
	if status, text, _ := get(t, http.DefaultClient, "GET", s.URL()+"metrics", "", nil); status != http.StatusOK || !strings.Contains(text, "parley_test 7") {
		t.Errorf("%d %s", status, text)
	}
	if status, _, _ := get(t, http.DefaultClient, "GET", s.URL(), "", nil); status != http.StatusNotFound {
		t.Errorf("something else is served: %d", status)
	}
	// A browser that was led here under another site's name gets nothing.
	if status, text, _ := get(t, http.DefaultClient, "GET", s.URL()+"metrics", "", map[string]string{"Host": "evil.example"}); status != http.StatusMisdirectedRequest {
		t.Errorf("%d %s", status, text)
	}
	if _, err := server.NewMetrics(t.Context(), strings.TrimSuffix(strings.TrimPrefix(s.URL(), "http://"), "/"), oneFigure(), nil); err == nil || !strings.Contains(err.Error(), "choose another by --metrics") {
		t.Errorf("an address that is taken: %v", err)
	}
}
