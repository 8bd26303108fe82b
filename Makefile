# Switchboard. `make` alone prints what there is; `make run` and `make test` are all a newcomer needs.

PREFIX  ?= /usr
DESTDIR ?=
# The path that Switchboard lives under on its host, such as /agents; empty for all of the host.
PATH_PREFIX ?=
JOBS    ?= $(shell nproc 2>/dev/null || echo 2)
PYTHON  ?= python3
# What `make build` makes, and everything that is installed is made of.
BUILD   ?= .build/shipped
ARGS    ?=
# Integration tests mostly wait for processes, so more of them than cores run at a time.
PYTEST_ARGS ?= -n 4 --dist loadgroup

EXECUTABLES = switchboard switchboard-sandbox
# Links to the first of them, which is each of these by its name.
DAEMONS = switchboard-hub switchboard-ws switchboard-fcgi switchboard-agent
VERSION = $(shell sed -n 's/.*"Switchboard.s version is \(.*\)"$$/\1/p' Sources/System/Version.swift)
# Those without network, which have one sandbox; each unit has a copy, since a drop-in of their common
# prefix would catch units that are not ours.
CLOSED_SERVICES = switchboard-hub.service switchboard-fcgi.service switchboard-ws@.service
PACKAGES = libwebsockets-dev libwebsockets-evlib-ev libjansson-dev libsodium-dev \
	libcurl4-openssl-dev libev-dev libsqlite3-dev nginx openssl curl python3-venv pkg-config systemd binutils \
	bubblewrap shfmt ripgrep libjs-markdown-it libjs-highlight.js node-diff
# What a host needs that did not build; libraries and the libev plugin, which libwebsockets loads.
RUNTIME_PACKAGES = libwebsockets17 libwebsockets-evlib-ev libjansson4 libsodium23 libcurl4 libev4 \
	libsqlite3-0 nginx openssl bubblewrap shfmt ripgrep
# Only the tests need a browser and Node: some 500 MB that `make run` leaves out.
TEST_PACKAGES = chromium nodejs node-ws
DEB_PACKAGES = dpkg-dev
SYSTEMD_PACKAGES = $(DEB_PACKAGES) lintian debootstrap systemd-container qemu-system-x86 e2fsprogs
VENV = .build/venv

bin      = $(DESTDIR)$(PREFIX)/bin
share    = $(DESTDIR)$(PREFIX)/share/switchboard
units    = $(DESTDIR)$(PREFIX)/lib/systemd/system
sysusers = $(DESTDIR)$(PREFIX)/lib/sysusers.d
tmpfiles = $(DESTDIR)$(PREFIX)/lib/tmpfiles.d
etcnginx = $(DESTDIR)/etc/nginx
# The files in the tree name the installed paths of PREFIX=/usr.
relocate = sed -e 's|/usr/bin/switchboard|$(PREFIX)/bin/switchboard|g' \
	-e 's|/usr/share/switchboard|$(PREFIX)/share/switchboard|g'
# See nginx/snippets/switchboard-locations.conf.
prefixed = sed -E -e 's|^(location ~ \^)\$$|\1$(PATH_PREFIX)$$|; t' -e 's|^(location [^/]*)/|\1$(PATH_PREFIX)/|' \
	-e 's|^(error_page .*) /|\1 $(PATH_PREFIX)/|' \
	-e 's|^(fastcgi_param SWITCHBOARD_PREFIX) "";|\1 "$(PATH_PREFIX)";|'

.NOTPARALLEL:
FUZZ_RUNS ?= 20000
FUZZ_TARGETS ?= $(patsubst Tests/Fuzz/%/main.swift,%,$(wildcard Tests/Fuzz/*/main.swift))

.PHONY: help run test test-security test-systemd test-vm fuzz build build-tests packages test-packages deb-packages systemd-packages install uninstall purge deb format lint

help: ## print the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: packages ## build and run everything on this machine; ARGS="--port 9443" goes to it
	@$(need_swift)
	swift build -c release -j $(JOBS)
	@exec .build/release/switchboard dev $(ARGS)

test: test-packages build-tests $(VENV)/ready ## every test tier that needs no network
	swift test -c release --skip-build --disable-xctest --quiet
	node --test $$(find Tests -name '*.test.js')
	$(VENV)/bin/python -m pytest $(PYTEST_ARGS) --ignore=Tests/Security --ignore=Tests/Systemd Tests

test-security: test-packages build-tests $(VENV)/ready ## attacks on the built product, some of them for minutes
	$(VENV)/bin/python -m pytest $(PYTEST_ARGS) Tests/Security

# The Debian that it boots stays in .build/systemd.
test-systemd: systemd-packages deb $(VENV)/ready ## what is shipped, installed on a Debian with systemd; as root
	$(VENV)/bin/python -m pytest --ignore=Tests/Systemd/VirtualMachine Tests/Systemd

test-vm: systemd-packages deb $(VENV)/ready ## the same on a kernel of its own, for the limits of agents' commands; as root
	$(VENV)/bin/python -m pytest Tests/Systemd/VirtualMachine

# Findings and what coverage grew from the seeds stay in .build/fuzz. Two linkers fail at libFuzzer's
# own `main`, so the targets bring theirs. Swift's backtraces would end the process before libFuzzer
# has kept the bytes; `.build/fuzz/release/FuzzNAME FINDING` shows them.
fuzz: packages ## random bytes for each parser, guided by coverage; FUZZ_RUNS=10000000 FUZZ_TARGETS=ModelStream
	@$(need_swift)
	@resources=$$(swift -print-target-info | sed -n 's/.*"runtimeResourcePath": "\(.*\)".*/\1/p'); \
	for target in $(FUZZ_TARGETS); do \
	    SWITCHBOARD_FUZZ=1 swift build -c release -j $(JOBS) --scratch-path .build/fuzz --product Fuzz$$target \
	        -Xlinker $$resources/clang/lib/linux/libclang_rt.fuzzer_no_main-$$(uname -m).a \
	        -Xlinker -lstdc++ || exit 1; \
	    mkdir -p .build/fuzz/corpus/$$target .build/fuzz/findings; \
	    SWIFT_BACKTRACE=enable=no .build/fuzz/release/Fuzz$$target -runs=$(FUZZ_RUNS) -max_len=4096 \
	        -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 -dict=Tests/Fuzz/$$target/Words \
	        -artifact_prefix=.build/fuzz/findings/$$target- \
	        .build/fuzz/corpus/$$target Tests/Fuzz/$$target/Seeds || exit 1; \
	done

# The objects are those of `run` and the tests; only the program that is shipped is linked anew, with
# Swift's libraries in it. What a debugger needs is beside it.
build: packages $(BUILD)/icu-data.o ## build the executables for installing: they need no Swift on the machine
	@$(need_swift)
	swift build -c release -j $(JOBS)
	SWITCHBOARD_SHIPPED_DATA=$(abspath $(BUILD)/icu-data.o) swift build -c release -j $(JOBS) --product switchboard
	@set -e; for name in $(EXECUTABLES); do \
	    objcopy --only-keep-debug .build/release/$$name $(BUILD)/$$name.debug; \
	    objcopy --strip-all --add-gnu-debuglink=$(BUILD)/$$name.debug .build/release/$$name $(BUILD)/$$name; \
	done; \
	for name in $(DAEMONS); do ln -sf switchboard $(BUILD)/$$name; done
	.package/manual $(BUILD)

$(BUILD)/icu-data.o: .package/icu-data
	@$(need_swift)
	mkdir -p $(BUILD)
	.package/icu-data $@

# One build serves `run` and the tests, so that nothing is compiled twice.
build-tests:
	@$(need_swift)
	swift build -c release --build-tests -j $(JOBS)

install: ## install the built executables, site, units, users and directories (DESTDIR, PREFIX, PATH_PREFIX)
	@for name in $(EXECUTABLES); do test -x $(BUILD)/$$name || { \
	    echo "make install: $(BUILD)/$$name is missing; run 'make build' first" >&2; exit 1; }; done
	install -d $(bin) $(share)/nginx $(share)/dev/snippets $(sysusers) $(tmpfiles) \
	    $(addprefix $(units)/,$(addsuffix .d,$(CLOSED_SERVICES) switchboard-agent@.service)) \
	    $(etcnginx)/sites-available
	install -m 755 $(addprefix $(BUILD)/,$(EXECUTABLES)) $(bin)
	for name in $(DAEMONS); do ln -sfn switchboard $(bin)/$$name || exit 1; done
	rm -rf $(share)/console $(share)/client
	cp -R Sources/Console $(share)/console
	cp -R Sources/BrowserClient $(share)/client
	find $(share)/console $(share)/client -type d -exec chmod 755 {} + -o -type f -exec chmod 644 {} +
	@# As in the source tree, for `switchboard dev`.
	install -m 644 nginx/*.conf $(share)/dev
	install -m 644 nginx/snippets/*.conf $(share)/dev/snippets
	$(relocate) nginx/switchboard.conf | install -m 644 /dev/stdin $(share)/nginx/switchboard.conf
	for snippet in nginx/snippets/*.conf; do $(relocate) $$snippet | $(prefixed) \
	    | install -m 644 /dev/stdin $(share)/nginx/$${snippet##*/} || exit 1; done
	@# The site is the admin's once it is there: server names, certificates, list of workers.
	@if test -e $(etcnginx)/sites-available/switchboard; then \
	    echo "kept $(etcnginx)/sites-available/switchboard; compare $(share)/nginx/switchboard.conf"; \
	else install -m 644 $(share)/nginx/switchboard.conf $(etcnginx)/sites-available/switchboard; fi
	for unit in systemd/*.service systemd/*.target systemd/*.timer; do \
	    $(relocate) $$unit | install -m 644 /dev/stdin $(units)/$${unit#systemd/} || exit 1; done
	for folder in systemd/*.service.d; do \
	    install -m 644 $$folder/*.conf $(units)/$${folder#systemd/} || exit 1; done
	for service in $(CLOSED_SERVICES); do \
	    install -m 644 systemd/sandbox.conf $(units)/$$service.d/ || exit 1; done
	@# What earlier versions put there, and other services' units caught.
	rm -rf $(units)/switchboard-.service.d
	install -m 644 systemd/sysusers.conf $(sysusers)/switchboard.conf
	install -m 644 systemd/tmpfiles.conf $(tmpfiles)/switchboard.conf
	$(relocate) .package/services | install -m 755 /dev/stdin $(share)/services
	cd $(BUILD)/share && find . -type f -exec install -D -m 644 {} $(abspath $(DESTDIR)$(PREFIX)/share)/{} \;
ifeq ($(DESTDIR),)
	systemd-sysusers $(sysusers)/switchboard.conf
	systemd-tmpfiles --create $(tmpfiles)/switchboard.conf
	if test -d /run/systemd/system; then $(share)/services restart; fi
	@echo
	@echo "Installed $(VERSION). On a first time: put fullchain.pem and privkey.pem into"
	@echo "/etc/switchboard/tls, your host's name into /etc/nginx/sites-available/switchboard, link it in"
	@echo "sites-enabled, then:"
	@echo "    systemctl enable --now switchboard.target"
	@echo "    nginx -t && systemctl reload nginx && switchboard doctor"
endif

# The site in /etc/nginx is disabled, because what it includes goes; it stays where it is.
uninstall: ## stop the services and remove what install put there; what is an admin's stays
ifeq ($(DESTDIR),)
	if test -x $(share)/services; then $(share)/services stop; fi
	if systemctl --quiet is-enabled switchboard.target 2>/dev/null; then systemctl disable switchboard.target; fi
endif
	rm -f $(addprefix $(bin)/,$(EXECUTABLES) $(DAEMONS))
	rm -rf $(share) $(addprefix $(units)/,$(addsuffix .d,$(CLOSED_SERVICES) switchboard-agent@.service))
	rm -f $(units)/switchboard.target $(units)/switchboard-hub.service \
	    $(units)/switchboard-fcgi.service $(units)/switchboard-ws@.service \
	    $(units)/switchboard-agent@.service $(addprefix $(units)/switchboard-backup.,service timer)
	rm -f $(sysusers)/switchboard.conf $(tmpfiles)/switchboard.conf
	rm -f $(DESTDIR)$(PREFIX)/share/bash-completion/completions/switchboard \
	    $(DESTDIR)$(PREFIX)/share/zsh/vendor-completions/_switchboard \
	    $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/switchboard.fish \
	    $(DESTDIR)$(PREFIX)/share/man/man1/switchboard.1 $(DESTDIR)$(PREFIX)/share/man/man8/switchboard-*.8
	for shell in zsh/vendor-completions fish/vendor_completions.d; do \
	    rmdir -p --ignore-fail-on-non-empty $(DESTDIR)$(PREFIX)/share/$$shell 2>/dev/null || true; done
ifeq ($(DESTDIR),)
	if test -d /run/systemd/system; then systemctl daemon-reload; fi
	@echo "Kept: /etc/nginx/sites-available/switchboard, /etc/switchboard, /var/lib/switchboard,"
	@echo "/var/lib/switchboard-agent, /srv/switchboard and the accounts. 'make purge' removes them, but"
	@echo "for what agents wrote in /srv/switchboard."
endif

purge: uninstall ## uninstall, and remove configuration, certificates, state, logs and accounts
ifeq ($(DESTDIR),)
	rm -f $(etcnginx)/sites-available/switchboard $(etcnginx)/snippets/switchboard-*.conf
	.package/purge
endif

deb: deb-packages build ## a Debian package of it, and one of its debug symbols, in .build/shipped (PATH_PREFIX)
	rm -rf $(BUILD)/deb
	$(MAKE) --no-print-directory -s install DESTDIR=$(abspath $(BUILD))/deb/root PREFIX=/usr
	.package/deb $(BUILD) $(VERSION)

format: ## rewrite the Swift sources in the house format
	swift format --in-place --parallel --recursive Package.swift Sources Tests

lint: ## check format and rules, without building
	@$(need_swift)
	swift format lint --strict --parallel --recursive Package.swift Sources Tests
	bash -n .ci/run
	$(PYTHON) -c 'import ast, pathlib; [ast.parse(file.read_bytes(), str(file)) for file in pathlib.Path("Tests").rglob("*.py")]'

packages: WANTED = $(PACKAGES)
test-packages: WANTED = $(PACKAGES) $(TEST_PACKAGES)
deb-packages: WANTED = $(PACKAGES) $(DEB_PACKAGES)
systemd-packages: WANTED = $(PACKAGES) $(SYSTEMD_PACKAGES)
packages test-packages deb-packages systemd-packages:
	@command -v dpkg-query >/dev/null || { \
	    echo "This is no Debian; these packages' like must be there: $(WANTED)"; exit 0; }; \
	missing=; for package in $(WANTED); do \
	    dpkg-query -W -f '$${Status}' $$package 2>/dev/null | grep -q 'ok installed' \
	        || missing="$$missing $$package"; done; \
	test -n "$$missing" || exit 0; \
	if [ "$$(id -u)" = 0 ]; then root=; \
	elif command -v sudo >/dev/null; then root=sudo; \
	else echo "Debian packages are missing, and this is neither root nor is there sudo. As root, run:" >&2; \
	    echo "    apt-get install$$missing" >&2; exit 1; fi; \
	echo "Installing missing Debian packages:$$missing"; \
	$$root apt-get update -q && \
	$$root env DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends $$missing

$(VENV)/ready: Tests/requirements.txt
	$(PYTHON) -m venv --clear $(VENV)
	$(VENV)/bin/pip install --quiet --disable-pip-version-check -r Tests/requirements.txt
	@touch $@

define need_swift
command -v swift >/dev/null || { \
    echo "swift is not on PATH: Switchboard needs Swift 6.3 or later, https://www.swift.org/install" >&2; exit 1; }
endef
