#!/usr/bin/env python3
"""Holds Tamis against dbt-core on public projects.

  PY benches/compat/run.py [NAME ...] [--work DIR] [--tamis PATH] [--detail] [--renew]

PY is the Python of an environment with dbt-core 1.12, dbt-duckdb and dbt-bigquery; docs/compatibility.md says how to make
one. `projects.toml` beside this file names the projects and the commits. Each is brought to DIR (default target/compat),
its packages are put into dbt_packages, dbt's facts are taken once (no warehouse is needed) and kept, then Tamis
compiles the project as it is, and the table says what share of the nodes is the same. `--detail` adds the first
differences, `--renew` takes dbt's facts anew.
"""

import argparse
import json
import os
import re
import resource
import shutil
import subprocess
import sys
import time
import tomllib

import yaml

import compare
import empty_bigquery
import facts

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
ROWS = (("ids", "unique_id"), ("depends_on", "depends_on.nodes"), ("macros", "depends_on.macros"), ("config", "config"),
        ("fields", "other fields"), ("compiled", "compiled"), ("looking", "compiled (looks)"))


# ------------------------------------------------------------------ bringing


class Shelf:
    """Repositories and packages at their commits, below one folder."""

    def __init__(self, work, table):
        self.work, self.packages = work, table["packages"]

    def repository(self, name):
        """A bare clone; one that is already there is used as it is."""
        path = os.path.join(self.work, "repositories", name.replace("/", "+") + ".git")
        if not os.path.exists(path):
            os.makedirs(os.path.dirname(path), exist_ok=True)
            subprocess.run(["git", "clone", "-q", "--bare", "https://github.com/%s" % name, path], check=True)
        return path

    def extract(self, repository, commit, to):
        """The files of a commit; kept when the same commit is there already."""
        stamp = os.path.join(to, ".commit")
        if os.path.exists(stamp) and open(stamp).read() == commit:
            return to
        shutil.rmtree(to, ignore_errors=True)
        os.makedirs(to)
        index = os.path.join(self.work, "index-%d" % os.getpid())
        # Not `git archive`: it leaves out what the repository marks `export-ignore`.
        git = ["git", "--git-dir", self.repository(repository), "--work-tree", to]
        subprocess.run(git + ["-c", "core.autocrlf=false", "checkout", "-q", "-f", commit, "--", "."], stderr=subprocess.DEVNULL,
                       env=dict(os.environ, GIT_INDEX_FILE=index, GIT_LFS_SKIP_SMUDGE="1"))
        os.path.exists(index) and os.remove(index)
        with open(stamp, "w") as out:
            out.write(commit)
        return to

    def package(self, key, pins):
        """Folder of a package's files, by its hub name or the owner/name of its git address."""
        pinned = dict(self.packages.get(key) or {})
        pinned.update({"commit": pins[key]} if key in pins else {})
        if not pinned:
            raise SystemExit("projects.toml has no package `%s`" % key)
        to = os.path.join(self.work, "packages", "%s@%s" % (key.replace("/", "+"), pinned["commit"][:10]))
        return os.path.join(self.extract(pinned["repository"], pinned["commit"], to), pinned.get("folder", "."))

    def install(self, project, pins):
        """What `dbt deps` would do: every package, and theirs, below dbt_packages."""
        into = os.path.join(project, install_path(project))
        shutil.rmtree(into, ignore_errors=True)
        queue, seen, locked = [project], set(), []
        while queue:
            folder = queue.pop(0)
            for entry in declared(folder):
                if "local" in entry:
                    source, link = os.path.normpath(os.path.join(folder, rendered(entry["local"]))), True
                else:
                    key = entry.get("package") or re.sub(r"(\.git)?/*$", "", re.split(r"github\.com[/:]", entry["git"])[-1])
                    source, link = self.package(key.strip(), pins), False
                    source = os.path.join(source, entry.get("subdirectory", "."))
                name = yaml_file(os.path.join(source, "dbt_project.yml"))["name"]
                if name in seen:
                    continue
                seen.add(name)
                locked.append({"local": os.path.relpath(source, project), "name": name})
                queue.append(source)
                os.makedirs(into, exist_ok=True)
                to = os.path.join(into, name)
                if link:
                    os.symlink(os.path.relpath(source, into), to)
                else:
                    subprocess.run(["cp", "-al", source, to], check=True)
        if locked:  # dbt counts the packages of this file, which `dbt deps` writes
            with open(os.path.join(project, "package-lock.yml"), "w") as out:
                json.dump({"packages": locked}, out, indent=1)


def yaml_file(path):
    with open(path, encoding="utf-8") as text:
        return yaml.load(text, Loader=yaml.CSafeLoader) or {}


def rendered(text):
    found = re.search(r"env_var\(\s*['\"](\w+)['\"]", text)
    return os.environ[found.group(1)] if found else text


def declared(folder):
    entries = []
    for name in ("packages.yml", "dependencies.yml"):
        path = os.path.join(folder, name)
        if os.path.exists(path):
            entries += yaml_file(path).get("packages") or []
    return entries


def install_path(project):
    with open(os.path.join(project, "dbt_project.yml"), encoding="utf-8") as text:
        found = re.search(r"^(?:packages-install-path|modules-path)\s*:\s*['\"]?([^'\"#\n]+)", text.read(), re.M)
    return found.group(1).strip() if found else "dbt_packages"


# ------------------------------------------------------------------- running


class Reference:
    """One process of dbt; a fork of it does each job, so that its imports are paid once."""

    def __init__(self):
        self.process = None

    def run(self, job):
        if self.process is None:
            self.process = subprocess.Popen([sys.executable, os.path.join(HERE, "reference.py"), "--serve"], text=True,
                                            stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.process.stdin.write(job + "\n")
        self.process.stdin.flush()
        self.process.stdout.readline()


class Options:
    """What facts.py asks for, of one project on one warehouse."""

    def __init__(self, entry, warehouse, out, full):
        self.adapter, self.target, self.once, self.show = warehouse, entry.get("target", "dev"), False, 3
        self.env = ["%s=%s" % kv for kv in (entry.get("env") or {}).items()]
        self.vars = json.dumps(entry["vars"]) if entry.get("vars") else None
        self.out, self.full = out, full


def golden(reference, project, options, work, renew):
    if os.path.exists(options.out) and not renew:
        return None
    job = facts.make_job(options, project, work)
    reference.run(job)
    summary = facts.digest(options, work)
    if not summary.get("parse_ok"):
        return "dbt does not parse it: %s" % reason(os.path.join(work, "out.txt"))
    return None


def reason(path):
    """What dbt said in its first error."""
    told = re.sub(r"\x1b\[\d*m", "", open(path, errors="replace").read())
    found = re.search(r"Encountered an error:\s*(.*?)(?=\n\d\d:\d\d:\d\d |\Z)", told, re.S)
    return " ".join((found.group(1) if found else told[-600:]).split())[:400]


def ours(binary, project, options, work, endpoint):
    """Compiles with Tamis; returns the manifest's path and how it went."""
    profiles = facts.write_profile(project, options.adapter, work, options.target)
    for name in ("golden.duckdb", "golden.duckdb.wal"):
        if os.path.exists(os.path.join(work, name)):
            os.remove(os.path.join(work, name))
    target = os.path.join(work, "ours")
    shutil.rmtree(target, ignore_errors=True)
    command = [binary, "compile", "--no-version-check", "--project-dir", project, "--profiles-dir", profiles, "--target-path", target,
               "--target", options.target, "--profile", facts.profile_name(project), "--log-path", os.path.join(work, "logs-ours")]
    if options.vars:
        command += ["--vars", options.vars]
    env = dict(os.environ, BIGQUERY_EMULATOR_HOST=endpoint, **dict(pair.split("=", 1) for pair in options.env))
    start, cpu = time.monotonic(), used()
    with open(os.path.join(work, "ours.txt"), "w") as out:
        code = subprocess.run(command, stdout=out, stderr=subprocess.STDOUT, env=env).returncode
    told = open(os.path.join(work, "ours.txt"), errors="replace").read()
    went = {"code": code, "wall_s": round(time.monotonic() - start, 2), "cpu_s": round(used() - cpu, 2),
            "errors": len(re.findall(r"^error\[", told, re.M)), "warnings": len(re.findall(r"^warning\[", told, re.M)),
            "panic": "panicked at" in told, "told": told}
    return os.path.join(target, "manifest.json"), went


def used():
    use = resource.getrusage(resource.RUSAGE_CHILDREN)
    return use.ru_utime + use.ru_stime


# ------------------------------------------------------------------- telling


def percent(cell):
    if not cell[1]:
        return "-"
    return "100" if cell[0] == cell[1] else "%.1f" % (int(1000 * cell[0] / cell[1]) / 10)


def line(name, cells):
    print("%-44s %6s  " % (name[:44], cells[0]) + " ".join("%10s" % c for c in cells[1:]), flush=True)


def same_nodes(got):
    return {uid for uid, good in got["same"].items() if good}


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("names", nargs="*", help="projects of projects.toml; all of them when none is named")
    p.add_argument("--list", default=os.path.join(HERE, "projects.toml"))
    p.add_argument("--work", default=os.path.join(ROOT, "target", "compat"))
    p.add_argument("--tamis", default=os.path.join(ROOT, "target", "release", "tamis"))
    p.add_argument("--detail", type=int, nargs="?", const=3, default=0, metavar="N", help="first N differences of each sort")
    p.add_argument("--renew", action="store_true", help="take dbt's facts anew")
    p.add_argument("--texts", action="store_true", help="keep dbt's compiled SQL in DIR, for exact differences")
    a = p.parse_args()
    work = os.path.abspath(a.work)
    with open(a.list, "rb") as text:
        table = tomllib.load(text)
    shelf, reference, endpoint = Shelf(work, table), Reference(), empty_bigquery.serve()
    line("project", ["nodes"] + [title for title, _ in ROWS] + ["cpu s", "told"])
    every, alike, whole, projects = 0, 0, 0, 0
    for entry in table["project"]:
        for warehouse in entry.get("warehouses", ["duckdb"]):
            name = "%s-%s" % (entry["name"], warehouse)
            if a.names and entry["name"] not in a.names and name not in a.names:
                continue
            projects += 1
            try:
                files = shelf.extract(entry["repository"], entry["commit"], os.path.join(work, "projects", entry["name"]))
                project = os.path.normpath(os.path.join(files, entry.get("folder", ".")))
                shelf.install(project, entry.get("packages") or {})
            except (OSError, KeyError, subprocess.CalledProcessError, SystemExit) as error:
                print("%-44s cannot be brought: %s" % (name[:44], error), flush=True)
                continue
            room = os.path.join(work, "runs", name)
            os.makedirs(room, exist_ok=True)
            full = os.path.join(work, "texts", name + ".json.gz")
            options = Options(entry, warehouse, os.path.join(work, "goldens", name + ".json.gz"), full if a.texts else None)
            problem = golden(reference, project, options, room, a.renew)
            if problem:
                print("%-44s %s" % (name[:44], problem), flush=True)
                continue
            manifest, went = ours(os.path.abspath(a.tamis), project, options, room, endpoint)
            told = ("PANIC " if went["panic"] else "") + "%de %dw x%d" % (went["errors"], went["warnings"], went["code"])
            if not os.path.exists(manifest):
                line(name, ["-"] * 8 + [went["cpu_s"], told])
                if a.detail:
                    print(went["told"][:3000])
                every += len(facts_of(options.out)["nodes"])
                continue
            gold, texts = compare.load(full if os.path.exists(full) else options.out)
            mine, my_texts = compare.load(manifest)
            got = compare.compare(gold, mine, texts, my_texts, a.detail)
            cells = [compare.total(got["rows"], row) for _, row in ROWS]
            line(name, [len(gold["nodes"])] + [percent(cell) for cell in cells] + [went["cpu_s"], told])
            good = len(same_nodes(got))
            every, alike = every + len(gold["nodes"]), alike + good
            whole += good == len(gold["nodes"]) and not got["extra"]
            if a.detail:
                detail(got, went, a.detail)
    print("\n%d of %d nodes the same (%.2f %%); %d of %d projects at 100 %%" % (
        alike, every, 100.0 * alike / max(every, 1), whole, projects))


def facts_of(path):
    return compare.load(path)[0]


def detail(got, went, show):
    for name, cell in got["lists"].items():
        if cell[0] != cell[1]:
            print("  %s %d/%d" % (name, cell[0], cell[1]))
    if got["extra"]:
        print("  only ours: %d %s" % (len(got["extra"]), got["extra"][:show]))
    for kind, notes in got["notes"].items():
        print("  %s: %d" % (kind, got["note_counts"][kind]))
        for note in notes:
            print("    " + note.replace("\n", "\n    "))
    told = went["told"][max(0, went["told"].find("error[")):] if went["errors"] else went["told"]
    told = [text for text in told.splitlines() if not re.match(r"\s+(Compiled|Found|Running) ", text)]
    print("\n".join("  | " + text for text in told[:12 * show]))


if __name__ == "__main__":
    main()
