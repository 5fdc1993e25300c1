#!/usr/bin/env bash
# Fuzz one target after the other: tests/fuzz/run.sh SECONDS [FOLDER] [TARGET ...]. They share the
# time; loading comes on top. Starts from the seeds, and tells how many inputs each target ran.
# FOLDER (else a temporary one) keeps logs and what is found. Needs the extra `fuzz`; PYTHON names
# the interpreter, SANITIZED libraries that are loaded before it (see sanitize.sh).
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
folder=${2:-$(mktemp -d)}
python=${PYTHON:-python3}
targets=(parse decode inspect session edit encode formats containers state build)
if [ $# -gt 2 ]; then targets=("${@:3}"); fi
seconds=$(($1 / ${#targets[@]}))
# Of libFuzzer zero seconds are no limit.
if [ "$seconds" -lt 1 ]; then seconds=1; fi

loaded() {
    LD_PRELOAD=${SANITIZED:-} "$python" "$@"
}

fail() {
    tail -60 "$folder/$1.log" >&2
    echo "$1: $2; the log is $folder/$1.log, what is found is in $folder/crashes" >&2
    exit 1
}

mkdir -p "$folder/crashes"
for target in "${targets[@]}"; do
    log=$folder/$target.log
    loaded "$here/seeds.py" "$target" "$folder/$target" > "$log" 2>&1 || fail "$target" "no seeds"
    seeds=$(find "$folder/$target" -type f | wc -l)
    loaded "$here/fuzz_$target.py" "$folder/$target" -max_total_time="$seconds" \
        -timeout=20 -rss_limit_mb=2048 -artifact_prefix="$folder/crashes/$target-" \
        -max_len=4096 -print_final_stats=1 -verbosity=0 >> "$log" 2>&1 || fail "$target" "a finding"
    inputs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
    echo "$target: ${inputs:-0} inputs, $seeds of them seeds"
    if [ "$seeds" -eq 0 ] || [ "${inputs:-0}" -lt "$seeds" ]; then fail "$target" "too few inputs"; fi
done
