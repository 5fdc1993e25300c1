#!/usr/bin/env bash
# Fuzz one target after the other: tests/fuzz/run.sh SECONDS [FOLDER] [TARGET ...]. They share the
# time. Starts from the seeds; FOLDER (else a temporary one) keeps what is found. Needs the extra
# `fuzz`; PYTHON names the interpreter, SANITIZED libraries that are loaded before it (see sanitize.sh).
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
folder=${2:-$(mktemp -d)}
python=${PYTHON:-python3}
targets=(parse decode inspect session edit encode formats containers state build)
if [ $# -gt 2 ]; then targets=("${@:3}"); fi
seconds=$(($1 / ${#targets[@]}))

for target in "${targets[@]}"; do
    mkdir -p "$folder/crashes"
    printf '\n== %s\n' "$target" >&2
    "$python" "$here/seeds.py" "$target" "$folder/$target"
    LD_PRELOAD=${SANITIZED:-} "$python" "$here/fuzz_$target.py" "$folder/$target" -max_total_time="$seconds" \
        -timeout=20 -rss_limit_mb=2048 -artifact_prefix="$folder/crashes/$target-" \
        -max_len=4096 -print_final_stats=1 -verbosity=0
done
