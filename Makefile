# The commands of the project. `make demo` and `make test` are all that a new machine needs: they install what the build needs
# (Debian or Ubuntu), build, and run.

# One target folder, outside the clone, so that RocksDB is compiled once a machine and not once a clone.
export CARGO_TARGET_DIR ?= $(HOME)/.cache/courtseal/target
CARGO = cargo
PROFILE = --release --locked
BIN = $(CARGO_TARGET_DIR)/release/courtseal

.PHONY: build demo test lint bench audit setup

build: setup
	$(CARGO) build $(PROFILE) --workspace --bins

# A whole network on this machine: start, notarize, stop a court, bring it back, verify offline, tamper, report.
demo: build
	$(BIN) demo

# Everything that must hold on every change; no test depends on the machine's speed.
test: build
	$(CARGO) test $(PROFILE) --workspace
	tests/interop/run

lint: setup
	$(CARGO) fmt --all --check
	$(CARGO) clippy $(PROFILE) --workspace --all-targets -- -D warnings

# Figures, as a table: speed is asserted here and nowhere else. Takes about eight minutes, five of them idle.
bench: build
	$(CARGO) run $(PROFILE) -p courtseal-tests --bin bench
	$(CARGO) test $(PROFILE) --workspace --test recovery measure -- --ignored --nocapture

# Known holes in dependencies. Needs cargo-deny and its database.
audit:
	cargo deny check

# What RocksDB's build needs, if it is missing.
setup:
	@tests/setup
