# `make help` lists what there is to make.

# nginx's source tree, configured or not; Debian's nginx-dev package brings this one.
NGX ?= /usr/share/nginx/src
# Further flags for nginx's configure, for a tree that is not configured.
NGX_FLAGS ?=
# SANITIZE=1: with AddressSanitizer and UndefinedBehaviorSanitizer, in build/asan.
SANITIZE ?=
# WERROR=1: warnings are errors, in this build directory from now on.
WERROR ?=
# Where everything is built, so that builds against several nginx can lie side by side.
BUILD = $(CURDIR)/build

MODULES_PATH ?= /usr/lib/nginx/modules
AVAILABLE_PATH ?= /usr/share/nginx/modules-available
ENABLED_PATH ?= /etc/nginx/modules-enabled

JOBS ?= $(shell nproc)
FUZZ_SECONDS ?= 300
# Debian's, whose packages are those that `make deps` installs.
PYTHON ?= /usr/bin/python3

build := $(abspath $(BUILD))
so := $(if $(SANITIZE),$(build)/asan,$(build))/ngx_http_ciam_module.so
variant := $(if $(SANITIZE),asan,plain)

cmake_plain := -DCMAKE_LIBRARY_OUTPUT_DIRECTORY=$(build)
cmake_asan := -DCMAKE_LIBRARY_OUTPUT_DIRECTORY=$(build)/asan -DCIAM_SANITIZE=ON
cmake_tsan := -DCIAM_TSAN=ON -DCIAM_MODULE=OFF
cmake_clang := -DCMAKE_C_COMPILER=clang-14 -DCMAKE_CXX_COMPILER=clang++-14
cmake_lint := $(cmake_clang) -DCIAM_TESTS=OFF
cmake_fuzz := $(cmake_clang) -DCIAM_TESTS=OFF -DCIAM_MODULE=OFF -DCIAM_FUZZ=ON

run_tests = CIAM_BUILD="$(build)" $(PYTHON) tools/run-tests

MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := module
.PHONY: module test test-matrix unit tsan integration browser nginx-build bench demo fuzz format lint install \
        uninstall deps deps-build deps-demo deps-test deps-bench clean help nginx-headers

module: ## build/ngx_http_ciam_module.so (SANITIZE=1: build/asan/...; NGX=/path: nginx's source tree)
module: configure-$(variant)
	@cmake --build $(build)/$(variant) -j $(JOBS) --target ngx_http_ciam_module
	@echo "$(so)"

all-%: configure-%
	@cmake --build $(build)/$* -j $(JOBS)

configure-%: nginx-headers
	@cmake -S . -B $(build)/$* --log-level=NOTICE -DCIAM_NGINX=$(build)/nginx $(cmake_$*) \
	    $(if $(WERROR),-DCIAM_WERROR=ON) >/dev/null

nginx-headers:
	@command -v cmake >/dev/null || { echo "cmake is missing: 'make deps-build' installs what a build needs" >&2; exit 1; }
	@[ -e "$(NGX)" ] || { echo "$(NGX) is missing: 'make deps-build' installs nginx-dev, or name a tree with NGX=" >&2; exit 1; }
	@tools/configure-nginx "$(NGX)" $(build)/nginx $(NGX_FLAGS)

install: ## into nginx's directories as Debian's modules (DESTDIR, MODULES_PATH, AVAILABLE_PATH, ENABLED_PATH)
install: module
	install -d "$(DESTDIR)$(MODULES_PATH)" "$(DESTDIR)$(AVAILABLE_PATH)" "$(DESTDIR)$(ENABLED_PATH)"
# By rename, since a running nginx has the old file mapped.
	install -m 644 "$(so)" "$(DESTDIR)$(MODULES_PATH)/.ngx_http_ciam_module.so.new"
	strip --strip-debug "$(DESTDIR)$(MODULES_PATH)/.ngx_http_ciam_module.so.new"
	mv -f "$(DESTDIR)$(MODULES_PATH)/.ngx_http_ciam_module.so.new" "$(DESTDIR)$(MODULES_PATH)/ngx_http_ciam_module.so"
	install -m 644 packaging/mod-http-ciam.conf "$(DESTDIR)$(AVAILABLE_PATH)/"
	ln -sfn "$(AVAILABLE_PATH)/mod-http-ciam.conf" "$(DESTDIR)$(ENABLED_PATH)/60-mod-http-ciam.conf"
	@echo "Restart nginx (or upgrade it with USR2) to run the new code: a reload goes on with the old."

uninstall: ## undo `make install`
	rm -f "$(DESTDIR)$(ENABLED_PATH)/60-mod-http-ciam.conf" "$(DESTDIR)$(AVAILABLE_PATH)/mod-http-ciam.conf"
	rm -f "$(DESTDIR)$(MODULES_PATH)/ngx_http_ciam_module.so"

deps: ## what is missing on a Debian 12 machine, for all of this
	@tools/install-packages build demo test bench
deps-build: ## what `make` and a running nginx need
	@tools/install-packages build
deps-demo: ## what `make demo` needs
	@tools/install-packages build demo
deps-test: ## what `make test` and `make lint` need
	@tools/install-packages build demo test
deps-bench: ## what `make bench` needs
	@tools/install-packages build demo test bench

test: ## every suite; the last line counts them
test: deps-test
	@$(MAKE) check-format
	@$(MAKE) all-plain all-asan build-tsan WERROR=1
	@$(run_tests)

unit: ## unit tests (SANITIZE=1)
unit: configure-$(variant)
	@cmake --build $(build)/$(variant) -j $(JOBS) --target unit_tests
	@$(run_tests) unit-$(variant)

tsan: ## threads in one session store, with ThreadSanitizer
tsan: build-tsan
	@$(run_tests) tsan

.PHONY: build-tsan
build-tsan: configure-tsan
	@cmake --build $(build)/tsan -j $(JOBS) --target store_memory_store_threads_test

integration: ## nginx with the module, against a provider (SANITIZE=1)
integration: module
	@$(run_tests) integration-$(variant)

browser: ## the demo in a real browser
browser: module
	@$(run_tests) browser

nginx-build: ## the module as part of nginx's own build (NGX=/path: a full tree, for --add-module too)
	@NGX="$(NGX)" $(run_tests) nginx-build

test-matrix: ## the tests with other versions of nginx (PARTS="trixie newest source palloc"); takes long, as root
test-matrix:
	@tools/install-packages build demo suites matrix
	@$(PYTHON) tools/test-matrix $(PARTS)

bench: ## what the module costs nginx
bench: deps-bench
	@$(MAKE) module >&2
	@$(PYTHON) t/bench/run

demo: ## a site, its provider and nginx on this machine
demo: deps-demo
	@$(MAKE) module
	conf-examples/demo/run

fuzz: ## all fuzz targets, for five minutes together (FUZZ_SECONDS=300)
fuzz: all-fuzz
	@tools/run-fuzz $(build)/fuzz $(FUZZ_SECONDS) $(JOBS)

sources = $(wildcard src/*/*.[ch]pp t/unit/*.[ch]pp t/unit/*/*.[ch]pp t/fuzz/*.[ch]pp)

format: ## clang-format
	clang-format-14 -i $(sources)

.PHONY: check-format
check-format:
	@clang-format-14 --dry-run -Werror $(sources)

lint: ## format, conventions and clang-tidy
lint: check-format configure-lint
	@$(PYTHON) tools/check-conventions
	@tools/run-clang-tidy $(build)/lint $(JOBS)

clean: ## remove build/
	rm -rf "$(build)"

help: ## this list
	@sed -n 's/^\([a-z-]*\): ## /\1\t/p' $(MAKEFILE_LIST) | expand -t 14
