# The commands of the project. `make demo` and `make test` are all that a new machine needs: they install what the build needs
# (Debian or Ubuntu), build, and run.

# One target folder, outside the clone, so that RocksDB is compiled once a machine and not once a clone.
export CARGO_TARGET_DIR ?= $(HOME)/.cache/courtseal/target
CARGO = cargo
PROFILE = --release --locked
BIN = $(CARGO_TARGET_DIR)/release/courtseal

.PHONY: build demo test simulate sabotage fuzz forge soak nightly test-faults planted lint bench floods audit setup

build: setup
	$(CARGO) build $(PROFILE) --workspace --bins

# A whole network on this machine: start, notarize, stop a court, bring it back, verify offline, tamper, report.
demo: build
	$(BIN) demo

# Everything that must hold on every change; no test depends on the machine's speed.
test: build
	$(CARGO) test $(PROFILE) --workspace
	tests/interop/run

# Faults that need root, Debian packages or a build with crash points: courts in networks of their own, full and failing disks, false clocks, crashes at every durable
# step. Fails where something is missing. Takes about ten minutes. COURTSEAL_KILLS, COURTSEAL_SEED: how often, and which.
test-faults: build planted
	tests/setup faults
	$(CARGO) test $(PROFILE) --workspace --test hard_faults --config 'target."cfg(unix)".runner = "tests/alone"' -- \
		--include-ignored --nocapture --test-threads 1

# The program with planted bugs and crash points, beside the one that is handed out and under another name.
planted: setup
	$(CARGO) build $(PROFILE) --workspace --features courtseal-cli/planted --bin courtseal-planted

lint: setup
	$(CARGO) fmt --all --check
	$(CARGO) clippy $(PROFILE) --workspace --all-targets -- -D warnings

# Figures, as a table: speed is asserted here and nowhere else. Takes about eight minutes, five of them idle.
bench: build
	$(CARGO) run $(PROFILE) -p courtseal-tests --bin bench
	$(CARGO) test $(PROFILE) --workspace --test recovery measure -- --ignored --nocapture

# What floods do to everybody else, as ratios within one run. Takes about five minutes.
floods: build
	$(CARGO) run $(PROFILE) -p courtseal-tests --bin floods

# Every fuzz target for SECONDS, or TARGET alone; `make test` replays what once failed. The counters are in our own crates only.
SECONDS ?= 10
fuzz: setup
	tests/fuzz/run --seconds $(SECONDS) $(if $(TARGET),--target $(TARGET)) $(if $(APPEND),--append $(APPEND))

# Known holes in dependencies. Needs cargo-deny and its database.
audit:
	cargo deny check

# What RocksDB's build needs, if it is missing.
setup:
	@tests/setup
