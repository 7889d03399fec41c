# Continuous integration runs these targets and nothing else: what fails there
# fails here. "make" alone lists them.

SHELL     := bash
FUZZTIME  ?= 20s
TOOLS     := internal/tools/go.mod
TOOL      := go tool -modfile=$(TOOLS)
RELEASE   := go tool -modfile=internal/tools/release/go.mod

# The race detector needs cgo and a C compiler. Where there is none, the tests
# run without it, and say so.
CC_FOUND  := $(shell command -v "$$(go env CC | cut -d' ' -f1)" 2>/dev/null)
RACE      := $(if $(CC_FOUND),-race,)

# Packages whose tests rewrite what they expect.
UPDATES   := $(sort $(dir $(shell grep -rl --include='*_test.go' 'flag.Bool."update"' .)))

# Tests that start whole processes against each other are the slow ones; the
# limit is for a machine with two slow cores.
TESTTIME  ?= 10m

.PHONY: help setup check fmt vet lint arch test race fuzz bench bench-tui update generate check-generated cover cross test-toolchains test-kernels vuln snapshot generate-bpf check-generated-bpf

help: ## list the targets
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

check: fmt vet lint arch ## what a reviewer would say first: format, vet, lint, layers

fmt: ## fail when a file is not formatted
	@unformatted="$$($(TOOL) gofumpt -l $$(git ls-files '*.go'))"; \
	if [ -n "$$unformatted" ]; then echo "not formatted (run: $(TOOL) gofumpt -w FILE):"; echo "$$unformatted"; exit 1; fi

vet: ## go vet
	go vet ./...

lint: ## golangci-lint with the settings in .golangci.yml
	$(TOOL) golangci-lint run ./...

arch: ## layers and house limits
	go test -count=1 ./internal/arch

test: setup vet race fuzz check-generated-bpf ## everything that must pass before a merge; needs Go alone

setup: ## install what some tests need besides Go: chromium and tmux, as root
	@bash .ci/setup

race: ## all tests, under the race detector where there is a C compiler
	@[ -n "$(RACE)" ] || echo "make: no C compiler, so the tests run without the race detector"
	go test $(RACE) -timeout $(TESTTIME) ./...

fuzz: ## every fuzz target of the tree for FUZZTIME (20s)
	@FUZZTIME=$(FUZZTIME) bash .ci/fuzz

bench-tui: ## the bars of the terminal UI in one run, in CPU time: what README quotes
	@uptime
	go test ./tui -run '^$$' -bench .
	go test ./cmd/goperf -run '^$$' -bench First

bench: ## top, merge and diff against pprof, and flame: time, memory and equality (BENCH=-large: 89 MB as well)
	go run ./internal/bench $(BENCH)
	go run ./internal/bench/flames $(filter -large,$(BENCH))

.PHONY: gc-accuracy
gc-accuracy: ## what goperf gc predicts against what happens, written to docs/gc-accuracy.md; about an hour, root on Linux
	nice -n -20 go run ./internal/gcaccuracy
	nice -n -20 go run ./internal/gcaccuracy -applied

.PHONY: gate-accuracy
gate-accuracy: ## how often goperf gate is wrong, by recorded runs, written to docs/gate-accuracy.md; about 15 minutes (RECORD=-record: 200 more, to record anew)
	go run ./internal/gateaccuracy $(RECORD)

update: ## rewrite all goldens, then show what changed
	go test $(UPDATES) -update
	git status --short

generate: ## rewrite generated documents
	go run ./internal/gendocs

.PHONY: screens
screens: ## pictures of the terminal UI, from the demo, written to docs/screens; Linux
	go run ./internal/screens

check-generated: generate ## fail when a generated document is out of date
	git diff --exit-code -- docs

generate-bpf: ## rebuild the BPF objects in ebpf/; installs clang 16 when it is missing
	@bash .ci/bpf

check-generated-bpf: ## fail when a BPF object is not what its source gives
	@bash .ci/bpf --check

cover: ## statement coverage over all packages, written to coverage.txt
	go test -coverpkg=./... -coverprofile=coverage.txt ./...
	go tool cover -func=coverage.txt | tail -1

cross: ## build and vet for the other systems
	GOOS=darwin GOARCH=arm64 go vet ./... && GOOS=darwin GOARCH=arm64 go build ./...
	GOOS=windows GOARCH=amd64 go vet ./... && GOOS=windows GOARCH=amd64 go build ./...
	GOOS=linux GOARCH=arm64 go vet ./... && GOOS=linux GOARCH=arm64 go build ./...

# The Go versions that "make test" leaves out.
TOOLCHAINS ?= go1.18.10 go1.20.14 go1.21.13 go1.23.12 go1.25.3 go1.27.4

test-toolchains: ## the tests that read Go processes, with programs of every Go version (downloads them)
	GOPERF_TOOLCHAINS="$(TOOLCHAINS)" go test -count=1 -timeout $(TESTTIME) ./ebpf/gosym ./ebpf/goproc

test-kernels: ## the probes on the kernels of Debian 11 to 13, in QEMU (downloads them; KERNELS="5.10 6.1 6.12")
	@bash .ci/kernels $(KERNELS)

vuln: ## known vulnerabilities in what goperf calls
	$(TOOL) govulncheck ./...

snapshot: ## release archives of this commit in dist/, published nowhere
	$(RELEASE) goreleaser release --snapshot --clean --config goreleaser.yaml
