# The cases of public reports, ours beside stock.

.PHONY: parity

PARITY ?=
parity: ## the cases of public reports against our binary and pristine upstream: a table; PARITY=pattern for some
	$(GO) run ./tests/parity/compare -run '$(PARITY)'
