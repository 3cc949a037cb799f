#!/usr/bin/env python3
"""Holds ingestion against the generator's own counts, and its cost against the bars and against DuckDB.

    benches/ingest.py --make-crimes path/to/make_crimes.py [--rows 1000000] [--quick]

Runs `cargo bench --bench ingest` on generated files: with wrong values and broken lines, with each drift of the
header, and four times as long. Every count must equal the expectation file. CPU seconds and peak memory are printed
beside the bars: 2.5 CPU s and 150 MB from CSV to checked Parquet, for 1,000,000 rows of 28 columns. Where Python has
`duckdb`, it does the same checks in SQL, in the same run. Exit 1 when a count differs or a bar is missed.
"""

import argparse
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
BAR_SECONDS, BAR_MEGABYTES = 2.5, 150


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--make-crimes", required=True, help="the generator")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--quick", action="store_true", help="only the first file")
    parser.add_argument("--folder", help="where generated files are kept between runs")
    arguments = parser.parse_args()
    folder = pathlib.Path(arguments.folder or tempfile.mkdtemp(prefix="tamis-bench-"))
    folder.mkdir(parents=True, exist_ok=True)
    dirt = ["--faults", "5000", "--broken", "200"]
    cases = [("faulty", arguments.rows, dirt)]
    if not arguments.quick:
        cases += [(f"drift-{drift}", arguments.rows // 5, [*dirt, "--drift", drift]) for drift in ("padded", "renamed", "added", "dropped")]
        cases += [("long", arguments.rows * 4, [])]
    failed = False
    for name, rows, options in cases:
        file, expectation = generate(arguments.make_crimes, folder, name, rows, options)
        ended = subprocess.run(["cargo", "bench", "--quiet", "--bench", "ingest", "--", str(file), str(expectation)], cwd=ROOT, capture_output=True, text=True)
        found = re.search(r"csv to lake\s+([\d.]+) CPU s, peak (\d+) MB", ended.stdout)
        if ended.returncode or not found:
            failed = True
            print(f"{name}: FAILED\n{ended.stdout}{ended.stderr}")
            continue
        seconds, peak = float(found[1]), int(found[2])
        is_bound = rows == 1_000_000
        is_over = peak > BAR_MEGABYTES or is_bound and seconds > BAR_SECONDS
        failed |= is_over
        print(f"{name:<14} {rows:>9} rows  counts equal  csv to lake {seconds:5.2f} CPU s, peak {peak:3} MB  {'OVER THE BAR' if is_over else 'ok'}")
    file, expectation = generate(arguments.make_crimes, folder, "wrong-values", arguments.rows, [])
    compare(file, json.loads(expectation.read_text()))
    return int(failed)


def generate(generator, folder, name, rows, options):
    file, expectation = folder / f"{name}-{rows}.csv", folder / f"{name}-{rows}.json"
    if not expectation.exists():
        command = [sys.executable, generator, "--rows", str(rows), "--out", str(file), "--expect", str(expectation)]
        subprocess.run([*command, *options], check=True, stdout=subprocess.DEVNULL)
    return file, expectation


def compare(file, truth):
    """The same typing and checks in DuckDB, in a process of its own, so that its cost can be told."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            rows = in_duckdb(file)
        except ImportError:
            rows = None
        os.write(writer, json.dumps(rows).encode())
        os._exit(0)
    os.close(writer)
    rows = json.loads(os.read(reader, 100) or b"null")
    _, _, usage = os.wait4(child, 0)
    if rows is None:
        print("duckdb: not installed for this Python, not compared")
        return
    seconds, peak = usage.ru_utime + usage.ru_stime, usage.ru_maxrss // 1024
    verdict = "counts equal" if rows == truth["rows_every_column_parses"] else f"{rows} rows, not {truth['rows_every_column_parses']}"
    print(f"duckdb in SQL  {truth['rows']:>9} rows  {verdict}  csv to parquet {seconds:5.2f} CPU s, peak {peak:3} MB")


def in_duckdb(file):
    import duckdb

    connection = duckdb.connect()
    # Without it DuckDB 2.0 drops rows: casts are pushed into the reader.
    connection.execute("set disabled_optimizers = 'type_pushdown'; set threads = 1; set preserve_insertion_order = false")
    names = [row[0] for row in connection.execute(f"describe from read_csv('{file}', all_varchar = true)").fetchall()]
    whole = {"Part 1-2", "Crm Cd", "Vict Age", "Premis Cd", "Weapon Used Cd", "Crm Cd 1", "Crm Cd 2", "Crm Cd 3", "Crm Cd 4"}

    def typed(name):
        column = f'"{name}"'
        if name in ("Date Rptd", "DATE OCC"):
            return f"cast(try_strptime(trim({column}), '%m/%d/%Y %I:%M:%S %p') as date)"
        if name in whole:
            return f"try_cast(trim({column}) as integer)"
        if name in ("LAT", "LON"):
            return f"try_cast(trim({column}) as double)"
        if name == "TIME OCC":
            number = f"try_cast(trim({column}) as integer)"
            return f"case when {number} between 0 and 2359 and {number} % 100 < 60 then {number} end"
        return column

    columns = ", ".join(f'{typed(name)} as "{name}"' for name in names)
    is_good = " and ".join(f'("{name}" is null or {typed(name)} is not null)' for name in names if typed(name) != f'"{name}"')
    source = f"read_csv('{file}', all_varchar = true, header = true, delim = ',', quote = '\"')"
    with tempfile.TemporaryDirectory() as folder:
        for what, selection, condition in [("good", columns, is_good), ("bad", "*", f"not ({is_good})")]:
            connection.execute(f"copy (select {selection} from {source} where {condition}) to '{folder}/{what}.parquet' (compression zstd)")
        return connection.execute(f"select count(*) from '{folder}/good.parquet'").fetchone()[0]


if __name__ == "__main__":
    sys.exit(main())
