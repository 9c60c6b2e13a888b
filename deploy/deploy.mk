# Containers; included by the Makefile.

# What images and programs say about themselves.
export NOTIFICATIONS_VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
# The image that builds, and the authorities that this machine's module proxy may need.
compose = GO_IMAGE=$$(tools/testenv/image-go --which) BUILD_CA_FILE=$(build_ca) docker compose
build_ca = $(firstword $(wildcard $(SSL_CERT_FILE) /etc/ssl/certs/ca-certificates.crt) /dev/null)

##@ Run

.PHONY: up
up: ## Start the whole system with Docker Compose (profiles: make up PROFILES=sandbox,sms)
	$(compose) $(profiles) up -d --build --wait

.PHONY: down
down: ## Stop the system; its data stays
	$(compose) --profile '*' down

.PHONY: logs
logs: ## Follow the logs of the running system
	$(compose) --profile '*' logs -f --tail 100

.PHONY: images
images: ## Build the images of all programs
	tools/testenv/image-go
	tools/testenv/image-python
	tools/testenv/compose
	$(compose) --profile '*' build

.PHONY: kafka-up
kafka-up: ## Start a local Kafka with its topics, with plain Docker
	@deploy/kafka up

.PHONY: kafka-status
kafka-status: ## Tell how the local Kafka and its topics are
	@deploy/kafka status

.PHONY: kafka-down
kafka-down: ## Stop the local Kafka; its data stays (make kafka-down DATA=--data removes it)
	@deploy/kafka down $(DATA)

comma := ,
profiles = $(patsubst %,--profile %,$(subst $(comma), ,$(PROFILES)))

# The tests of the containers need more than a broker; `make test` sets them up with the rest.
testenv: testenv-containers

.PHONY: testenv-containers
testenv-containers:
	@tools/testenv/compose && tools/testenv/image-go && tools/testenv/image-python && tools/testenv/image-prometheus || { \
	  case "$${CI:-}" in ''|0|false) ;; *) exit 1;; esac; \
	  echo '*** NO IMAGES: the tests of the containers are skipped. Why: see above.' >&2; }
