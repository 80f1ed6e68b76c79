# The fork as a product: the patch queue, the images, releases.

PATCHQUEUE := $(NOWORK) $(GO) run ./tools/patchqueue
BUILDX     ?= docker buildx

.PHONY: originality image image-check cross reproduce lint-product release-notes

originality: ## fail if any file here repeats lines of upstream's
	$(PATCHQUEUE) originality

image: ## the image for this machine, registry-azure:local (needs docker)
	VERSION='$(VERSION)' REVISION='$(REVISION)' \
	  SOURCE_DATE_EPOCH="$$(git log -1 --format=%ct)" $(BUILDX) bake image-local

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
