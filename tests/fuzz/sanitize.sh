#!/usr/bin/env bash
# Run what is compiled under the address and undefined behaviour sanitizers of gcc:
# tests/fuzz/sanitize.sh SECONDS [FOLDER]. First the tests of the engine, of quantization and of conformance, then,
# where atheris is there, the harnesses for so many seconds (0: not at all). The modules are built
# in FOLDER (else a temporary one). PYTHON names the interpreter, TESTS other tests, JOBS how many
# of them run at once (else one a processor). An idle machine of two processors needs some minutes.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
seconds=$1
folder=${2:-$(mktemp -d)}
python=${PYTHON:-python3}
read -ra tests <<< "${TESTS:-tests/unit/deepcabac tests/unit/encoder/quantization tests/conformance}"

mkdir -p "$folder/tree"
cp -r "$root"/{nnc,tests,docs,generator,schema,setup.py,pyproject.toml,README.md,LICENSE} "$folder/tree"
cd "$folder/tree"
find nnc -name '*.so' -delete
sed -i 's/"-O3"/"-O1"/' setup.py # it comes after CFLAGS, and takes minutes with the sanitizers
"$python" -m venv "$folder/building"
"$python" -c "
import tomllib
for package in tomllib.load(open('pyproject.toml', 'rb'))['build-system']['requires']:
    print(package)" > "$folder/building/requires"
"$folder/building/bin/python" -m pip install --quiet -r "$folder/building/requires"
# The first fault ends the process, so that no test passes over it.
CC=gcc CFLAGS="-w -O1 -g1 -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all" \
    LDFLAGS="-fsanitize=address,undefined" \
    "$folder/building/bin/python" setup.py -q build_ext --inplace
built=$(find nnc -name '*.so' | wc -l)
wanted=$(grep -cE '^(    |VIEWS = )"nnc\.[a-z_.]+",?$' setup.py)
if [ "$built" -lt "$wanted" ]; then
    echo "only $built of $wanted modules could be built" >&2
    exit 1
fi

# The interpreter itself isn't built so: the runtime has to come first, and Python never frees all.
libraries="$(gcc -print-file-name=libasan.so):$(gcc -print-file-name=libubsan.so)"
libraries+=":$(g++ -print-file-name=libstdc++.so)"
export ASAN_OPTIONS=detect_leaks=0:allocator_may_return_null=1
export UBSAN_OPTIONS=print_stacktrace=1
export PYTHONPATH=$PWD:$PWD/generator PYTHONMALLOC=malloc
sanitized() {
    LD_PRELOAD=$libraries "$@"
}

sanitized "$python" -c "
import nnc.deepcabac
assert nnc.deepcabac.is_compiled()"
sanitized "$python" -m pytest -q -p no:cacheprovider -m 'not slow' \
    -n "${JOBS:-auto}" --dist worksteal "${tests[@]}"
if [ "$seconds" -gt 0 ] && "$python" -c 'import atheris' 2> /dev/null; then
    SANITIZED=$libraries PYTHON=$python tests/fuzz/run.sh "$seconds" "$folder/fuzz"
fi
