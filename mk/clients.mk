# What other people's clients make. skopeo, buildah and podman are the system's.

.PHONY: clients

CLIENTSFLAGS ?=

CLIENTS := $(CURDIR)/build/clients
clients: build ## registry verify finds nothing in what crane, regctl, oras, helm, skopeo, buildah and podman push
	$(NOWORK) $(GO) build -C tests/clients -o $(CLIENTS)/ tool
	$(AZURITE) env $(NOWORK) REGISTRY=$(CURDIR)/bin/registry CLIENTS=$(CLIENTS) \
	  $(GO) test -C tests/clients -count=1 -timeout 20m $(CLIENTSFLAGS) ./...
