#!/bin/sh
# Prints how long `tamis --version` and a no-change `parse` of the example take, and their peak memory.
# Bars: --version under 15 ms, parse under 50 ms, both under 40 MB. Build first: cargo build --release
set -eu
cd "$(dirname "$0")/.."
binary=$(pwd)/${CARGO_TARGET_DIR:-target}/release/tamis
case ${CARGO_TARGET_DIR:-} in /*) binary=$CARGO_TARGET_DIR/release/tamis ;; esac
[ -x "$binary" ] || { echo "no $binary: run cargo build --release" >&2; exit 2; }

# measure NAME MILLISECONDS_MAX COMMAND...: best of ten runs, as the machine may be busy.
measure() {
    python3 - "$@" <<'PYTHON'
import os, resource, subprocess, sys, time
name, bar, command = sys.argv[1], float(sys.argv[2]), sys.argv[3:]
times = []
for _ in range(10):
    start = time.perf_counter()
    ended = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    times.append((time.perf_counter() - start) * 1000)
    if ended.returncode:
        sys.exit(f"{name}: exit code {ended.returncode}\n{ended.stderr.decode()}")
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
verdict = "ok" if min(times) < bar and peak < 40 else "OVER THE BAR"
print(f"{name:<18} best {min(times):6.1f} ms, median {sorted(times)[5]:6.1f} ms (bar {bar:.0f} ms), "
      f"peak {peak:5.1f} MB (bar 40 MB)  {verdict}")
PYTHON
}

measure "tamis --version" 15 "$binary" --version
"$binary" parse --project-dir project --quiet
measure "tamis parse" 50 "$binary" parse --project-dir project --quiet
