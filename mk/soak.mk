# What runs for as long as one likes, and what an operator gets.

.PHONY: soak soak-traffic alerts-check alerts-test

SOAK_TIME ?= 10m
SOAK_SEED ?= 1
soak: upstream ## the simulation for SOAK_TIME: histories per second, and what they covered
	$(GO) test ./registry/storage/driver/azure -run '^TestSimulation$$' -count=1 -v -timeout 0 -args \
	  -sim.time=$(SOAK_TIME) -sim.seed=$(SOAK_SEED)

SOAK_RATE    ?= 0.1
SOAK_CLIENTS ?= 48
soak-traffic: upstream ## images pushed and pulled under faults for SOAK_TIME, see tests/soak
	$(GO) test ./tests/soak -run '^TestTrafficUnderFaults$$' -count=1 -v -timeout 0 -args \
	  -soak.time=$(SOAK_TIME) -soak.rate=$(SOAK_RATE) -soak.clients=$(SOAK_CLIENTS) -soak.seed=$(SOAK_SEED)

alerts-check: ## the alert rules and the dashboard's queries are well-formed
	$(NOWORK) $(GO) test -C tools/promtool -count=1 ./...

PROMTOOL ?= $(NOWORK) $(GO) tool -modfile=tools/promtool/go.mod promtool
alerts-test: ## promtool on the alert rules and their tests (its first build takes some minutes)
	$(PROMTOOL) check rules deploy/prometheus/rules.yml
	$(PROMTOOL) test rules deploy/prometheus/rules_test.yml
