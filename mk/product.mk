# The fork as a product: the patch queue, the images, releases.

PATCHQUEUE := $(GO) run ./tools/patchqueue
BUILDX     ?= docker buildx

.PHONY: patches patches-check patches-fresh rebase upstream-tree \
        image image-check cross reproduce lint-product release-notes

patches: ## write patches/ from the sources and patches/queue.yaml
	$(PATCHQUEUE) generate

patches-fresh: ## fail if patches/ is stale, or any file repeats lines of upstream's
	$(PATCHQUEUE) generate -check
	$(PATCHQUEUE) originality

patches-check: patches-fresh ## apply the queue to pristine upstream; build, vet and test after each patch
	$(PATCHQUEUE) check

rebase: ## move to upstream's version UPSTREAM=vX.Y.Z and say what changed there
	$(PATCHQUEUE) rebase -upstream '$(UPSTREAM)'

upstream-tree: ## leave upstream with the queue applied in DIR (new, or a clone of upstream)
	$(PATCHQUEUE) tree -dir '$(DIR)'

image: ## the image for this machine, registry-azure:local (needs docker)
	VERSION='$(VERSION)' REVISION='$(REVISION)' \
	  SOURCE_DATE_EPOCH="$$(git log -1 --format=%ct)" $(BUILDX) bake image-local

lint-product: ## actionlint, BuildKit's Dockerfile checks, the bake file
	$(GO) tool -modfile=tools/actionlint/go.mod actionlint
	$(GO) test -C tools/bake -count=1 ./...
	$(GO) run -C tools/bake ./dockerfilelint ../../Dockerfile

cross: ## the binary for all platforms of the image
	$(GO) run ./tools/crossbuild -version '$(VERSION)' -revision '$(REVISION)'

reproduce: ## build for linux/amd64 twice and compare
	$(GO) run ./tools/crossbuild -reproduce -platform linux/amd64

image-check: lint-product cross reproduce ## everything about the image that needs no build engine

release-notes: ## what CHANGELOG.md says about VERSION; fails if that is nothing
	@awk -v heading='## $(VERSION)' 'index($$0 " ", heading " ") == 1 { found = 1; next } /^## / { found = 0 } \
	  found { print; lines++ } END { exit lines == 0 }' CHANGELOG.md
