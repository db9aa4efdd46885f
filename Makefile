# The two to know: `make demo` shows the whole way on a demo company, `make test` proves it.
GO      ?= go
GOFLAGS ?=
export GOFLAGS

.DEFAULT_GOAL := help
.PHONY: help build demo test test-short bench torture lint fuzz clean

help: ## show what there is to make
	@awk -F':.*## ' '/^[a-z-]+:.*## / {printf "  make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

build: ## build bin/parley
	@echo "building bin/parley (the first time takes some minutes: DuckDB is linked in)"
	@$(GO) build -o bin/parley ./cmd/parley

demo: build ## run the main job on a demo company, in demo/
	@bin/parley demo demo

test: ## run all tests, with a real Kafka, PostgreSQL and Chromium where they can be had
	@testdata/with-services $(GO) test -timeout 40m ./...

test-short: ## run the tests that need nothing but Go
	@$(GO) test -timeout 10m ./...

torture: ## kill and stop what lands, its disk and its Kafka 500 times (PARLEY_TORTURE=N, PARLEY_SEED=N), and count
	@PARLEY_TORTURE=$${PARLEY_TORTURE:-500} testdata/with-services \
		$(GO) test -count=1 -v -timeout 3h -run '^Test(Torture|Killed)' ./pipelines/landing

bench: ## run every benchmark once, with memory
	@$(GO) test -run '^$$' -bench . -benchtime 1x -benchmem ./...

lint: ## go vet, staticcheck, gofmt; golangci-lint where it is installed
	@test -z "$$(gofmt -l $$(git ls-files '*.go'))" || { echo "gofmt: run gofmt -w on:"; gofmt -l $$(git ls-files '*.go'); exit 1; }
	@$(GO) vet ./...
	@$(GO) tool staticcheck ./...
	@if command -v golangci-lint >/dev/null; then golangci-lint run ./...; else echo "golangci-lint is not installed: its checks were not run"; fi

fuzz: ## fuzz what parses, 30 seconds each
	@for package in $$($(GO) list ./...); do \
		for target in $$($(GO) test -list '^Fuzz' $$package | grep '^Fuzz'); do \
			$(GO) test -run '^$$' -fuzz "^$$target$$" -fuzztime 30s $$package || exit 1; \
		done; \
	done

clean: ## remove what was built, and the demo's workspace
	@rm -rf bin demo
