# The commands of this project. `make up` is all that a first run needs.

.PHONY: help up down status restart drain undrain deps build install docker-proof postman test test-full fuzz bench bench-upload bench-fleet bench-restart cover fmt lint venv

help:
	@echo "make up         install what is missing, build, start the stack, print a first session"
	@echo "make status     each process with its pid and health"
	@echo "make down       stop the stack, keep its data"
	@echo "make restart    up, and every program is replaced, one after the other, without a failed request"
	@echo "make drain      let readiness fail, so that load balancers send nothing more; make undrain ends it"
	@echo "make build      build the programs"
	@echo "make install    put programs, units, pages and documents under DESTDIR, as Debian has them"
	@echo "make docker-proof  run the Dockerfile's steps in clean Debian roots (as root)"
	@echo "make postman    make docs/postman_collection.json from swagger.yaml"
	@echo "make test       everything that must hold before a change is taken in"
	@echo "make test-full  the same with the long runs"
	@echo "make fuzz       look for forms that the upload parser treats wrongly, for SECONDS=60"
	@echo "make bench      measure a stack of its own; ARGS=\"--save FILE --against FILE\""
	@echo "make bench-upload  how fast uploads go on the running stack"
	@echo "make bench-fleet   sign-up, many tenants in turn and a tenant beside a flood, on the running stack"
	@echo "make bench-restart how many requests fail while a stack of its own is restarted"
	@echo "make cover      which lines the tests run, by target; COVER_HTML=1 for pages"
	@echo "make fmt lint   format the Swift sources; check them and the scripts"
	@echo "make deps venv  install packages; make the tests' Python environment"

up down status restart drain undrain deps:
	@scripts/stack.sh $@

build:
	swift build -c release --static-swift-stdlib

install:
	@scripts/install.sh

docker-proof:
	@scripts/docker-proof.sh

postman: venv
	@.venv/bin/python scripts/postman.py

test:
	@scripts/ci.sh

test-full:
	@scripts/ci.sh full

fuzz:
	swift run -c release multipart-fuzz loop Tests/Fuzz/corpus $(or $(SECONDS),60)

bench:
	@Benchmarks/bench.py $(ARGS)

bench-upload:
	@Benchmarks/upload_bench.py

bench-fleet:
	@Benchmarks/fleet_bench.py

bench-restart:
	@Benchmarks/restart_bench.py $(ARGS)

cover:
	@scripts/coverage.sh

fmt:
	swift format --in-place --recursive --parallel Sources Tests Package.swift

lint:
	swift format lint --strict --recursive --parallel Sources Tests Package.swift
	shellcheck --external-sources --source-path SCRIPTDIR --severity warning $$(grep -rIlE '^#!.*(bash|/sh)$$' scripts docker deploy .ci Benchmarks Tests)
	shellcheck --shell bash --severity warning --exclude SC2034,SC2154 scripts/stack/*.sh

venv:
	@scripts/test-venv.sh
