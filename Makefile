# What a newcomer needs: Go, Node.js, git and make. See README.md.
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := build

MODULE      := github.com/distribution-azure/distribution/v3
UPSTREAM_MOD := github.com/distribution/distribution/v3
VERSION     ?= $(shell git describe --tags --match 'v[0-9]*' --dirty 2>/dev/null || echo devel)
REVISION    ?= $(shell git rev-parse HEAD 2>/dev/null)
LDFLAGS     := -X $(UPSTREAM_MOD)/version.version=$(VERSION) -X $(UPSTREAM_MOD)/version.mainpkg=$(MODULE) \
               -X $(UPSTREAM_MOD)/version.revision=$(REVISION)
GO          ?= go
GOTESTFLAGS ?= -timeout 60m

.PHONY: help upstream build run test fuzz lint fmt clean

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 18

# What the tools build outside of the workspace.
NOWORK := GOWORK=off

upstream: ## build/upstream and go.work: upstream with the patches of patches/series.fork
	@$(NOWORK) $(GO) run ./tools/patchqueue apply

build: upstream ## bin/registry
	$(GO) build -ldflags '$(LDFLAGS)' -o bin/registry ./cmd/registry

run: build ## a registry on localhost:5000 that stores in Azurite, data kept in .azurite
	@# Interrupted, go run fails even where what it runs doesn't.
	@$(GO) build -o bin/localregistry ./internal/azurite/cmd/localregistry
	@bin/localregistry bin/registry

test: upstream ## everything that is tested, what the patches touch in upstream included
	$(AZURITE) $(GO) test $(GOTESTFLAGS) $$($(GO) list ./... | grep -v /tests/parity$$)
	@# Alone: half of its cases are about how long somebody waits.
	$(AZURITE) $(GO) test $(GOTESTFLAGS) ./tests/parity
	$(GO) test -short -timeout 20m $$($(NOWORK) $(GO) run ./tools/patchqueue packages)

AZURITE := $(GO) run ./internal/azurite/cmd/withazurite

FUZZTIME ?= 30s
fuzz: upstream ## every fuzz target for FUZZTIME each
	@for target in $$(grep -rlE '^func Fuzz' --include='*_test.go' . | xargs -n1 dirname | sort -u); do \
	  for name in $$(grep -hoE '^func Fuzz[A-Za-z0-9]+' $$target/*_test.go | sed 's/^func //'); do \
	    $(GO) test $$target -run '^$$' -fuzz "^$$name$$" -fuzztime $(FUZZTIME); done; done

lint: upstream ## formatting, go vet, golangci-lint
	@unformatted=$$(gofmt -l $$(git ls-files '*.go')); \
	  if [ -n "$$unformatted" ]; then echo "gofmt these:" $$unformatted; exit 1; fi
	$(GO) vet ./...
	$(GO) run $(GOLANGCI_LINT_CMD) run ./...

GOLANGCI_LINT     := v2.15.0
GOLANGCI_LINT_CMD := github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI_LINT)

fmt: ## gofmt everything
	gofmt -w $$(git ls-files '*.go')

clean: ## what builds and `make run` leave behind
	rm -rf bin build out .azurite go.work go.work.sum

-include mk/*.mk
