# In-place against out-of-place ops in PyTorch. `make` prints the targets and the variables.

# The torch that is installed: pinned, so that numbers of two installations compare. The suite supports torch >= 2.6.
TORCH ?= torch==2.13.0
# The folder of the environment. Empty: no environment; PYTHON is used with the packages that it has.
VENV ?= .venv
PYTHON ?= python3

PRESET ?= quick
DEVICE ?= all
OUT ?= results/runs

ifeq ($(strip $(VENV)),)
  PY := $(PYTHON)
  READY :=
else
  PY := $(VENV)/bin/python
  # One stamp per torch requirement: another TORCH= makes the environment again.
  READY := $(VENV)/ready-$(subst =,,$(subst /,,$(strip $(TORCH))))
endif

# An option is passed on only if its variable is set; otherwise the suite's own default holds.
flag = $(if $(strip $($(1))),$(2) '$(subst ','\'',$($(1)))')
RUN_FLAGS = $(call flag,PRESET,--preset) $(call flag,DEVICE,--device) $(call flag,SELECT,--select) \
  $(call flag,PAIR,--pair) $(call flag,NUMEL,--numel) $(call flag,SHAPE,--shape) $(call flag,DTYPE,--dtype) \
  $(call flag,LAYOUT,--layout) $(call flag,OPERAND,--operand) \
  $(call flag,SCALE,--scale) \
  $(call flag,THREADS,--threads) $(call flag,PAIRS,--pairs) $(call flag,CASES,--cases) $(call flag,LABEL,--label) \
  $(call flag,PASSES,--passes) $(call flag,SHARD,--shard) $(if $(strip $(EXCLUSIVE)),--exclusive) $(call flag,HOST_NAME,--host)

# GATE: further options of compare, as typed.
GATE_FLAGS = $(if $(strip $(CONFIRM)),--confirm) $(call flag,MARKDOWN,--markdown) $(call flag,JSON,--json) $(GATE)

# Several steps, or several inputs, are words of one variable.
ADVISE_FLAGS = $(foreach step,$(STEP),'$(step)') $(call flag,MODEL,--model) \
  $(foreach shape,$(INPUT),--input '$(shape)') $(call flag,STEPS,--steps) $(call flag,ONLY,--only) $(call flag,JSON,--json) \
  $(if $(strip $(NO_TIME)),--no-time) $(if $(strip $(SCRATCH)),--scratch) $(call flag,HOST_NAME,--host) \
  $(OWN_DEVICE) $(OWN_OUT)

# Without OUT, each command has its own default folder.
OWN_OUT = $(if $(filter file,$(origin OUT)),,$(call flag,OUT,--out))
TRUTH_FLAGS = $(call flag,DEVICE,--device) $(OWN_OUT)

REFERENCE_FLAGS = $(call flag,PART,) $(if $(strip $(LIST)),--list) $(if $(strip $(AGAIN)),--again) \
  $(call flag,HOST_NAME,--host) $(OWN_OUT)

# Without DEVICE, advise uses the CPU.
OWN_DEVICE = $(if $(filter file,$(origin DEVICE)),,$(call flag,DEVICE,--device))
# Targets for a GPU use cuda unless DEVICE is given.
GPU_DEVICE = $(if $(filter file,$(origin DEVICE)),--device cuda,$(call flag,DEVICE,--device))

.DEFAULT_GOAL := help
.PHONY: help bench report compare versions fleet merge reference selftest gpu-check first-run list safety claims hazards advise explain readme test test-quick lint clean

help: ## print this
	@echo 'targets:'
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo 'variables of bench: PRESET=smoke|quick|full DEVICE=cpu|cuda|cuda:1|all SELECT=<pytest -k> PAIR=relu,add'
	@echo '  NUMEL=1Ki,4Mi SHAPE=64x128 DTYPE=float32 LAYOUT=transposed OPERAND=broadcast SCALE=64,128'
	@echo '  THREADS=1,2 PAIRS=my_pairs.py CASES=cases.json PASSES=12 SHARD=2/5 LABEL=name HOST_NAME=name OUT=folder RESUME=run'
	@echo '  EXCLUSIVE=1 (refuse a GPU on which other processes compute, or may)'
	@echo 'variables of versions: VERSIONS="2.6.0 2.13.0" and those of bench'
	@echo 'variables of reference: PART=ops,hazards LIST=1 AGAIN=1 HOST_NAME=name OUT=folder'
	@echo 'variables of fleet: FLEET=fleet.toml ADDRESS=auto (a Ray cluster) ON_PAPER=epyc=100 OUT=folder'
	@echo 'variables of merge: SHARDS="run run run" TO=folder'
	@echo 'variables of gpu-check, first-run: DEVICE=cuda|cuda:1|cpu OUT=folder; of first-run HOST_NAME=name'
	@echo 'variables of safety, claims, hazards: DEVICE=... OUT=folder CLAIM=leaf-add HAZARD=fused-step; of safety also'
	@echo '  PAIR=relu PAIRS=my_pairs.py COMPILE=1'
	@echo 'variables of explain: SCRIPT=train.py ARGUMENTS="--its own" TRY=1; of report RUN=run; of list PAIRS=my_pairs.py'
	@echo 'variables of compare: BASE=run HEAD=run CONFIRM=1 MARKDOWN=file JSON=file GATE="--speedup 0.03"'
	@echo 'variables of advise: STEP="train.py:make eval.py:make" MODEL=net.py:Net INPUT="4x3x224x224" STEPS=2 ONLY=path'
	@echo '  SCRATCH=1 NO_TIME=1 JSON=file OUT=folder HOST_NAME=name DEVICE=cuda'
	@echo 'environment: TORCH=$(TORCH) VENV=$(VENV) PYTHON=$(PYTHON) (VENV= uses PYTHON and the packages it has)'

bench: $(READY) ## run the suite, store the run, write its report
ifneq ($(strip $(RESUME)),)
	@$(PY) -m benchmarks run --resume '$(RESUME)'
else
	@$(PY) -m benchmarks run $(RUN_FLAGS) --out '$(OUT)'
endif

versions: $(READY) ## the same run on each torch of VERSIONS, their passes taking turns; again: goes on
	@$(PY) -m benchmarks versions $(VERSIONS) $(RUN_FLAGS) $(OWN_OUT)

reference: $(READY) ## measure again what is stale of what the repository keeps; LIST=1 prints the table alone
	@$(PY) -m benchmarks reference $(REFERENCE_FLAGS)

fleet: $(READY) ## the plan FLEET=fleet.toml in shards on many machines, merged into one report; again: goes on
	@$(PY) -m benchmarks fleet '$(FLEET)' $(call flag,ADDRESS,--address) $(call flag,ON_PAPER,--on-paper) $(OWN_OUT)

merge: $(READY) ## make one run of its shards SHARDS='results/runs/*of3', in the folder TO
	@$(PY) -m benchmarks merge $(SHARDS) $(call flag,TO,--to)

report: $(READY) ## write the report of RUN (the newest run by default)
	@$(PY) -m analysis report $(call flag,RUN,)

compare: $(READY) ## show what got worse from the run BASE to the run HEAD; CONFIRM=1 measures suspects again
	@$(PY) -m analysis compare '$(BASE)' '$(HEAD)' $(GATE_FLAGS)

selftest: $(READY) ## measure the instrument itself (about half an hour; type it again to go on after a stop)
	@$(PY) -m benchmarks selftest

gpu-check: $(READY) ## check what the instrument assumes about a GPU (a minute; DEVICE=cpu checks the CPU)
	@$(PY) -m benchmarks selftest --short $(GPU_DEVICE) $(OWN_OUT)

first-run: $(READY) ## gpu-check, then the most useful cases on a new GPU, in eight minutes; type it again to go on
	@$(PY) -m benchmarks first-run $(GPU_DEVICE) $(call flag,HOST_NAME,--host) $(OWN_OUT)

list: $(READY) ## print the catalogue
	@$(PY) -m benchmarks list $(call flag,PAIRS,--pairs)

claims: $(READY) ## test beliefs about in-place ops by programs
	@$(PY) -m benchmarks claims $(call flag,CLAIM,) $(TRUTH_FLAGS)

hazards: $(READY) ## show which in-place programs get wrong gradients here
	@$(PY) -m benchmarks hazards $(call flag,HAZARD,) $(TRUTH_FLAGS)

safety: $(READY) ## show what every in-place variant does on leaves, views, results, under vmap ...
	@$(PY) -m benchmarks safety $(call flag,PAIR,) $(call flag,PAIRS,--pairs) $(TRUTH_FLAGS) $(if $(strip $(COMPILE)),--compile)

advise: $(READY) ## find which in-place ops to switch in your own STEP=train.py:make, or MODEL=net.py:Net INPUT=4x3x8x8
	@$(PY) -m benchmarks advise $(ADVISE_FLAGS)

explain: $(READY) ## run SCRIPT=train.py, and show which line overwrote what its backward needs; TRY=1 runs the cures
	@$(PY) -m benchmarks explain $(if $(strip $(TRY)),--try) '$(subst ','\'',$(SCRIPT))' $(ARGUMENTS)

readme: $(READY) ## update README files and the kept reports from results/reference
	@$(PY) -m analysis readme

# Each worker has one thread for torch: more threads than cores wait for each other. How many workers, and in which order
# they take the files, says tests/conftest.py: xdist's own order puts files with few tests, which are the slow ones, last.
# Bytecode is kept, whatever the shell says: else each worker compiles all files, and each process that a test starts.
PYTEST = OMP_NUM_THREADS=1 PYTHONDONTWRITEBYTECODE= \
  $(PY) -m pytest --numprocesses=logical --maxprocesses=8 --dist=loadfile --no-loadscope-reorder

test: $(READY) ## run the tests (TESTS=tests/fleet: those of a room)
	@$(PYTEST) $(TESTS)

test-quick: $(READY) ## run the tests without processes, browser, whole reports or long simulations (about a minute)
	@$(PYTEST) -m 'not slow'

lint: $(READY) ## check style, formatting, types and workflows
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .
	@$(PY) -m basedpyright --pythonpath '$(PY)'
	@$(PY) -m check_jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml
	@$(PY) -m check_jsonschema --builtin-schema vendor.dependabot .github/dependabot.yml

clean: ## remove the environment and caches; stored runs stay
	rm -rf .venv .pytest_cache .ruff_cache .benchmarks
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# torch first and alone, at its pinned version: later installs find it and add no other build.
$(VENV)/ready-%: pyproject.toml
	@echo 'making the environment in $(VENV) with $(TORCH) (minutes, once)'
	@$(PYTHON) -m venv $(VENV)
	@rm -f $(VENV)/ready-*
	@$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check '$(TORCH)'
	@$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check --editable '.[dev,gpu]'
	@touch '$@'
