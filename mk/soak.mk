# What runs for as long as one likes, and what an operator gets.

.PHONY: soak-traffic neighbours-minute alerts-check

SOAK_TIME    ?= 10m
SOAK_RATE    ?= 0.1
SOAK_CLIENTS ?= 24
SOAK_SEED    ?= 1
soak-traffic: ## images pushed and pulled under faults for SOAK_TIME, see tests/soak
	$(GO) test ./tests/soak -run '^TestTrafficUnderFaults$$' -count=1 -v -timeout 0 -args \
	  -soak.time=$(SOAK_TIME) -soak.rate=$(SOAK_RATE) -soak.clients=$(SOAK_CLIENTS) -soak.seed=$(SOAK_SEED)

neighbours-minute: ## the service throttles for a whole minute
	$(GO) test ./tests/neighbours -run '^TestThrottlingPasses$$' -count=1 -v -timeout 10m -args -neighbours.throttle=1m

PROMTOOL ?= $(GO) tool -modfile=tools/promtool/go.mod promtool
alerts-check: ## promtool on the alert rules and their tests (its first build takes long)
	$(PROMTOOL) check rules deploy/prometheus/rules.yml
	$(PROMTOOL) test rules deploy/prometheus/rules_test.yml
