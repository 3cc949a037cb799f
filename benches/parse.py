#!/usr/bin/env python3
"""What reading a big project costs: `parse` from nothing, with nothing changed and after one edit, `ls`, `compile`.

    benches/parse.py --tamis target/release/tamis [--models 5000] [--v2 path/to/dbt] [--dbt path/to/venv/bin/dbt]

The project: sources, staging views over them, joins, tables on top, three generic tests a model, a property file a
folder, macros that models call. Each figure is the best wall time of a few runs with the CPU seconds and the peak
memory of the same run; a busy machine spoils wall time first. `--sizes 1000,5000,20000` shows how cost grows.
"""

import argparse
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

FOLDER_MODELS = 20


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def described(name):
    return (
        f"  - name: {name}\n    description: made for measuring\n    columns:\n"
        "      - name: id\n        description: names a row\n        data_tests: [unique, not_null]\n"
        "      - name: kind\n        data_tests: [{accepted_values: {arguments: {values: [1, 2, 3]}}}]\n"
    )


def make_project(root, models):
    write(root / "dbt_project.yml", "name: bench\nversion: '1.0'\nprofile: bench\nmodels:\n  bench:\n    marts: {+materialized: table}\n")
    write(root / "profiles.yml", "bench:\n  target: dev\n  outputs:\n    dev: {type: duckdb, path: bench.duckdb, threads: 2}\n")
    write(root / "macros/cents.sql", "{% macro cents(column) %}round({{ column }} * 100){% endmacro %}\n")
    write(root / "macros/recent.sql", "{% macro recent(column) %}{{ column }} > {{ var('since', 0) }}{% endmacro %}\n")
    staging = models // 2
    folders = {}
    for at in range(models):
        layer = "staging" if at < staging else "marts"
        folder = f"models/{layer}/area_{at // FOLDER_MODELS}"
        name = f"model_{at}"
        if at < staging:
            source = f"raw_{at // FOLDER_MODELS}"
            sql = f"select id, kind, {{{{ cents('amount') }}}} as amount\nfrom {{{{ source('{source}', 'table_{at}') }}}}\n"
            folders.setdefault((folder, source), []).append(name)
        else:
            left, right = at % staging, (at * 7 + 1) % staging
            sql = (
                "{{ config(tags=['made']) }}\nselect a.id, a.kind, a.amount + b.amount as amount\n"
                f"from {{{{ ref('model_{left}') }}}} as a\njoin {{{{ ref('model_{right}') }}}} as b on a.id = b.id\n"
                + ("where {{ recent('a.id') }}\n" if at % 3 == 0 else "")
            )
            folders.setdefault((folder, None), []).append(name)
        write(root / f"{folder}/{name}.sql", sql)
    for (folder, source), names in folders.items():
        text = "version: 2\nmodels:\n" + "".join(described(name) for name in names)
        if source:
            tables = "".join(f"      - name: table_{name.removeprefix('model_')}\n" for name in names)
            text += f"sources:\n  - name: {source}\n    schema: \"{{{{ target.schema }}}}\"\n    tables:\n{tables}"
        write(root / f"{folder}/properties.yml", text)


def timed(command, project):
    environment = {**os.environ, "DO_NOT_TRACK": "1", "DBT_SEND_ANONYMOUS_USAGE_STATS": "False"}
    with tempfile.TemporaryFile() as said:
        started = time.monotonic()
        process = subprocess.Popen([*command, "--profiles-dir", "."], cwd=project, env=environment, stdout=said, stderr=said)
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.monotonic() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            said.seek(0)
            sys.exit(f"{' '.join(command)} failed:\n{said.read()[-3000:].decode(errors='replace')}")
    return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def append(path, text):
    def edit(run):
        with open(path, "a") as file:
            file.write(text.replace("RUN", str(run)))

    return edit


def reword(path):
    """Says something else of a column."""

    def edit(run):
        text = path.read_text()
        start = text.index("        description: names a row")
        end = text.index("\n", start)
        path.write_text(f"{text[:start]}        description: names a row, {run}{text[end:]}")

    return edit


def measure(label, command, project, runs, before=lambda run: None):
    best = None
    for run in range(runs):
        before(run)
        found = timed(command, project)
        best = min(best or found, found)
    wall, cpu, peak = best
    print(f"{label:<36}{wall:8.2f} s {cpu:8.2f} s CPU {peak:8.0f} MiB", flush=True)


def of_tool(name, command, project, runs, edits):
    def fresh(_):
        for folder in ("target", "logs"):
            shutil.rmtree(project / folder, ignore_errors=True)

    measure(f"{name}: parse, from nothing", [*command, "parse"], project, runs, fresh)
    timed([*command, "parse"], project)
    measure(f"{name}: parse, nothing changed", [*command, "parse"], project, runs)
    if edits:
        measure(f"{name}: parse, one model edited", [*command, "parse"], project, runs, append(project / "models/marts/area_{}/model_{}.sql".format(*edits), "-- RUN\n"))
        measure(f"{name}: parse, one yml edited", [*command, "parse"], project, runs, append(project / "models/marts/area_{}/properties.yml".format(*edits), "# RUN\n"))
        measure(f"{name}: parse, one description edited", [*command, "parse"], project, runs, reword(project / "models/marts/area_{}/properties.yml".format(*edits)))
        measure(f"{name}: parse, one config edited", [*command, "parse"], project, runs, append(project / "models/marts/area_{}/model_{}.sql".format(*edits), "{{ config(meta={'run': RUN}) }}\n"))
        measure(f"{name}: parse, one ref added", [*command, "parse"], project, runs, append(project / "models/marts/area_{}/model_{}.sql".format(*edits), "-- {{ ref('model_RUN') }}\n"))
        measure(f"{name}: parse, one test added", [*command, "parse"], project, runs, append(project / "models/marts/area_{}/properties.yml".format(*edits), "      - name: added_RUN\n        data_tests: [not_null]\n"))
        measure(f"{name}: parse, one macro edited", [*command, "parse"], project, runs, append(project / "macros/recent.sql", "{# RUN #}\n"))
        measure(f"{name}: ls", [*command, "ls"], project, runs)
    measure(f"{name}: compile, from nothing", [*command, "compile"], project, 1, fresh)


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--tamis", required=True, type=pathlib.Path)
    options.add_argument("--v2", type=pathlib.Path, help="dbt's Rust binary")
    options.add_argument("--dbt", type=pathlib.Path, help="dbt-core")
    options.add_argument("--models", type=int, default=5000)
    options.add_argument("--sizes", help="numbers of models to parse from nothing, as `1000,5000,20000`")
    options.add_argument("--runs", type=int, default=3)
    asked = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        project = pathlib.Path(folder) / "project"
        make_project(project, asked.models)
        edited = asked.models - 1
        print(f"{asked.models} models")
        of_tool("tamis", [asked.tamis.resolve()], project, asked.runs, (edited // FOLDER_MODELS, edited))
        for name, tool in (("dbt v2", asked.v2), ("dbt-core", asked.dbt)):
            if tool:
                of_tool(name, [tool.resolve()], project, 1, None)
    for size in (asked.sizes or "").split(","):
        if size:
            with tempfile.TemporaryDirectory() as folder:
                make_project(pathlib.Path(folder), int(size))
                measure(f"tamis: parse of {size} models", [asked.tamis.resolve(), "parse", "--no-partial-parse"], folder, asked.runs)


if __name__ == "__main__":
    main()
