#!/usr/bin/env bash
# Fuzz parsing, then decoding: tests/fuzz/run.sh SECONDS [FOLDER]. Half of the time is for each.
# Starts from the vectors; FOLDER (else a temporary one) keeps what it finds. Needs the extra
# `fuzz`; PYTHON names the interpreter.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
seconds=$(($1 / 2))
folder=${2:-$(mktemp -d)}
python=${PYTHON:-python3}

for target in parse decode; do
    mkdir -p "$folder/$target" "$folder/crashes"
    # Small seeds: an input of a few kilobytes is mutated a thousand times a second.
    find "$here/../vectors" -name '*.nnc' -size -3k | while read -r vector; do
        name=$(basename "$(dirname "$vector")")-$(basename "$vector")
        cp -n "$vector" "$folder/$target/$name"
    done
    "$python" "$here/fuzz_$target.py" "$folder/$target" -max_total_time="$seconds" \
        -timeout=20 -rss_limit_mb=2048 -artifact_prefix="$folder/crashes/$target-" \
        -max_len=4096 -print_final_stats=1 -verbosity=0
done
