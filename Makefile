# Everything a person does with this project. `make run` and `make test` work on a fresh Debian 12 with Rust.

DATA ?= data
ARGS ?=
SUDO := $(shell [ "$$(id -u)" = 0 ] || command -v sudo)
APT_RUN := ffmpeg
APT_TEST := chromium postgresql obs-studio xvfb libgl1-mesa-dri util-linux gstreamer1.0-tools gstreamer1.0-plugins-base gstreamer1.0-plugins-good \
	gstreamer1.0-plugins-bad gstreamer1.0-plugins-ugly gstreamer1.0-libav mpv procps
APT_BENCH := nginx-light libnginx-mod-rtmp wrk chromium

.PHONY: run build test check bench demo setup-build setup-run setup-test setup-bench web fmt

## Builds and serves with SQLite and local storage in $(DATA).
run: setup-run build
	target/release/tributary serve --data $(DATA) $(ARGS)

## The release binary with its web assets inside.
build: web
	cargo build --release --locked --bin tributary

## Every test, browser ones included.
test: setup-test web
	cargo test --workspace --locked

## What has to hold before a commit, besides the tests.
check: web
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked -- -D warnings
	cd web && npm run check

## Measures, side by side with nginx in the same run.
bench: setup-bench build
	cargo run --release --locked -p bench -- $(ARGS)

## Publishes a test pattern into a permanent live on a running server.
demo: setup-run
	@node tests/bench/demo.mjs $(ARGS)

web: setup-build web/dist/manifest.json

web/node_modules/.package-lock.json: web/package-lock.json
	cd web && npm ci --no-audit --no-fund
	@touch $@

web/dist/manifest.json: web/node_modules/.package-lock.json $(shell find web/src web/vite.config.* web/tsconfig.json -type f 2>/dev/null)
	cd web && npm run build
	@touch $@

fmt:
	cargo fmt --all

# Debian packages, only when one is missing: the second `make run` asks nobody anything.
define apt
	@missing=""; for p in $(1); do dpkg -s $$p >/dev/null 2>&1 || missing="$$missing $$p"; done; \
	if [ -n "$$missing" ]; then echo "installing:$$missing"; \
	$(SUDO) apt-get update -qq && DEBIAN_FRONTEND=noninteractive $(SUDO) apt-get install -y --no-install-recommends $$missing; fi
endef

setup-build:
	@command -v node >/dev/null && command -v npm >/dev/null || { $(SUDO) apt-get update -qq && $(SUDO) apt-get install -y --no-install-recommends nodejs npm; }
	$(call apt,build-essential pkg-config)

setup-run: setup-build
	$(call apt,$(APT_RUN))

setup-test: setup-run
	$(call apt,$(APT_TEST))

setup-bench: setup-run
	$(call apt,$(APT_BENCH))
