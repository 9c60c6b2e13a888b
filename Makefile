# `make` lists what there is.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

# How often `make chaos` kills the worker.
KILLS ?= 100
# How long `make cluster` breaks a cluster of three brokers.
CLUSTER_MINUTES ?= 30
# What `make test-matrix` tests against: the last of Kafka 3, the first of Kafka 4, and the one of all other tests.
KAFKA_VERSIONS ?= 3.9.2 4.0.2 4.3.1
# How many tests of the whole system run at once: they wait most of the time.
waiting := 8

build := .build
golangci_version := v2.15.0
golangci := $(build)/golangci-lint/$(golangci_version)/golangci-lint
govulncheck_version := v1.9.0
# The module of Prometheus 3.16.0, whose image docker-compose.yml names.
prometheus_version := v0.316.0
prometheus := $(build)/prometheus/$(prometheus_version)

# The workspace's modules, as go.work lists them. `./...` at the root matches nothing, since the root is no module.
modules = $(shell go list -m -f '{{.Dir}}')
services = $(patsubst %/main.go,%,$(wildcard services/*/main.go))
# What depends on the version of Kafka.
matrix = $(addprefix ./tests/,kafkatest email sms receipts replayer security chaos cluster)
# What needs no Kafka: everything but tests/, of which the charts' tests are a module of their own.
plain_packages = $(patsubst %,%/...,$(filter-out %/tests %/tests/helm,$(modules)))
# Lets virtual time pass while goroutines wait for a mutex of the Kafka client (libs/kafka/engine, crowd_test.go).
virtual_time := -tags synctests

# The Django package, and the Python environment that its tests run in.
django := clients/django
venv := $(CURDIR)/$(build)/venv/bin

include deploy/deploy.mk

##@ Use

.PHONY: help
help: ## List the targets
	@awk 'BEGIN {FS = ":.*## "} \
	  /^##@/ {printf "\n%s\n", substr($$0, 5)} \
	  /^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: demo
demo: ## Run the whole system here: no Docker, no accounts
	@go build -o $(build)/bin/ ./tools/notifyctl # not `go run`, which fails after Ctrl-C
	@$(build)/bin/notifyctl demo

.PHONY: build
build: ## Build all programs into .build/bin
	go build -trimpath -o $(build)/bin/ $(services:%=./%) ./tools/notifyctl

.PHONY: clean
clean: ## Remove .build, where set-up and builds leave everything (a running Docker engine stays)
	rm -rf $(build)

##@ Test

.PHONY: test
test: testenv python node django-env prometheus ## Run every test, against a real Kafka; installs Docker and a browser and makes the image where they are missing
	go test $(virtual_time) $(plain_packages)
	$(MAKE) helm
	go test -count=1 ./tools/mutants # it reads the code that it breaks, which the cache does not see
	go test -count=1 -p 1 -parallel $(waiting) -timeout 30m ./tests/...

.PHONY: python
python: ## Set up Python's pip, which proves the built-in time-zone data and the calendar files
	@tools/testenv/python

.PHONY: node
node: ## Set up Node with npm, which validates the pages of e-mails
	@tools/testenv/node

.PHONY: django-env
django-env: ## Set up PostgreSQL and .build/venv, which the tests of clients/django need
	@tools/testenv/django

.PHONY: helm
helm: ## Render the charts of deploy/helm in every way, and hold the manifests to Kubernetes' own types
	go test -count=1 ./tests/helm # it reads the charts, which the cache does not see

.PHONY: chaos
chaos: testenv django-env ## Kill the worker KILLS times (100) under load and count what was lost and doubled; then Django's relay
	KILLS=$(KILLS) go test -count=1 -v -timeout 4h ./tests/chaos/
	DJANGO_KILLS=30 DJANGO_OUTAGE=60 go test -count=1 -v -timeout 1h -run Kill ./tests/django/

.PHONY: cluster
cluster: testenv ## Break a cluster of three brokers for CLUSTER_MINUTES (30) under load and count what was lost and doubled (REPORT=docs/RELIABILITY.md writes recovery times there)
	CLUSTER_MINUTES=$(CLUSTER_MINUTES) go test -count=1 -v -timeout 4h ./tests/cluster/ $(if $(REPORT),-args -report=$(abspath $(REPORT)))

.PHONY: test-matrix
test-matrix: ## Run the tests of the whole system against each of KAFKA_VERSIONS
	for version in $(KAFKA_VERSIONS); do \
	  export KAFKA_VERSION=$$version; \
	  tools/testenv/image-kafka; \
	  go test -count=1 -p 1 -parallel $(waiting) -timeout 30m $(matrix); \
	done

.PHONY: upgrade-test
upgrade-test: testenv ## Replace a worker of another revision under load, and go back where both may share a group (FROM=v0.1.0)
	UPGRADE_FROM=$(FROM) go test -count=1 -v -run Upgrade ./tests/chaos/

.PHONY: mutants
mutants: ## Break each rule on purpose and see a test fail (ONLY=R3,E9 some; REPORT=docs/RELIABILITY.md writes the table there)
	go run ./tools/mutants $(if $(ONLY),-only=$(ONLY)) $(if $(REPORT),-write=$(REPORT))

.PHONY: model
model: ## Search the model of the delivery protocol, with its rules on and off
	docs/model/run.sh

# How often `make bench` measures what it compares.
ROUNDS ?= 3
benchmark = go test -run '^$$' -benchtime 1x -timeout 3h ./tests/bench/ -bench
baseline := tests/bench/baseline.json

.PHONY: bench
bench: testenv ## Measure the budgets (REPORT=docs/BENCHMARKS.md writes them there; ROUNDS=3)
	$(benchmark) Budgets -args -rounds $(ROUNDS) $(if $(REPORT),-report $(abspath $(REPORT)) -baseline $(abspath $(baseline)))

.PHONY: bench-check
bench-check: testenv ## Measure the ratios, and fail where one is worse by more than its spread than in the run that docs/BENCHMARKS.md shows
	$(benchmark) 'Budgets/(load|layers|ledger|nothing|receipt_cost)' -args -rounds $(ROUNDS) -check $(abspath $(baseline))

.PHONY: bench-scale
bench-scale: testenv ## Measure partitions, processes, backlog and rebalance (REPORT=docs/BENCHMARKS.md; BACKLOG=10000000)
	$(benchmark) Scale -args -rounds $(ROUNDS) $(if $(REPORT),-report $(abspath $(REPORT))) $(if $(BACKLOG),-backlog $(BACKLOG))

.PHONY: testenv
testenv: ## Set up what `make test` needs: a browser, and a Docker engine with images
	@tools/testenv/chromium || { \
	  case "$${CI:-}" in ''|0|false) ;; *) exit 1;; esac; \
	  echo '*** NO BROWSER: the tests that press the buttons of our pages are skipped. Why: see above.' >&2; }
	@tools/testenv/axe || { \
	  case "$${CI:-}" in ''|0|false) ;; *) exit 1;; esac; \
	  echo '*** NO AXE: nothing looks for what keeps people from using our pages. Why: see above.' >&2; }
	@tools/testenv/image-kafka || { \
	  case "$${CI:-}" in ''|0|false) ;; *) exit 1;; esac; \
	  echo '*** NO REAL KAFKA: the tests go on with an embedded imitation, and some are skipped. Why: see above.' >&2; }

##@ Release

.PHONY: release
release: ## Tag a version where it is new, and build it: binaries, images, what they are made of (VERSION=v0.1.0; docs/RELEASING.md)
	@go build -o $(build)/bin/ ./tools/release
	@$(build)/bin/release make $(VERSION)

.PHONY: licences
licences: ## List the licences of what the programs contain; fail where one is not allowed
	@go run ./tools/release licences

.PHONY: vuln
vuln: ## Look for known faults in what the programs call (needs vuln.go.dev, or VULNDB= a copy of it)
	for m in $(modules); do go -C $$m run golang.org/x/vuln/cmd/govulncheck@$(govulncheck_version) $(if $(VULNDB),-db $(VULNDB)) ./... || exit 1; done

##@ Check

.PHONY: check
check: tidy-check vet lint alerts django-check race standalone ## Everything that must be clean before a merge, except `make test`

.PHONY: fmt
fmt: $(golangci) ## Format the code
	$(golangci) fmt

.PHONY: settings
settings: ## Write .env.example, docs/SETTINGS.md, deploy/env and the charts' schemas from the code
	go run ./tools/settings

.PHONY: zones
zones: ## Make the built-in time-zone data from the package that tools/zones/pin.go pins (needs Python's pip)
	go run ./tools/zones

.PHONY: dates
dates: ## Make the table of how languages write dates from the package that tools/dates/pin.go pins (needs npm and Node)
	go run ./tools/dates

.PHONY: drift
drift: ## Fail when newer time zones or dates are published than the pinned, or an API description has news for us (needs Python's pip, npm, Node and a network; MAILGUN=, TWILIO= take descriptions from files)
	go run ./tools/zones -drift
	go run ./tools/dates -drift
	go run ./tools/drift $(if $(MAILGUN),-mailgun=$(MAILGUN)) $(if $(TWILIO),-twilio=$(TWILIO))

.PHONY: tidy
tidy: ## Tidy go.work and every go.mod
	go work sync
	for m in $(modules); do go -C $$m mod tidy; done
	go work sync

.PHONY: tidy-check
tidy-check: ## Fail where a go.mod or go.sum is not tidy
	for m in $(modules); do go -C $$m mod tidy -diff || { echo "$$m: run 'make tidy'" >&2; exit 1; }; done

.PHONY: vet
vet: ## Run go vet on all modules
	go vet work

.PHONY: lint
lint: $(golangci) ## Check format, style and the arrows between packages
	$(golangci) run $(modules:%=%/...)

.PHONY: alerts
alerts: $(prometheus)/promtool ## Check the rules of deploy/prometheus and see each alert fire
	$(prometheus)/promtool check config deploy/prometheus/prometheus.yml
	$(prometheus)/promtool test rules deploy/prometheus/alerts.test.yml

.PHONY: prometheus promtool
prometheus: ## Build the Prometheus that the dashboard's queries are tested with, and print its path
prometheus promtool: %: $(prometheus)/%
	@echo $(CURDIR)/$<

.PHONY: django-check
django-check: ## Check format, style and types of clients/django
	@tools/testenv/django --python-only
	cd $(django) && $(venv)/ruff format --check . && $(venv)/ruff check . && $(venv)/mypy

.PHONY: django-lock
django-lock: ## Pin clients/django's packages anew, with hashes, from its pyproject.toml (needs uv)
	cd $(django) && uv pip compile $(uv_options) --group dev pyproject.toml -o requirements-dev.txt
	cd $(django) && uv pip compile $(uv_options) --extra metrics --group example pyproject.toml -o example/requirements.txt

uv_options := -q --universal --python-version 3.11 --generate-hashes --no-header --no-annotate

.PHONY: race
race: ## Run the tests that need no Kafka under the race detector
	tools/testenv/cc
	tools/testenv/python
	tools/testenv/node
	go test -race -timeout 30m $(virtual_time) $(plain_packages)

.PHONY: standalone
standalone: ## Build each service on its own, as its image does
	for s in $(services); do GOWORK=off go -C $$s build -o /dev/null ./...; done

# Pinned, and in the project's own folder: another version would judge differently.
$(golangci):
	@echo '==> building golangci-lint $(golangci_version) (a few minutes, once)' >&2
	GOWORK=off GOBIN=$(CURDIR)/$(@D) go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(golangci_version)

# Of the ways to discover targets, only what deploy/prometheus uses. Without C, whether there is a compiler or not, so that
# both share what is compiled, and a stand-in image can hold them.
$(prometheus)/%:
	@echo '==> building $(@F) $(prometheus_version) (a few minutes, once)' >&2
	CGO_ENABLED=0 GOWORK=off GOBIN=$(CURDIR)/$(@D) go install -tags remove_all_sd,enable_dns_sd github.com/prometheus/prometheus/cmd/$*@$(prometheus_version)
