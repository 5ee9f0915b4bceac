# `make help` says what there is.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
COMMIT := $(shell git rev-parse HEAD 2>/dev/null)
TOOLS := $(CURDIR)/.cache/bin
GO_BUILD := CGO_ENABLED=0 go build -trimpath -buildvcs=false
# A throwaway PostgreSQL server for one command: see internal/testpg.
WITH_SERVER := $(TOOLS)/throwaway-pg --
WITH_DURABLE_SERVER := $(TOOLS)/throwaway-pg --fsync --
# A server of the developer's own, where one is named, serves all but the benchmarks.
ifdef SYNCD_TEST_DATABASE_URL
WITH_SERVER :=
endif

# make soak ROUNDS=50; make test TESTFLAGS='-run Resume -v'
ROUNDS ?= 10
# Random histories of each of the five kinds in a soak.
HISTORIES ?= 200
# Kills and freezes of processes that share a user's tokens, in a soak.
KILLS ?= 200
TESTFLAGS ?=
# What runs. The root's own tests read the sources and documents, in which nothing races, and take ten times as long with
# the race detector.
# The longest come first: the last to begin are short, and no core waits for one of them.
PROGRAM := ./internal/process ./internal/e2e ./cmd/syncd ./internal/store ./internal/web ./internal/httpcall ./internal/partner/isidoor ./internal/partner/preset ./internal/alert ./internal/app ./cmd/... ./internal/...
# What tests start, made once for all of them.
TEST_PROGRAM := $(CURDIR)/.cache/test/syncd
# Test binaries at once: most wait for processes and the server half of their time.
TESTED_AT_ONCE ?= 2
# What tests in Chromium are called, which make test-web runs.
BROWSER_TESTS := InABrowser$$
# Nobody debugs a test's binary where it was linked for one run: without DWARF that takes half as long.
LINKED := -ldflags=-w
# The race detector lets a program sleep a second before it ends, so that another goroutine's report gets out: sixty times for
# nothing. A test has waited for its goroutines.
RACE := GORACE=atexit_sleep_ms=20
# `make lint` vets. With GOGC=200 a fifteenth of the processor goes less into collecting garbage, for more memory.

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# What is built with another Go than go.mod names would fail later, and less plainly.
.PHONY: go
go:
	@scripts/go.sh

.PHONY: build
build: go ## build bin/syncd
	$(GO_BUILD) -ldflags '-X main.version=$(VERSION) -X main.commit=$(COMMIT)' -o bin/syncd ./cmd/syncd

.PHONY: man
man: ## write the manual pages to dist/man
	@VERSION=$(VERSION) scripts/man.sh dist/man

.PHONY: picture
picture: ## draw the pictures of the READMEs from docs/flow.txt and docs/fr/flow.txt
	@for name in docs/flow docs/fr/flow; do awk -f scripts/picture.awk $$name.txt >$$name.svg; done

.PHONY: deb
deb: $(TOOLS)/nfpm go ## build the Debian package in dist/, twice: the bytes must be the same
	@rm -rf dist/deb
	@VERSION=$(VERSION) NFPM=$< scripts/deb.sh dist/deb/first >/dev/null
	@VERSION=$(VERSION) NFPM=$< scripts/deb.sh dist/deb/again >/dev/null
	@cd dist/deb/first && for package in *.deb; do cmp "$$package" "../again/$$package"; done
	@mv dist/deb/first/*.deb dist/ && rm -rf dist/deb && ls dist/*.deb

.PHONY: release
release: $(TOOLS)/nfpm go ## of a tag vX.Y.Z: package, checksums, what is in it (CycloneDX), notes, to dist/release; TRIAL=1: of any commit
	@scripts/release.sh $(if $(TRIAL),--trial)

.PHONY: attach
attach: go ## make the release of the tag at the forge that CI's environment names, with what make release made; again: complete it
	@tag=$$(git describe --exact-match --tags --match 'v[0-9]*' HEAD 2>/dev/null) || { echo $$'attach: this commit has no tag vX.Y.Z\nhint: git checkout a tag, then make release attach' >&2; exit 2; }; \
	$(GO_BUILD) -o $(TOOLS)/attach ./cmd/attach && $(TOOLS)/attach "$$tag" "$$(git rev-parse HEAD)" dist/release

.PHONY: test-systemd
test-systemd: $(TOOLS)/nfpm go ## as root: boot Debian in a container and test package and service there (minutes)
	@rm -rf dist/test
	@scripts/test-systemd.sh "$$(NFPM=$< DEB_VERSION=0.1 scripts/deb.sh dist/test)" "$$(NFPM=$< DEB_VERSION=0.2 scripts/deb.sh dist/test)"

.PHONY: demo
demo: server-deps build throwaway-pg ## run the main job end to end on synthetic data
	@$(WITH_SERVER) scripts/demo.sh

.PHONY: test
test: test-deps throwaway-pg ## run all tests with the race detector on a throwaway server
	@$(GO_BUILD) -o $(TEST_PROGRAM) ./cmd/syncd
	@failed=; go test -vet=off -timeout 15m $(TESTFLAGS) . || failed=1; \
	$(WITH_SERVER) env GOGC=200 $(RACE) SYNCD_TEST_PROGRAM=$(TEST_PROGRAM) go test -race -vet=off $(LINKED) -p $(TESTED_AT_ONCE) -timeout 15m -skip '$(BROWSER_TESTS)' $(TESTFLAGS) $(PROGRAM) || failed=1; \
	if [ -z "$$failed" ]; then echo 'make test: all tests passed'; \
	else echo 'make test: FAILED, see the lines that begin with FAIL above' >&2; exit 1; fi

# Without the race detector, with which `make test` asks the same page for the same, as a browser does.
.PHONY: test-web
test-web: test-deps throwaway-pg ## look at the operators' page in Chromium: accessible, by the keyboard, on a telephone, without scripts
	@$(WITH_SERVER) go test -vet=off -timeout 15m $(TESTFLAGS) -run '$(BROWSER_TESTS)' ./internal/browsertest ./internal/web

.PHONY: screenshots
screenshots: test-deps throwaway-pg ## draw the pictures of the operators' page for the documents, in Chromium: docs/pictures
	@$(WITH_SERVER) go test -vet=off -count=1 -run TestPicturesInABrowser ./internal/web -pictures $(CURDIR)/docs/pictures

.PHONY: lint
lint: go $(TOOLS)/golangci-lint ## check format, modules, vet, linters, import rules, shell scripts and systemd units
	@unformatted=$$(gofmt -l cmd internal migrations); \
	if [ -n "$$unformatted" ]; then echo "not formatted, run gofmt -w:"$$'\n'"$$unformatted" >&2; exit 1; fi
	go mod tidy -diff
	go mod verify
	go vet ./...
	$(TOOLS)/golangci-lint run ./...
	@command -v shellcheck >/dev/null || { echo 'lint: shellcheck is not installed, run: make deps' >&2; exit 1; }
	shellcheck scripts/*.sh .ci/run
	shellcheck -s sh internal/testpg/supervise.sh packaging/syncd-admin packaging/p{reinst,ostinst,rerm,ostrm}
	@scripts/lint-systemd.sh

.PHONY: lint-systemd
lint-systemd: ## check the systemd units
	@scripts/lint-systemd.sh

.PHONY: generate
generate: $(TOOLS)/sqlc ## generate internal/store/dbsqlc from the SQL queries
	$(TOOLS)/sqlc generate

.PHONY: generate-check
generate-check: $(TOOLS)/sqlc ## fail if the generated code is not what the queries say
	@$(TOOLS)/sqlc diff || { echo 'internal/store/dbsqlc is out of date: run make generate' >&2; exit 1; }

.PHONY: bench
bench: test-deps build throwaway-pg ## run the benchmarks on a durable throwaway server
	@$(WITH_DURABLE_SERVER) go test -run '^$$' -bench . -benchmem -timeout 60m $(TESTFLAGS) ./...

.PHONY: soak
soak: test-deps throwaway-pg ## run 1,000 random histories and hundreds of kills, then all tests ROUNDS times, other random cases each time
	@$(WITH_SERVER) go test -race -timeout 6h -run TestHistories ./internal/e2e -rapid.checks=$(HISTORIES)
	@$(WITH_SERVER) go test -timeout 1h -run 'KilledAtAnyInstant|ManyDossiers|TestRateOf|TestProcessesShareAGrant' ./internal/process -long -kills=$(KILLS)
	@$(WITH_SERVER) go test -race -count $(ROUNDS) -timeout 6h $(TESTFLAGS) $(PROGRAM)

.PHONY: fresh
fresh: ## run demo and tests in a fresh copy of what is committed
	@scripts/fresh.sh

.PHONY: deps
deps: ## install Debian's PostgreSQL, C compiler, Chromium and checkers where missing (starts no cluster)
	@scripts/deps.sh compiler browser checkers

.PHONY: clean
clean: ## remove what was built
	rm -rf bin dist .cache

.PHONY: server-deps
server-deps: go
	@scripts/deps.sh

.PHONY: test-deps
test-deps: go
	@scripts/deps.sh compiler browser

.PHONY: throwaway-pg
throwaway-pg: go
	@$(GO_BUILD) -o $(TOOLS)/throwaway-pg ./internal/testpg/cmd/throwaway-pg

# Tools have module files of their own: what they need never mixes with what syncd needs.
$(TOOLS)/sqlc: tools/sqlc/go.mod tools/sqlc/go.sum
	@echo 'building sqlc (one to two minutes the first time)'
	@cd tools/sqlc && CGO_ENABLED=0 go build -buildvcs=false -o $@ github.com/sqlc-dev/sqlc/cmd/sqlc

$(TOOLS)/nfpm: tools/nfpm/go.mod tools/nfpm/go.sum
	@echo 'building nfpm (about a minute the first time)'
	@cd tools/nfpm && CGO_ENABLED=0 go build -buildvcs=false -o $@ github.com/goreleaser/nfpm/v2/cmd/nfpm

$(TOOLS)/golangci-lint: tools/golangci-lint/go.mod tools/golangci-lint/go.sum
	@echo 'building golangci-lint (about two minutes the first time)'
	@cd tools/golangci-lint && CGO_ENABLED=0 go build -buildvcs=false -o $@ github.com/golangci/golangci-lint/v2/cmd/golangci-lint
