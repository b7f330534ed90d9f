# dakasync. `make help` lists what can be done; Go is all that must be there.
SHELL := /bin/sh
GO    ?= go
# What users deploy is built without the workspace: the nested dev module would raise its versions.
ALONE := GOWORK=off
BUILD := $(ALONE) CGO_ENABLED=0 $(GO) build -trimpath -ldflags '-s -w'
FUZZTIME ?= 50000x

.DEFAULT_GOAL := help
.PHONY: help up build test verify lint vuln test-unit test-e2e fuzz fuzz-beside chaos chaos-controls blind bench record metrics dictionary tidy clean

help: ## show this list
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  %-15s %s\n", $$1, $$2}'

up: ## run everything on this machine: PostgreSQL, Temporal, simulator (without credentials), worker, starter
	@$(GO) run ./dev

build: ## build starter, worker, dakactl and simulator into bin/
	$(BUILD) -o bin/ ./starter ./worker ./dakactl ./simulator

test: verify lint test-unit ## everything: checks, lint, unit, property, workflow, replay, PostgreSQL, end to end, short fuzzing
	@$(MAKE) -j 2 test-e2e fuzz-beside

# The programs under test mostly wait for each other: fuzzing takes what they leave of the cores.
fuzz-beside:
	@nice -n 19 $(MAKE) fuzz

verify: ## formatting, tidy modules, vet, workflow determinism
	@test -z "$$(gofmt -l $$(git ls-files '*.go'))" || { gofmt -l $$(git ls-files '*.go'); echo 'verify: run gofmt -w on these files' >&2; exit 1; }
	$(ALONE) $(GO) mod tidy -diff
	cd dev && $(ALONE) $(GO) mod tidy -diff
	$(ALONE) $(GO) vet ./...
	$(GO) vet ./dev/...

lint: bin/tools/golangci-lint ## golangci-lint and workflowcheck, as pinned in tools/go.mod
	$(ALONE) bin/tools/golangci-lint run --allow-parallel-runners ./...
	cd dev && $(ALONE) ../bin/tools/golangci-lint run --allow-parallel-runners ./...
	$(ALONE) bin/tools/workflowcheck -config workflows/workflowcheck.yaml ./workflows/...

vuln: bin/tools/golangci-lint ## govulncheck, as pinned in tools/go.mod: known vulnerabilities in what the programs call; asks the network, or VULNDB=file:///copy
	@VULNDB="$(VULNDB)" sh tools/vuln.sh

bin/tools/golangci-lint: tools/go.mod tools/go.sum
	cd tools && $(ALONE) $(GO) build -o ../bin/tools/ tool
	@touch $@

test-unit: ## unit, property, workflow, replay and PostgreSQL tests, with the race detector
	$(ALONE) $(GO) test -race ./...

# Never from Go's cache, which does not see the programs that the tests build.
test-e2e: ## the real binaries on a real Temporal server and PostgreSQL against the simulator
	$(GO) test -count 1 -timeout 20m ./dev/...

fuzz: ## every fuzz target, $(FUZZTIME) inputs each
	@GO="$(GO)" FUZZTIME="$(FUZZTIME)" sh tools/fuzz.sh

TRIALS ?= 100
SEED   ?= 1
LANES  ?= 12
FAULTS ?=
RESTARTS ?= 100
chaos: ## kill, pause, cut and deceive at random: TRIALS=100 SEED=1 FAULTS='^kill' LANES=12; results add up in bin/chaos.jsonl
	@mkdir -p bin
	$(GO) test ./dev/e2e -run 'TestChaos$$' -count 1 -timeout 0 -chaos.trials $(TRIALS) -chaos.seed $(SEED) -chaos.lanes $(LANES) \
		-chaos.faults '$(FAULTS)' -chaos.results $(CURDIR)/bin/chaos.jsonl -chaos.keep $(CURDIR)/bin/chaos -chaos.report $(CURDIR)/docs/reliability.md

chaos-controls: ## switch each protection off in turn: the chaos suite must find the ledger wrong
	$(GO) test ./dev/e2e -run 'TestChaosControls$$|TestChaosWatches$$' -count 1 -timeout 0 -v -chaos.controls

blind: ## blind time at restarts of a starter, and a minute of a thousand events a second: RESTARTS=100
	$(GO) test ./dev/e2e -run 'TestBlindTime|TestFlood' -count 1 -timeout 0 -v -restarts $(RESTARTS) -flood 60s

bench: ## measure everything that docs/performance.md says, chapter by chapter, as ratios in one run
	$(GO) run ./dev/bench

record: ## record a set of workflow histories for the replay tests, from released code only: SET=2026-11-26-what-changed
	@test -n "$(SET)" || { echo 'record: name the set, such as SET=$(shell date +%F)' >&2; exit 1; }
	$(GO) test ./dev/e2e -run TestRecord -record '$(SET)' -count 1

metrics: ## write docs/metrics.md from what a real starter and a real worker show
	$(GO) test ./dev/e2e -run TestWhatOperatorsSee -count 1 -write-metrics

dictionary: ## write docs/data-dictionary*.md from the comments of a migrated PostgreSQL
	$(ALONE) $(GO) test ./ledger -run TestTheDictionaryIsTheSchemas -count 1 -write-dictionary

tidy: ## tidy every module
	$(ALONE) $(GO) mod tidy
	cd dev && $(ALONE) $(GO) mod tidy
	cd tools && $(ALONE) $(GO) mod tidy

clean: ## remove what was built
	rm -rf bin
