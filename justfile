# The tasks of rds-bridge. `./just` lists them, and installs just if it is missing.

set shell := ["bash", "-euo", "pipefail", "-c"]

export CARGO_TARGET_DIR := justfile_directory() / "target"
venv := justfile_directory() / "target/venv"
node := justfile_directory() / "target/node"
# The component that is embedded in the command.
component := justfile_directory() / "target/rds_bridge.wasm"
# The SQL file that fills the emulator's database for invoke: ./just seed=FILE invoke EVENT.json
seed := "tests/schema.sql"
# The tests find the server's plugin, Python, the Node packages and the WebAssembly guests by these variables.
export RDS_BRIDGE_AUTH_PLUGIN := CARGO_TARGET_DIR / "debug/librds_bridge_auth_plugin" + if os() == "macos" { ".dylib" } else { ".so" }
export RDS_BRIDGE_PYTHON := venv / "bin/python"
export RDS_BRIDGE_NODE := node
export RDS_BRIDGE_GUESTS := justfile_directory() / "target/guests"
# The benchmarks use the optimised plugin, so that the server does not spend its time in it.
released_plugin := replace(RDS_BRIDGE_AUTH_PLUGIN, "/debug/", "/release/")

# List the tasks
[private]
default:
    @just --list --unsorted

# Run the demo: from credentials to rows, on this machine
[group('use')]
demo: c-compiler
    @cargo run --locked -p rds-bridge-cli -- demo

# Sign a token: ./just token --hostname NAME --username USER
[group('use')]
[positional-arguments]
token *arguments: c-compiler
    @cargo run --locked -p rds-bridge-cli -- token "$@"

# Run the command: ./just run inspect
[group('use')]
[positional-arguments]
run *arguments: c-compiler
    @cargo run --quiet --locked -p rds-bridge-cli -- "$@"

# Invoke the function on this machine, with a fake Lambda runtime API and the emulator: ./just invoke EVENT.json…
[group('use')]
[positional-arguments]
invoke +events: c-compiler
    @cargo build --quiet --locked --bins -p rds-bridge-cli -p rds-bridge-function -p rds-bridge-test-support
    @"$CARGO_TARGET_DIR/debug/rds-bridge" emulate --port 0 --seed '{{seed}}' -- "$CARGO_TARGET_DIR/debug/fake-lambda" "$CARGO_TARGET_DIR/debug/bootstrap" "$@"

# Build the Lambda package in target/lambda/ for arm64, x86_64 or, by default, this machine's architecture; queries is a JSON file of named statements, access a TOML file of callers
[group('deploy')]
[positional-arguments]
package architecture="" queries="" access="": c-compiler
    @host/deploy/package "$@"

# Build the command's archive, .deb and wheel for this system in target/dist/; profile is a profile of cargo
[group('deploy')]
dist profile="release": c-compiler
    @host/dist/dist '{{profile}}'

# Run all tests: those in Rust, of the scripts, of the deployment, of the docs, and of the built component in Python and Node
[group('test')]
test: tools test-rust test-chaos test-embedding test-scripts test-deploy test-spelling test-python test-docs test-node

# Run the tests in Rust
[group('test')]
test-rust: build-tests mysql mariadb python node guests
    # At least four tests at once, because a test often waits for a server.
    RUST_TEST_THREADS="${RUST_TEST_THREADS:-$(( {{num_cpus()}} > 4 ? {{num_cpus()}} : 4 ))}" cargo test --locked --workspace

# Start the MySQL or MariaDB of the tests, and run a command with the settings for a client in its environment: ./just server mysql bash
[group('test')]
[positional-arguments]
server product *command: c-compiler
    @"tests/setup/$1"
    @cargo build --quiet --locked -p rds-bridge-auth-plugin
    @cargo build --quiet --locked -p rds-bridge-test-support --example server
    @PATH="$PATH:$CARGO_TARGET_DIR/mysql/bin" "$CARGO_TARGET_DIR/debug/examples/server" "$@"

# Test a program that embeds the component in its own Wasmtime engine, and a host of guests, whose output docs/guests.md shows
[group('test')]
test-embedding: build-tests mysql mariadb guests
    cargo build --locked --workspace --examples
    for server in mysql mariadb; do "$CARGO_TARGET_DIR/debug/examples/server" "$server" "$CARGO_TARGET_DIR/debug/examples/embed"; done
    for server in mysql mariadb; do "$CARGO_TARGET_DIR/debug/examples/server" "$server" "$CARGO_TARGET_DIR/debug/examples/two_tenants" "$RDS_BRIDGE_GUESTS/report.wasm" | diff <(grep -E '^(shop|warehouse), ' docs/guests.md) -; done

# Run half a minute of chaos, always with the same faults, and lose a server's machine, if the system allows a network of its own
[group('test')]
test-chaos: build-tests mysql
    # The folders of administration programs are not on an ordinary user's PATH.
    export PATH="$PATH:/usr/sbin:/sbin"; tests/setup/tools ip || true; if "$CARGO_TARGET_DIR/debug/chaos" --check; then "$CARGO_TARGET_DIR/debug/chaos" --seconds 30 --seed 5 && "$CARGO_TARGET_DIR/debug/chaos" --black-hole 3; \
        else echo "warning: chaos is not run: this system does not allow a program to make a network of its own" >&2; fi

# Test the scripts that fetch roots, install a Rust for WebAssembly, package and deploy, with stand-in tools
[group('test')]
test-scripts:
    cd tests/python/roots && python3 -m unittest test_roots
    cd tests/python/setup && python3 -m unittest test_tools test_wasm_target test_mysql test_pins
    cd tests/python/architecture && python3 -m unittest test_import_circles test_long_files test_long_functions
    cd tests/python/packages && python3 -m unittest test_package_crates
    cd tests/python/proxy && python3 -m unittest test_suites
    cd tests/python/deploy && python3 -m unittest test_deploy test_package test_pack
    cd tests/python/docs && python3 -m unittest test_check_links test_check_quotes test_console_blocks test_pages

# Test the deployment's templates, the check of which glibc the packaged program needs, and the scripts that build the archive and the .deb
[group('test')]
test-deploy: python
    cd tests/python/deploy && '{{venv}}/bin/python' -m unittest test_templates test_needs
    cd tests/python/dist && '{{venv}}/bin/python' -m unittest test_scripts

# Test the spelling check
[group('test')]
test-spelling: python
    cd tests/python/docs && '{{venv}}/bin/python' -m unittest test_spelling

# Test the built component in Wasmtime for Python and against botocore; test the emulator with Python clients
[group('test')]
test-python: embedded python
    cd tests/python/portability && RDS_BRIDGE_COMPONENT_FILE='{{component}}' '{{venv}}/bin/python' -m unittest test_python
    cd tests/python/clients && PATH="$CARGO_TARGET_DIR/debug:$PATH" '{{venv}}/bin/python' -m unittest test_with_emulator test_recipes

# Run the commands of the README and of docs/ against the emulator, and compare their output with the pages
[group('test')]
test-docs: build-tests mariadb
    cd tests/python/docs && PATH="$CARGO_TARGET_DIR/debug:$PATH" python3 -m unittest test_console

# In Node, test the built component (with jco), the emulator, and the edge function of host/deploy
[group('test')]
test-node: embedded node
    rm -rf '{{node}}/bridge'
    cd '{{node}}' && node_modules/.bin/jco transpile --quiet '{{component}}' --name bridge --out-dir bridge
    RDS_BRIDGE_TRANSPILED='{{node}}/bridge/bridge.js' node --test tests/node/test_portability.mjs
    # A copy in this folder, because Node searches the packages in the folders above the file.
    rm -rf '{{node}}/clients' && cp -r tests/node '{{node}}/clients' && cp tests/schema.sql '{{node}}/'
    PATH="$CARGO_TARGET_DIR/debug:$PATH" node --test '{{node}}/clients/test_with_emulator.mjs'
    CLIENTS_PAGE="$PWD/docs/clients.md" PATH="$CARGO_TARGET_DIR/debug:$PATH" node --test '{{node}}/clients/test_recipes.mjs'
    cp host/deploy/edge_function.ts '{{node}}/clients/edge_function.mts'
    cd '{{node}}/clients' && ../node_modules/.bin/tsc --strict --target es2022 --module nodenext --lib es2022,dom edge_function.mts
    EDGE_FUNCTION='{{node}}/clients/edge_function.mjs' node --test '{{node}}/clients/test_edge_function.mjs'

# Install the archive, the .deb and the wheel, each into an empty folder, and run them there
[group('test')]
test-dist profile="release": (dist profile)
    cd tests/python/dist && RDS_BRIDGE_DIST='{{justfile_directory()}}/target/dist' python3 -m unittest test_dist

# Look at the gateway's status page in headless Chromium, which it installs; the screenshot is in target/status_page
[group('test')]
test-status-page: build-tests mysql
    @tests/setup/chromium
    @cargo build --quiet --locked -p rds-bridge-test-support --example server
    cd tests/python/status_page && PATH="$CARGO_TARGET_DIR/debug:$PATH:$CARGO_TARGET_DIR/mysql/bin" STATUS_PAGE_SCREENSHOTS="$CARGO_TARGET_DIR/status_page" "$CARGO_TARGET_DIR/debug/examples/server" mysql python3 -m unittest test_status_page

# Check the size limits of the component's two builds: with all plugins, and without client_ed25519
[group('test')]
component-sizes:
    test "$(wc -c < component/built/rds_bridge.wasm)" -le 180000
    test "$(wc -c < component/built/rds_bridge_client.wasm)" -le 110000

# Fuzz a target (handshake, inspect, result_set, server_handshake, verify) for some seconds
[group('test')]
fuzz target seconds="600": c-compiler
    command -v cargo-fuzz >/dev/null || cargo install --locked cargo-fuzz@0.13.2
    python3 tests/python/fuzz/seed.py
    # cargo-fuzz needs the sanitizers: a stable compiler has them, but enables them only with RUSTC_BOOTSTRAP. An input
    # has some kilobytes, so an allocation of 64 MiB means that a forged length was trusted.
    cd tests/fuzz && RUSTC_BOOTSTRAP=1 cargo fuzz run --fuzz-dir . {{target}} -- -max_total_time={{seconds}} -malloc_limit_mb=64

# Check for import cycles and long files; check the pages' links and quotes, the spelling, the format, clippy, the docs and the fuzz targets, with warnings as errors
[group('check')]
lint: c-compiler lint-deploy lint-spelling
    python3 tests/python/architecture/import_circles.py host/*/src component/src component/*/src
    git ls-files -z '*.rs' | python3 tests/python/architecture/long_files.py
    git ls-files -z '*.rs' | python3 tests/python/architecture/long_functions.py
    python3 tests/python/docs/ten_tasks.py --check
    git ls-files -z '*.md' | python3 tests/python/docs/check_links.py
    git ls-files -z 'host/*.rs' | python3 tests/python/docs/check_quotes.py docs/*.md
    cargo fmt --all --check
    cargo fmt --manifest-path bench/peers/Cargo.toml --check
    cargo fmt --manifest-path bench/peers/guests/Cargo.toml --check
    cargo fmt --manifest-path tests/gateway_clients/rust/Cargo.toml --check
    cargo fmt --manifest-path tests/guest_apps/Cargo.toml --check
    cargo clippy --locked --workspace --all-targets -- -D warnings
    # With the features of the release: the tests enable more.
    cargo clippy --locked -p rds-bridge-cli -p rds-bridge-function -- -D warnings
    # Guests cost nothing to those who do not have them.
    tree=$(cargo tree --locked -p rds-bridge-cli -p rds-bridge-function -e normal --prefix none --format '{p} {f}') && ! grep -E '^rds-bridge-guests|component-model-async' <<< "$tree"
    cargo clippy --locked -p rds-bridge --no-default-features -- -D warnings
    cargo clippy --locked -p rds-bridge-cli --no-default-features -- -D warnings
    RUSTDOCFLAGS="-D warnings" cargo doc --locked --workspace --no-deps
    cargo check --locked --manifest-path tests/fuzz/Cargo.toml
    # Checks the lock files. Compiling the crates takes minutes.
    cargo update --quiet --locked --workspace --manifest-path bench/peers/Cargo.toml
    cargo update --quiet --locked --workspace --manifest-path tests/gateway_clients/rust/Cargo.toml
    cargo update --quiet --locked --workspace --manifest-path tests/guest_apps/Cargo.toml

# Check the deployment's templates with cfn-lint, with warnings as errors
[group('check')]
lint-deploy: python
    '{{venv}}/bin/cfn-lint' --non-zero-exit-code warning -- host/deploy/template.yaml host/deploy/database.yaml host/deploy/gateway/ecs.yaml

# Check the manifests for Kubernetes against its schemas; not a part of lint, because the schemas have 100 MB
[group('check')]
lint-kubernetes:
    test -x "$CARGO_TARGET_DIR/kubernetes/bin/pip" || python3 -m venv --clear "$CARGO_TARGET_DIR/kubernetes"
    "$CARGO_TARGET_DIR/kubernetes/bin/pip" install --quiet --disable-pip-version-check --require-hashes -r host/deploy/gateway/requirements.txt
    "$CARGO_TARGET_DIR/kubernetes/bin/kubernetes-validate" --strict host/deploy/proxy/sidecar.yaml host/deploy/gateway/kubernetes.yaml

# Check the spelling of all files with codespell, and of prose and comments with a dictionary; British spelling
[group('check')]
lint-spelling: python
    git ls-files -z ':!*.lock' ':!*.pem' ':!tests/*/package-lock.json' ':!tests/python/docs/test_spelling.py' | xargs -0 '{{venv}}/bin/codespell' --builtin clear --ignore-words tests/python/docs/misspelt_on_purpose.txt
    git ls-files -z '*.md' '*.rs' '*.wit' | '{{venv}}/bin/python' tests/python/docs/spelling.py tests/python/docs/words.txt

# Run third-party clients through the proxy, on both servers; not part of test, because it installs many of them
[group('test')]
test-proxy-clients: build-tests mysql mariadb python
    tests/python/proxy/run-clients

# Run mysql_async's and mysql-replication's own tests directly and through the proxy, on both servers, and compare the results
[group('test')]
test-proxy-suites: build-tests mysql mariadb python
    tests/python/proxy/run-suites

# Run other people's clients through the gateway, and schemathesis on its own dialect, on both servers; not a part of test
[group('test')]
[positional-arguments]
test-gateway-clients *names: build-tests mysql mariadb node
    tests/gateway_clients/run-clients "$@"

# Send 10,000 requests to the gateway while the network and the server fail, with the clients' own retries on
[group('test')]
test-gateway-faults requests="10000": build-tests mysql python node
    RDS_BRIDGE_FAULT_REQUESTS="$(( ({{requests}} + 2) / 3 ))" cargo test --locked --workspace --test all -- --nocapture every_line_is_what_its_client_was_told

# Restart three gateways behind haproxy one after another, under load
[group('test')]
test-gateway-instances: build-tests mysql python
    tests/gateway_instances/run

# Inject faults at random into two servers under load, and check every transaction; add --seed N for the same faults again
[group('test')]
chaos minutes="60" *arguments: build-tests mysql
    "$CARGO_TARGET_DIR/debug/chaos" --minutes {{minutes}} {{arguments}}

# Measure how long the library takes to notice that a server's machine has vanished, with this tcp_user_timeout in seconds
[group('test')]
black-hole seconds="15": build-tests mysql
    "$CARGO_TARGET_DIR/debug/chaos" --black-hole {{seconds}}

# Build guests in Python and JavaScript, with and without Spin's SDKs, and run them in a host of guests, on both servers; not a part of test
[group('test')]
test-guest-apps: tools mysql mariadb
    cargo build --quiet --locked -p rds-bridge-auth-plugin
    tests/guest_apps/run-apps

# Lint the benchmarks that compare rds-bridge with its peers; not part of lint, because their dependencies take minutes to compile
[group('check')]
lint-bench: c-compiler
    cargo clippy --locked --manifest-path bench/peers/Cargo.toml --all-targets -- -D warnings
    cargo clippy --locked --manifest-path bench/peers/guests/Cargo.toml --all-targets -- -D warnings
    cargo test --locked --manifest-path bench/peers/Cargo.toml --lib

# Check component/built against its source: by hashes, and by bytes if the recorded compiler is installed, else with test vectors
[group('check')]
component-check: wasm-target python
    cargo run --quiet --locked -p rds-bridge-component-builder -- check target/component
    # The folder is empty if the bytes were compared.
    shopt -s nullglob; for built in target/component/*.wasm; do \
        for file in "$PWD/$built" "$PWD/component/built/${built##*/}"; do \
            ( cd tests/python/portability && RDS_BRIDGE_COMPONENT_FILE="$file" '{{venv}}/bin/python' -m unittest test_python ); done; done

# Check the packages for crates.io: that they compile from their own files (--each: each alone, as a release does), and that a program can use them without a WebAssembly toolchain
[group('check')]
package-crates *arguments: c-compiler
    python3 tests/python/packages/package_crates.py {{arguments}}

# Check the dependencies' licences, advisories and duplicates
[group('check')]
deny:
    command -v cargo-deny >/dev/null || cargo install --locked cargo-deny@0.20.2
    cargo deny check

# Run all checks of CI
[group('check')]
ci: lint test component-sizes component-check package-crates

# Build the component into component/built, which is committed; needed after each change of its source
[group('maintenance')]
component: wasm-target
    cargo run --quiet --locked -p rds-bridge-component-builder -- write

# Fetch the current roots of RDS and Amazon from AWS, and rewrite host/bridge/src/tls/roots.pem
[group('maintenance')]
roots *arguments:
    python3 host/bridge/src/tls/roots.py {{arguments}}

# Record what the gateway answers in front of MySQL to the statements of tests/vectors/planetscale/mysql.json
[group('maintenance')]
record-planetscale: build-tests mysql node
    cargo build --quiet --locked -p rds-bridge-test-support --example server
    PATH="$CARGO_TARGET_DIR/mysql/bin:$PATH" RECORDING="$PWD/tests/vectors/planetscale/mysql.json" "$CARGO_TARGET_DIR/debug/examples/server" mysql \
        sh -c "SERVER_ADDRESS=\$DB_CONNECT_TO SERVER_CA_FILE=\$DB_CA_FILE exec '$CARGO_TARGET_DIR/debug/rds-bridge' serve --listen 127.0.0.1:0 \
        --trust-loopback --allow-writes -- sh -c \"cd '{{node}}' && node --input-type=module - < '$PWD/tests/node/record_planetscale.mjs'\""

# Measure the speed of presigning and of the handshake, as ratios to their peers
[group('measure')]
bench *arguments: c-compiler
    cargo bench --locked -p rds-bridge-bench-component -- {{arguments}}

# Measure connections per second and the client's CPU time (--server mysql or mariadb, as for every benchmark that starts a server)
[group('measure')]
bench-connect *arguments: build-bench
    RDS_BRIDGE_AUTH_PLUGIN='{{released_plugin}}' "$CARGO_TARGET_DIR/release/connect" {{arguments}}

# Measure long results (--shape, --rows, --rounds), live and recorded: rows per second and the client's CPU time
[group('measure')]
bench-rows *arguments: build-bench
    RDS_BRIDGE_AUTH_PLUGIN='{{released_plugin}}' "$CARGO_TARGET_DIR/release/rows" {{arguments}}

# Measure p50 and p99 of selecting a row by its primary key on 1, 8 and 64 open connections
[group('measure')]
bench-latency *arguments: build-bench
    RDS_BRIDGE_AUTH_PLUGIN='{{released_plugin}}' "$CARGO_TARGET_DIR/release/latency" {{arguments}}

# Measure how much time the proxy adds to statements, results and connections, compared with mysql-router and haproxy
[group('measure')]
bench-proxy *arguments: build-bench
    bench/proxy/peers
    cargo build --quiet --locked -p rds-bridge-test-support --example server
    RDS_BRIDGE_AUTH_PLUGIN='{{released_plugin}}' PATH="$PATH:/usr/sbin" "$CARGO_TARGET_DIR/debug/examples/server" mysql \
        --ssl-ca="$CARGO_TARGET_DIR/router/client/client-cert.pem" --max-connections=5200 --open-files-limit=20000 \
        --back-log=4096 \
        python3 bench/proxy/bench_proxy.py --rds-bridge "$CARGO_TARGET_DIR/release/rds-bridge" \
        --certificates "$CARGO_TARGET_DIR/router/client" --mysql "$CARGO_TARGET_DIR/mysql/bin/mysql" \
        --mysqlrouter "$CARGO_TARGET_DIR/router/mysql/bin/mysqlrouter" \
        --router-plugins "$CARGO_TARGET_DIR/router/mysql/unpacked/usr/lib/mysqlrouter/plugin" {{arguments}}

# Measure whole processes, from exec to the rows, and their memory: the command, Python, mysql_async, a bare program
[group('measure')]
bench-start *arguments: build-bench python
    RDS_BRIDGE_AUTH_PLUGIN='{{released_plugin}}' "$CARGO_TARGET_DIR/release/start" {{arguments}}

# Measure the emulator: the time of the demo; 2,000 sequential logins and 64 concurrent clients, compared with a real server; and memory
[group('measure')]
bench-emulator *arguments: build-bench
    RDS_BRIDGE_AUTH_PLUGIN='{{released_plugin}}' "$CARGO_TARGET_DIR/release/emulator" {{arguments}}

# Measure whole processes that export NDJSON, CSV and Parquet: the command, mysql or mariadb, PyMySQL
[group('measure')]
bench-export *arguments: build-bench python
    RDS_BRIDGE_AUTH_PLUGIN='{{released_plugin}}' "$CARGO_TARGET_DIR/release/export" {{arguments}}

# Measure the HTTP gateway beside the library, a bare echo, axum with sqlx, and FastAPI; long results and slow readers
[group('measure')]
bench-gateway *arguments: build-bench
    test -x "$CARGO_TARGET_DIR/bench-gateway/bin/pip" || python3 -m venv --clear "$CARGO_TARGET_DIR/bench-gateway"
    "$CARGO_TARGET_DIR/bench-gateway/bin/pip" install --quiet --disable-pip-version-check --require-hashes -r bench/gateway/requirements.txt
    RDS_BRIDGE_AUTH_PLUGIN='{{released_plugin}}' "$CARGO_TARGET_DIR/release/gateway" \
        --python "$CARGO_TARGET_DIR/bench-gateway/bin/python" --python-peer bench/gateway/fastapi_peer.py {{arguments}}

# Measure guests of a Wasmtime host, beside the library and beside an interface that returns one row a call
[group('measure')]
bench-guests *arguments: c-compiler mysql mariadb wasm-target
    # Its author would optimise a guest for speed.
    CARGO_PROFILE_COMPONENT_OPT_LEVEL=3 cargo run --quiet --locked -p rds-bridge-component-builder -- bench-guest '{{justfile_directory()}}/target/bench-guest'
    cargo build --quiet --locked --release -p rds-bridge-auth-plugin
    cargo build --quiet --locked --release --manifest-path bench/peers/guests/Cargo.toml
    RDS_BRIDGE_GUESTS='{{justfile_directory()}}/target/bench-guest' RDS_BRIDGE_AUTH_PLUGIN='{{released_plugin}}' "$CARGO_TARGET_DIR/release/guests" {{arguments}}

# Measure the packaged function and the Python function that it replaces (--starts, --rounds): starts, invocations, CPU, memory
[group('measure')]
bench-function *arguments: build-bench python package
    RDS_BRIDGE_AUTH_PLUGIN='{{released_plugin}}' "$CARGO_TARGET_DIR/release/function" --package target/lambda/rds-bridge.zip {{arguments}}

[private]
c-compiler:
    @tests/setup/tools cc

# Missing tools are reported before anything is compiled for minutes.
[private]
tools:
    @tests/setup/tools cc python node

# Builds the WebAssembly guests of the tests.
[private]
guests: wasm-target
    cargo run --quiet --locked -p rds-bridge-component-builder -- guests '{{justfile_directory()}}/target/guests'

[private]
wasm-target:
    @tests/setup/wasm-target

[private]
mariadb:
    @tests/setup/mariadb

[private]
mysql:
    @tests/setup/mysql

# Builds the tests, the command and the server's plugin (a library) in one selection. Another selection would build the
# dependencies again, with other features.
[private]
build-tests: c-compiler
    cargo build --locked --workspace --lib --bins --tests

# A separate selection, so that the command is built with its own features and not with those of the peers.
[private]
build-bench: c-compiler mysql mariadb
    cargo build --quiet --locked --release -p rds-bridge-cli
    cargo build --quiet --locked --release -p rds-bridge-auth-plugin
    cargo build --quiet --locked --release --manifest-path bench/peers/Cargo.toml

[private]
embedded: build-tests
    "$CARGO_TARGET_DIR/debug/rds-bridge" component --output '{{component}}'

[private]
python:
    test -x '{{venv}}/bin/pip' || python3 -m venv --clear '{{venv}}'
    '{{venv}}/bin/pip' install --quiet --disable-pip-version-check --require-hashes -r tests/setup/requirements.txt

[private]
node:
    mkdir -p '{{node}}'
    # npm ci installs everything again each time, so it runs only if the lock file has changed.
    cmp --silent tests/setup/package-lock.json '{{node}}/installed.json' || { \
        cp tests/setup/package.json tests/setup/package-lock.json '{{node}}/' && \
        npm ci --loglevel=error --fetch-retries=1 --no-audit --no-fund --prefix '{{node}}' && \
        cp tests/setup/package-lock.json '{{node}}/installed.json'; }
