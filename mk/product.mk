# The fork as a product: the patch queue, the images, releases.

PATCHQUEUE := $(NOWORK) $(GO) run ./tools/patchqueue
BUILDX     ?= docker buildx

.PHONY: patches patches-check originality pull-request rebase \
        image image-check cross reproduce lint-product release-notes push-and-pull

patches: ## build/patches: the fork as mails for git am, and the pull requests
	$(PATCHQUEUE) mails

# UPSTREAM: another version than the pinned one. PATCH: only these.
patches-check: originality ## each patch: apply, build, vet, upstream's linters, tests; its test fails without it
	$(NOWORK) $(GO) run ./internal/azurite/cmd/withazurite -https $(PATCHQUEUE_CHECK) -upstream '$(UPSTREAM)' \
	  -lint '$(GO) run $(GOLANGCI_LINT_CMD)' $(PATCH)

PATCHQUEUE_CHECK = $(GO) run ./tools/patchqueue check

pull-request: ## leave patch NAME of series.upstream as a branch in DIR, a clone of upstream
	$(PATCHQUEUE) pull-request -name '$(NAME)' -dir '$(DIR)'

rebase: ## move to upstream's version UPSTREAM=vX.Y.Z and say which patches don't fit
	$(PATCHQUEUE) rebase -upstream '$(UPSTREAM)'

originality: ## fail if any file here repeats lines of upstream's
	$(PATCHQUEUE) originality

image: ## the image for this machine, registry-azure:local (needs docker)
	VERSION='$(VERSION)' REVISION='$(REVISION)' \
	  SOURCE_DATE_EPOCH="$$(git log -1 --format=%ct)" $(BUILDX) bake image-local

REGISTRY ?= localhost:5000
push-and-pull: ## busybox into REGISTRY and out of it again (needs docker)
	docker tag busybox:stable $(REGISTRY)/busybox:stable
	docker push $(REGISTRY)/busybox:stable
	docker rmi $(REGISTRY)/busybox:stable
	docker pull $(REGISTRY)/busybox:stable

lint-product: ## actionlint, BuildKit's Dockerfile checks, the bake file
	$(NOWORK) $(GO) tool -modfile=tools/actionlint/go.mod actionlint
	$(NOWORK) $(GO) test -C tools/bake -count=1 ./...
	$(NOWORK) $(GO) run -C tools/bake ./dockerfilelint ../../Dockerfile

cross: upstream ## the binary for all platforms of the image
	$(GO) run ./tools/crossbuild -version '$(VERSION)' -revision '$(REVISION)'

reproduce: upstream ## build for linux/amd64 twice and compare
	$(GO) run ./tools/crossbuild -reproduce -platform linux/amd64

image-check: lint-product cross reproduce ## everything about the image that needs no build engine

release-notes: ## what CHANGELOG.md says about VERSION; fails if that is nothing
	@awk -v heading='## $(VERSION)' 'index($$0 " ", heading " ") == 1 { found = 1; next } /^## / { found = 0 } \
	  found { print; lines++ } END { exit lines == 0 }' CHANGELOG.md || \
	  { echo "CHANGELOG.md has no section '## $(VERSION)', or nothing in it" >&2; exit 1; }
