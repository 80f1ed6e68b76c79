# Measurements. docs/performance.md tells how to read them.

BENCHFLAGS ?=

.PHONY: bench microbench

bench: upstream ## our driver and upstream's side by side: a table, bench/results.json, docs/performance.svg
	$(GO) run ./bench -json bench/results.json -svg docs/performance.svg $(BENCHFLAGS)

microbench: ## the driver's hot paths, allocations included, for benchstat
	@$(GO) test -run '^$$' -bench '^Benchmark(PutContent|GetContent|Stat|Reader|Writer|Walk)$$' -benchmem -count 6 \
	  ./registry/storage/driver/azure
	@$(GO) test -run '^$$' -bench . -benchmem -count 6 ./registry/storage/driver/azure/internal/blockbuf
