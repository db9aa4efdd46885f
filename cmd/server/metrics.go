package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// metricsHandler answers with what gatherer gathers. A part that cannot be
// gathered is logged, and the others are given.
func metricsHandler(gatherer prometheus.Gatherer, logger *slog.Logger) http.Handler {
	return promhttp.HandlerFor(gatherer, promhttp.HandlerOpts{
		ErrorLog:            slog.NewLogLogger(logger.Handler(), slog.LevelWarn),
		ErrorHandling:       promhttp.ContinueOnError,
		MaxRequestsInFlight: 4,
		Timeout:             30 * time.Second,
	})
}

// NewMetrics listens on an address of this machine alone, and answers from
// Serve on with nothing but GET /metrics.
func NewMetrics(ctx context.Context, listen string, gatherer prometheus.Gatherer, logger *slog.Logger) (*Server, error) {
	if err := checkAddress(ctx, listen); err != nil {
		return nil, fmt.Errorf("serve metrics: %w", err)
	}
	beyond := fmt.Errorf("serve metrics: %w", &AddressError{fmt.Sprintf("%s is not of this machine alone; write 127.0.0.1:PORT. Beyond it `parley run` and `parley serve` give /metrics to whoever has the token", listen)})
	if !isLoopbackHost(listen) {
		return nil, beyond
	}
	if logger == nil {
		logger = slog.New(slog.DiscardHandler)
	}
	pages := http.NewServeMux()
	pages.Handle("GET /metrics", metricsHandler(gatherer, logger))
	s := &Server{config: Config{Listen: listen, Logger: logger}}
	if err := s.listen(ctx, s.guard(pages), "choose another by --metrics"); err != nil {
		return nil, fmt.Errorf("serve metrics: %w", err)
	}
	if !s.loopback { // a name that means another address here
		return nil, errors.Join(beyond, s.listener.Close())
	}
	return s, nil
}
