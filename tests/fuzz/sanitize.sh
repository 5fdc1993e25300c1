#!/usr/bin/env bash
# Run what is compiled under the address and undefined behaviour sanitizers of gcc:
# tests/fuzz/sanitize.sh SECONDS [FOLDER]. First the tests of the engine and of conformance, then,
# where atheris is there, the harnesses for so many seconds. The modules are built in FOLDER (else
# a temporary one). PYTHON names the interpreter.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
seconds=$1
folder=${2:-$(mktemp -d)}
python=${PYTHON:-python3}

mkdir -p "$folder/tree"
cp -r "$root"/{nnc,tests,schema,setup.py,pyproject.toml,README.md,LICENSE} "$folder/tree"
cd "$folder/tree"
find nnc -name '*.so' -delete
export CC=gcc
# The first fault ends the process, so that no test passes over it.
export CFLAGS="-O1 -g1 -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all"
export LDFLAGS="-fsanitize=address,undefined"
sed -i 's/"-O3"/"-O1"/' setup.py # it comes after CFLAGS, and takes minutes with the sanitizers
"$python" setup.py -q build_ext --inplace
built=$(find nnc -name '*.so' | wc -l)
if [ "$built" -lt 13 ]; then
    echo "only $built modules could be built" >&2
    exit 1
fi

# The interpreter itself isn't built so: the runtime has to come first, and Python never frees all.
LD_PRELOAD="$(gcc -print-file-name=libasan.so):$(gcc -print-file-name=libubsan.so)"
LD_PRELOAD+=":$(g++ -print-file-name=libstdc++.so)"
export ASAN_OPTIONS=detect_leaks=0:allocator_may_return_null=1
export UBSAN_OPTIONS=print_stacktrace=1
export PYTHONPATH=$PWD PYTHONMALLOC=malloc
sanitized() {
    LD_PRELOAD=$LD_PRELOAD "$@"
}

sanitized "$python" -c "
import nnc.deepcabac
assert nnc.deepcabac.engine_name() == 'compiled'"
if [ "$seconds" -gt 0 ] && "$python" -c 'import atheris' 2> /dev/null; then
    SANITIZED=$LD_PRELOAD PYTHON=$python tests/fuzz/run.sh "$seconds" "$folder/fuzz"
fi
sanitized "$python" -m pytest -q -p no:cacheprovider -m 'not slow' \
    tests/unit/deepcabac tests/conformance
