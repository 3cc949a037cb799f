#!/usr/bin/env python3
"""CPU seconds of `build` on a made project, ours beside dbt-core's, in one run.

    benches/build.py --tamis target/release/tamis --dbt path/to/venv/bin/dbt [--models 100]

The project: seeds, staging views over them, intermediate views that join two, tables on top; three generic tests a
model; DuckDB. Both build it from nothing, each into a database of its own, and both must end with no failure. CPU is
user + system of the whole process tree, which a busy machine changes less than wall time.
"""

import argparse
import json
import os
import pathlib
import resource
import shutil
import subprocess
import sys
import tempfile
import time


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def make_project(root, models):
    write(root / "dbt_project.yml", "name: bench\nversion: '1.0'\nprofile: bench\nmodels:\n  bench:\n    marts: {+materialized: table}\n")
    write(
        root / "profiles.yml",
        "bench:\n  target: dev\n  outputs:\n    dev: {type: duckdb, path: \"{{ env_var('BENCH_DUCKDB_PATH') }}\", threads: 2}\n",
    )
    seeds = max(models // 20, 1)
    for seed in range(seeds):
        rows = "".join(f"{row},{row % 7},{row * 3}\n" for row in range(200))
        write(root / f"seeds/raw_{seed}.csv", "id,kind,amount\n" + rows)
    staging, middle = models * 4 // 10, models * 3 // 10
    entries = []

    def model(folder, name, sql):
        write(root / f"models/{folder}/{name}.sql", sql)
        entries.append(
            f"  - name: {name}\n    description: made for measuring\n    columns:\n"
            "      - name: id\n        data_tests: [unique, not_null]\n"
            "      - name: kind\n        data_tests: [not_null]\n"
        )

    for at in range(staging):
        model("staging", f"stg_{at}", f"select id, kind, amount + {at} as amount\nfrom {{{{ ref('raw_{at % seeds}') }}}}\n")
    for at in range(middle):
        left, right = at % staging, (at * 7 + 1) % staging
        model(
            "intermediate",
            f"int_{at}",
            "{{ config(tags=['intermediate']) }}\n"
            f"select a.id, a.kind, a.amount + b.amount as amount\nfrom {{{{ ref('stg_{left}') }}}} as a\n"
            f"join {{{{ ref('stg_{right}') }}}} as b on a.id = b.id\n",
        )
    for at in range(models - staging - middle):
        model(
            "marts",
            f"mart_{at}",
            f"select id, kind, sum(amount) as amount\nfrom {{{{ ref('int_{at % middle}') }}}}\n"
            "{% if var('only_kind', none) is not none %}where kind = {{ var('only_kind') }}{% endif %}\ngroup by all\n",
        )
    write(root / "models/models.yml", "version: 2\nmodels:\n" + "".join(entries))


def timed(command, project, database):
    for folder in ("target", "logs"):
        shutil.rmtree(project / folder, ignore_errors=True)
    environment = {**os.environ, "BENCH_DUCKDB_PATH": str(database), "DO_NOT_TRACK": "1", "DBT_SEND_ANONYMOUS_USAGE_STATS": "False"}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.monotonic()
    done = subprocess.run([*command, "build", "--profiles-dir", "."], cwd=project, env=environment, capture_output=True, text=True)
    wall = time.monotonic() - started
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode != 0:
        sys.exit(f"{command[0]} failed:\n{done.stdout[-3000:]}{done.stderr[-3000:]}")
    results = json.loads((project / "target/run_results.json").read_text())["results"]
    cpu = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    return cpu, wall, len(results)


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--tamis", required=True)
    arguments.add_argument("--dbt", required=True)
    arguments.add_argument("--models", type=int, default=100)
    arguments.add_argument("--runs", type=int, default=3)
    given = arguments.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        project = pathlib.Path(folder) / "project"
        make_project(project, given.models)
        best = {}
        for name, binary in (("tamis", given.tamis), ("dbt", given.dbt)):
            command = [os.path.abspath(binary)]
            runs = [timed(command, project, pathlib.Path(folder) / f"{name}{run}.duckdb") for run in range(given.runs)]
            best[name] = min(runs)
            cpu, wall, results = best[name]
            print(f"{name:6} {cpu:7.2f} CPU s  {wall:7.2f} s  {results} results, best of {given.runs}")
        if best["tamis"][2] != best["dbt"][2]:
            sys.exit("the two did not do the same work")
        print(f"dbt takes {best['dbt'][0] / best['tamis'][0]:.1f} x the CPU time")


if __name__ == "__main__":
    main()
