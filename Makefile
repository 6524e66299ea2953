# etcdoc: make targets. `make` alone lists them.

GO       ?= go
BIN      := bin
LINT     := $(BIN)/golangci-lint
# golangci-lint is built from source at this version, with a module graph of its own.
LINT_VERSION := v2.15.0
BENCH    ?= .
FAULTS   ?= .
# The race detector needs cgo, which go switches off where it finds no C compiler; one that is named may not work.
CC_WORKS  = $(shell echo 'int main(void) { return 0; }' | $$($(GO) env CC) -x c -o /dev/null - 2>/dev/null && echo yes)
RACE     ?= $(if $(filter 1,$(shell $(GO) env CGO_ENABLED)),$(if $(CC_WORKS),-race))
# The packages that run goroutines. The others judge and draw in one goroutine: the race detector has nothing to find
# there, and takes four times as long. Of tui, TestProgram… run the whole program.
RACED    := ./cmd/internal/... ./cmd/etcdoc-demo ./probe/...
UNRACED   = $(filter-out $(shell $(GO) list $(RACED)),$(shell $(GO) list ./...))
# These of RACED run many whole commands on real clusters, of which the race detector sees the code in the other tests
# too, or read files in one goroutine: it would make minutes of them.
PLAIN    := ^(TestRealAlerts|TestRecipesGuard|TestScriptsOfTheDocs|TestExitCodesOfTheREADME|TestAlertsWithPromtool|$\
	TestMostMessages|TestTermsAreTheFields|TestCommentsNameWhatTheyDocument|TestRoomsREADMEs)$$

.DEFAULT_GOAL := help

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-20s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: build
build: ## build bin/etcdoc and bin/etcdoc-demo, without cgo as in the packages
	CGO_ENABLED=0 $(GO) build -o $(BIN)/ ./cmd/etcdoc ./cmd/etcdoc-demo

# The systems and processors that etcdoc is built for.
SYSTEMS    := linux darwin windows freebsd
PROCESSORS := amd64 arm64

# VERSION is that of a release, such as v1.2.3; without one it is that of the newest tag, or 0.0.0. RELEASE are the
# linker's flags of what is handed out: with the version, and without symbols.
VERSION ?= $(or $(shell git describe --tags --abbrev=0 2>/dev/null),v0.0.0)
RELEASE = '-s -w -X github.com/etcdoc/etcdoc/cmd/internal/cli.release=$(VERSION)'

.PHONY: cross
cross: ## build etcdoc for linux, darwin, windows and freebsd, on amd64 and arm64, into bin/SYSTEM-PROCESSOR
	@for system in $(SYSTEMS); do for processor in $(PROCESSORS); do \
		echo "$$system-$$processor"; \
		CGO_ENABLED=0 GOOS=$$system GOARCH=$$processor \
			$(GO) build -trimpath -ldflags $(RELEASE) -o $(BIN)/$$system-$$processor/ ./cmd/etcdoc || exit 1; \
	done; done

# Packages are built by nfpm, from source at this version, with a module graph of its own.
NFPM         := $(BIN)/nfpm
NFPM_VERSION := v2.45.1
STAGE        := $(BIN)/package

.PHONY: packages
packages: $(PROCESSORS:%=package-%) ## .deb and .rpm with the binary, man pages, completions and a systemd timer

.PHONY: $(PROCESSORS:%=package-%)
$(PROCESSORS:%=package-%): package-%: $(STAGE) $(NFPM)-$(NFPM_VERSION)
	CGO_ENABLED=0 GOOS=linux GOARCH=$* $(GO) build -trimpath -ldflags $(RELEASE) -o $(STAGE)/$*/ ./cmd/etcdoc
	cp -r $(STAGE)/man $(STAGE)/completion $(STAGE)/$*/
	rm -f $(BIN)/etcdoc_*_$*.deb
	for kind in deb rpm; do \
		ARCH=$* VERSION=$(VERSION) STAGE=$(STAGE)/$* \
			$(NFPM)-$(NFPM_VERSION) package -f assets/packages/nfpm.yaml -p $$kind -t $(BIN)/ || exit 1; \
	done

# What the packages of all processors share.
.PHONY: $(STAGE)
$(STAGE): build
	rm -rf $(STAGE)
	mkdir -p $(STAGE)/completion
	$(BIN)/etcdoc man $(STAGE)/man
	gzip -9n $(STAGE)/man/*.1
	$(BIN)/etcdoc completion bash > $(STAGE)/completion/etcdoc.bash
	$(BIN)/etcdoc completion zsh > $(STAGE)/completion/_etcdoc
	$(BIN)/etcdoc completion fish > $(STAGE)/completion/etcdoc.fish

$(NFPM)-$(NFPM_VERSION):
	GOBIN=$(CURDIR)/$(BIN) $(GO) install github.com/goreleaser/nfpm/v2/cmd/nfpm@$(NFPM_VERSION)
	mv $(NFPM) $@

# The archives that krew installs from, and the manifest that names them with their sums.
KREW         := $(BIN)/krew
KREW_SYSTEMS := linux darwin windows

.PHONY: krew
krew: cross ## archives and manifest of the kubectl plug-in for krew, into bin/krew
	mkdir -p $(KREW)
	sed 's/$${VERSION}/$(VERSION)/g' assets/packages/krew.yaml | grep -v '^#' > $(KREW)/etcdoc.yaml
	for system in $(KREW_SYSTEMS); do for processor in $(PROCESSORS); do \
		archive=$(KREW)/etcdoc-$$system-$$processor.tar.gz; \
		tar -C $(BIN)/$$system-$$processor -czf $$archive . || exit 1; \
		sum=$$(sha256sum < $$archive | cut -d ' ' -f 1); \
		sed -i "s/\$${SHA256_$${system}_$${processor}}/$$sum/" $(KREW)/etcdoc.yaml || exit 1; \
	done; done

.PHONY: test-package
test-package: package-$(shell $(GO) env GOARCH) ## install the .deb into a folder, and run what it installs
	sh assets/packages/test.sh $(BIN)/etcdoc_*_$(shell $(GO) env GOARCH).deb

.PHONY: vet-systems
vet-systems: ## go vet as on each of these systems, tests included
	@for system in $(SYSTEMS); do \
		echo "go vet on $$system"; \
		CGO_ENABLED=0 GOOS=$$system $(GO) vet ./... || exit 1; \
	done

.PHONY: demo
demo: build ## a real cluster of three members on loopback, with load and faults, and the dashboard on it
	@$(BIN)/etcdoc-demo $(DEMO_FLAGS)

.PHONY: test
test: export ETCDTEST_ETCDUTL=$(CURDIR)/$(BIN)/etcdutl
test: deps-check $(BIN)/etcdutl ## go vet, deps-check, and all tests, with the race detector where there is a C compiler
	$(GO) vet ./...
	$(GO) vet -tags faults ./thresholds/faults
	$(if $(RACE),,@echo "without the race detector: go finds no C compiler that works")
ifeq ($(RACE),)
	$(GO) test -timeout 25m ./...
else
	@# One package after the other: two packages' real clusters at once starve each other on two cores.
	$(GO) test $(RACE) -p 1 -skip '$(PLAIN)' -timeout 25m $(RACED)
	$(GO) test $(RACE) -run '^TestProgram' ./tui
	$(GO) test -timeout 15m -run '$(PLAIN)' ./cmd/internal/cli
	$(GO) test -p 1 -timeout 15m $(UNRACED)
endif

.PHONY: test-faults
test-faults: ## what the evaluator says of real faults, and of healthy clusters, for over an hour; FAULTS=REGEXP chooses
	$(GO) test -tags faults -count 1 -v -timeout 150m -run '$(FAULTS)' ./thresholds/faults -heavy 10m -idle 3m

.PHONY: test-faults-brief
test-faults-brief: ## those of the real faults that are judged soon, in 10 minutes
	$(GO) test -tags faults -count 1 -v -timeout 30m -short -run TestFaultMatrix ./thresholds/faults

# Other versions of etcd: each has a module file in VERSIONS_DIR, so that none is a dependency of etcdoc.
VERSIONS     := v3.5 v3.6
VERSIONS_DIR := probe/etcdtest/versions

$(VERSIONS:%=$(BIN)/etcd-%): $(BIN)/etcd-%: $(VERSIONS_DIR)/%.mod $(VERSIONS_DIR)/%.sum $(VERSIONS_DIR)/main.go
	$(GO) build -C $(VERSIONS_DIR) -modfile=$*.mod -o $(CURDIR)/$@ .

.PHONY: test-versions
test-versions: $(VERSIONS:%=$(BIN)/etcd-%) ## the same on etcd 3.5 and 3.6; FAULTS=REGEXP and VERSIONS=v3.5 choose
	for v in $(VERSIONS); do \
		echo "etcd $$v"; \
		ETCDTEST_SERVER=$(CURDIR)/$(BIN)/etcd-$$v $(GO) test -tags faults -count 1 -v -timeout 150m $(BRIEF) \
			-run '$(FAULTS)' ./thresholds/faults || exit 1; \
	done

.PHONY: test-versions-databases
test-versions-databases: $(VERSIONS:%=$(BIN)/etcd-%) ## what is read of databases of etcd 3.5 and 3.6
	for v in $(VERSIONS); do \
		echo "etcd $$v"; \
		ETCDTEST_SERVER=$(CURDIR)/$(BIN)/etcd-$$v $(GO) test -count 1 -p 1 -timeout 20m \
			-run 'UsageIsExact|EstimateOfEtcd|SpaceExact|SpaceEstimate|SpaceNames|BackupAgainst|Recover' \
			./probe/keyspace ./cmd/internal/cli || exit 1; \
	done

.PHONY: test-versions-brief
test-versions-brief: FAULTS = TestFaultMatrix
test-versions-brief: BRIEF = -short
test-versions-brief: test-versions ## those that are judged soon, on etcd 3.5 and 3.6

# Where the fuzz targets are; go test -list names them.
FUZZED   = $(shell grep -rl --include='*_test.go' '^func Fuzz' . | xargs -n 1 dirname | sort -u)
FUZZTIME ?= 60s

.PHONY: test-recover
test-recover: ## which member to recover from, after 200 random kill sequences on real clusters
	$(GO) test -count 1 -timeout 60m -run TestKillSequences ./probe/recovery -sequences 200

.PHONY: fuzz
fuzz: ## each fuzz target for 60 s; FUZZTIME=200x changes that
	@for package in $(FUZZED); do \
		targets=$$($(GO) test -list '^Fuzz' $$package | grep '^Fuzz') || exit 1; \
		for target in $$targets; do \
			echo "$$package $$target"; \
			$(GO) test -run '^$$' -fuzz "^$$target$$" -fuzztime $(FUZZTIME) $$package || exit 1; \
		done; \
	done

.PHONY: bench
bench: ## all benchmarks; BENCH=REGEXP chooses
	$(GO) test -run '^$$' -bench '$(BENCH)' -benchmem ./...

$(BIN)/etcdctl $(BIN)/etcdutl: $(BIN)/%: $(VERSIONS_DIR)/%.mod $(VERSIONS_DIR)/%.sum
	CGO_ENABLED=0 $(GO) build -C $(VERSIONS_DIR) -modfile=$*.mod -o $(CURDIR)/$@ go.etcd.io/etcd/$*/v3

.PHONY: test-restore
test-restore: export ETCDTEST_ETCDUTL=$(CURDIR)/$(BIN)/etcdutl
test-restore: $(BIN)/etcdutl ## whether etcd's own tool restores what etcdoc backup lets it restore
	$(GO) test -count 1 -run 'Restore' ./probe/backup

.PHONY: bench-etcdctl
bench-etcdctl: export ETCDTEST_ETCDOC=$(CURDIR)/$(BIN)/etcdoc
bench-etcdctl: export ETCDTEST_ETCDCTL=$(CURDIR)/$(BIN)/etcdctl
bench-etcdctl: build $(BIN)/etcdctl ## beside etcdctl: one look at three real members, in turn, and watching
	$(GO) test -run '^$$' -bench BesideEtcdctl -benchtime 25x ./cmd/internal/cli
	$(GO) test -run '^$$' -bench BesideEtcdctl -benchtime 1x ./tui

.PHONY: lint
lint: $(LINT)-$(LINT_VERSION) ## golangci-lint, at the version pinned here, and whether go.mod is tidy
	$(GO) mod tidy -diff
	$(LINT)-$(LINT_VERSION) run ./...

$(LINT)-$(LINT_VERSION):
	GOBIN=$(CURDIR)/$(BIN) $(GO) install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(LINT_VERSION)
	mv $(LINT) $@

.PHONY: golden-update
golden-update: ## write the golden files and the documentation's tables anew: read their diff
	$(GO) test -p 1 ./probe ./thresholds/limits ./tui ./cmd/internal/cli -run Golden -update
	$(GO) test ./thresholds -update

# Which package may depend on what: see deps-check.
TERMINAL := github.com/charmbracelet/|github.com/NimbleMarkets/ntcharts
HEAVY    := $(TERMINAL)|github.com/spf13/cobra|k8s.io/client-go
# depends PACKAGES REGEXP: the packages among PACKAGES' dependencies that match.
depends = { $(GO) list -deps $(1) | grep -E '^($(2))' || true; }
# each LIST: in a template of go list, a line for each package of a list, behind that of the importing one.
each = {{range .$(1)}}{{$$p}} {{.}}{{"\n"}}{{end}}
# imports REGEXP: the packages of this module, tui and what is inside it left out, that import what matches.
imports = { $(GO) list \
	-f '{{$$p := .ImportPath}}$(call each,Imports)$(call each,TestImports)$(call each,XTestImports)' ./... | \
	grep -E ' ($(1))' | grep -vE '^github.com/etcdoc/etcdoc/tui[ /]' || true; }

.PHONY: deps-check
deps-check: ## fail where a package depends on what it must not know
	@bad="$$($(call depends,./probe ./thresholds,$(HEAVY)))"; \
	if [ -n "$$bad" ]; then echo "probe or thresholds depend on: $$bad"; exit 1; fi
	@bad="$$($(call depends,./probe,github.com/etcdoc/etcdoc/) | grep -v '^github.com/etcdoc/etcdoc/probe$$')"; \
	if [ -n "$$bad" ]; then echo "probe imports siblings: $$bad"; exit 1; fi
	@bad="$$($(call depends,./thresholds,github.com/etcdoc/etcdoc/) | \
		grep -vE '^github.com/etcdoc/etcdoc/(probe|thresholds|thresholds/window)$$')"; \
	if [ -n "$$bad" ]; then echo "thresholds imports more than probe: $$bad"; exit 1; fi
	@bad="$$($(call depends,./thresholds,go.yaml.in/|gopkg.in/yaml|sigs.k8s.io/yaml))"; \
	if [ -n "$$bad" ]; then echo "thresholds depends on YAML: $$bad"; exit 1; fi
	@bad="$$($(call depends,./thresholds/window,[a-z0-9]*\.) | \
		grep -v '^github.com/etcdoc/etcdoc/thresholds/window$$')"; \
	if [ -n "$$bad" ]; then echo "thresholds/window depends on more than the standard library: $$bad"; exit 1; fi
	@bad="$$($(call depends,./cmd/etcdoc,go.etcd.io/etcd/server/))"; \
	if [ -n "$$bad" ]; then echo "cmd/etcdoc depends on etcd's server: $$bad"; exit 1; fi
	@bad="$$($(call depends,./cmd/etcdoc,k8s.io/))"; \
	if [ -n "$$bad" ]; then echo "cmd/etcdoc depends on Kubernetes' packages, which make it larger: $$bad"; exit 1; fi
	@bad="$$($(call imports,$(TERMINAL)))"; \
	if [ -n "$$bad" ]; then echo "only tui may import these: $$bad"; exit 1; fi
	@echo "deps-check: ok"
