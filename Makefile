# Everything here is one of the scripts in dev/, each of which runs alone and says what it takes with --help.

release := swift build -c release --static-swift-stdlib -Xlinker -s -Xlinker --gc-sections

.PHONY: help build test check fast-tests json-tests real-tests deps demo bench oracle peers fleet-up fleet-down clean
.DEFAULT_GOAL := help

help: ## this list
	@sed -nE 's/^([a-z-]+):.*## (.*)/  make \1\t\2/p' Makefile | expand -t 22

build: ## the release binary, build/gantry
	$(release) --product gantry
	@mkdir -p build
	@cp "$$($(release) --show-bin-path)/gantry" build/gantry.new && mv build/gantry.new build/gantry

test: deps check build json-tests real-tests ## everything, set-up included; hosts or Kafka that cannot be had are named skips

check: ## format, layers, words, scripts, contrib, generated code, fast tests
	dev/check-format
	dev/check-layers
	dev/check-words
	dev/check-scripts
	dev/check-contrib
	swift build --build-tests
	KAFKA_MESSAGE_GENERATOR="$$(swift build --show-bin-path)/KafkaMessageGenerator" dev/check-generated
	dev/test-fast

fast-tests: ## what needs no hosts
	swift build --build-tests
	dev/test-fast

json-tests: ## what the built product writes with --format json, against docs/json
	dev/test-json

real-tests: ## on real hosts; build first
	swift build --build-tests
	dev/test-real

deps: ## what all of this takes on a bare Debian 12
	dev/deps

demo: $(if $(REAL),deps) build ## the product's life on a simulated fleet; REAL=1: the same on real hosts
	REAL='$(REAL)' KEEP='$(KEEP)' dev/demo

bench: deps build ## figures as JSON, with ratios
	dev/bench

oracle: ## the planner's bounds against exact optima (HiGHS)
	swift build -c release --product gantry-bench
	Benchmarks/oracle/run

peers: ## the planner beside Kafka's own and Yelp's, judged alike
	swift build -c release --product gantry-bench
	Benchmarks/peers/run

fleet-up: deps ## three hosts to play with
	dev/fleet up 3

fleet-down: ## and away with them
	dev/fleet down

clean:
	rm -rf build .build
