// Package page answers every request with one page. Traefik interprets it; it is not compiled.
package page

import (
	"context"
	"net/http"
	"strconv"
)

// Config is what the dynamic configuration says.
type Config struct {
	Status     int    `json:"status"`
	RetryAfter int    `json:"retryAfter"`
	Body       string `json:"body"`
}

// CreateConfig returns an empty configuration for Traefik to fill.
func CreateConfig() *Config { return &Config{} }

type page struct{ config *Config }

// New returns the handler; the next one is never asked.
func New(_ context.Context, _ http.Handler, config *Config, _ string) (http.Handler, error) {
	return &page{config}, nil
}

func (p *page) ServeHTTP(answer http.ResponseWriter, request *http.Request) {
	answer.Header().Set("Content-Type", "text/html; charset=utf-8")
	answer.Header().Set("Cache-Control", "no-store")
	answer.Header().Set("Retry-After", strconv.Itoa(p.config.RetryAfter))
	answer.WriteHeader(p.config.Status)
	if request.Method != http.MethodHead {
		answer.Write([]byte(p.config.Body))
	}
}
