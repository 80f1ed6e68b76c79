# The example of a program that imports the driver, a module of its own.

.PHONY: embedder embedder-newest

EMBEDDER := examples/embedder
DRIVER   := $(MODULE)/registry/storage/driver/azure
SDK      := github.com/Azure/azure-sdk-for-go/sdk

embedder: ## the example of an embedder, with the modules that its go.mod names
	$(NOWORK) $(AZURITE) $(GO) test -C $(EMBEDDER) -count=1 ./...

# go get changes a copy of go.mod. Who imports the driver gets the newest of these sooner or later.
NEWEST      := $(CURDIR)/build/embedder/go.mod
WITH_NEWEST := GOFLAGS='-modfile=$(NEWEST) -mod=mod'
embedder-newest: ## the example and the driver with the newest azblob, azcore and azidentity
	@mkdir -p build/embedder && cp $(EMBEDDER)/go.mod $(EMBEDDER)/go.sum build/embedder
	$(NOWORK) $(GO) -C $(EMBEDDER) get -modfile=$(NEWEST) -u $(SDK)/storage/azblob@latest $(SDK)/azcore@latest $(SDK)/azidentity@latest
	$(NOWORK) $(GO) -C $(EMBEDDER) list -modfile=$(NEWEST) -mod=mod -m $(SDK)/storage/azblob $(SDK)/azcore $(SDK)/azidentity
	$(NOWORK) $(AZURITE) env $(WITH_NEWEST) $(GO) test -C $(EMBEDDER) -count=1 ./...
	$(NOWORK) $(AZURITE) env $(WITH_NEWEST) $(GO) test -C $(EMBEDDER) -count=1 -short -timeout 20m $(DRIVER) $(DRIVER)/internal/service
