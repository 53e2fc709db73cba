# The front door. Every target installs what it lacks (tools/setup); the build itself is Meson's.
#
#   make run      build, fill a demo database, serve it on 127.0.0.1:8080
#   make build    the release binary with the UI in it: build/tripod
#   make test     the whole suite; ends with 'N passed, N failed'
#   make check    the checks of form alone: floors, words, format
#   make tidy     clang-tidy over everything (slow)
#   make bench    the budgets, as ratios to floors measured in the same run (SCALE=20)
#   make fuzz     the fuzzers, SECONDS_EACH=60 per target
#   make web      the UI alone: web/dist
#   make types    the UI's types, anew from `tripod describe openapi`
#   make format   clang-format over our C sources
#   make clean    removes everything built; keeps var/

SHELL = /bin/sh
.DEFAULT_GOAL = build
JOBS ?= $(shell nproc)
NODE_PATH_FIRST = PATH="$(CURDIR)/.node/node_modules/.bin:$$PATH"
export SCALE ?= 20
export SECONDS_EACH ?= 60

.PHONY: run build debug tsan fuzz-build test check tidy bench fuzz web types format clean setup-build \
	setup-check setup-test setup-bench

setup-build setup-check setup-test setup-bench:
	@tools/setup $(patsubst setup-%,%,$@)

# The UI is built when there is one and a source of it is newer than what was built.
web_src = $(shell find web -path web/node_modules -prune -o -path web/dist -prune -o -type f -print 2>/dev/null)
web/dist/.built: $(web_src)
	@tools/setup web
	cd web && $(NODE_PATH_FIRST) npm run --silent build
	@touch $@
web: $(if $(wildcard web/package.json),web/dist/.built)

types: debug
	@tools/setup web
	@tools/check-openapi --write

build: setup-build web
	@tools/configure build
	@ninja -C build -j$(JOBS) tripod

# Profiles for the checks: sanitizers, threads, fuzzing.
debug: setup-build
	@tools/configure build-debug
	@ninja -C build-debug -j$(JOBS)
tsan: setup-build
	@tools/configure build-tsan
	@ninja -C build-tsan -j$(JOBS)
fuzz-build: setup-build setup-check
	@tools/configure build-fuzz
	@ninja -C build-fuzz -j$(JOBS) fuzzers

run: build
	@tools/run

test: setup-build setup-check setup-test web
	@tools/setup web
	@tools/test-all

check: setup-check
	@tools/check

tidy: setup-build setup-check
	@tools/tidy

bench: build setup-bench
	@tools/bench

fuzz: fuzz-build
	@tools/fuzz $(SECONDS_EACH)

format: setup-check
	@git ls-files -z 'src/*.[ch]' 'migrations/*.[ch]' 'tests/*.[ch]' | xargs -0 -r clang-format -i

clean:
	rm -rf build build-debug build-tsan build-fuzz web/dist
