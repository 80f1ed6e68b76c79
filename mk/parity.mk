# The cases of public reports and the OCI's suite, ours beside stock.

.PHONY: parity conformance

PARITY ?=
parity: upstream ## the cases of public reports against our binary and pristine upstream: a table; PARITY=pattern for some
	$(GO) run ./tests/parity/compare -run '$(PARITY)'

CONFORMANCE ?=
conformance: upstream ## the OCI's conformance suite against our binary and pristine upstream: the counts, build/conformance
	$(GO) test ./tests/conformance -count=1 -v -args $(CONFORMANCE)
