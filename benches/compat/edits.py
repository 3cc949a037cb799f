#!/usr/bin/env python3
"""Edits public projects at random, and holds each `parse` that remembers the last one against one that does not.

  PY benches/compat/edits.py [NAME ...] [--steps N] [--seed N] [--work DIR] [--tamis PATH]

PY and DIR are those of run.py, which brings the projects. What a parse says, how it ends and its manifest.json (but for
when things were made) must be the same; the last line tells how many parses left a part of the project alone. An edit
that is refused is taken back.
"""

import argparse
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib

import facts
import run

ENDINGS = (".sql", ".yml", ".yaml", ".csv", ".py")
BIG = 200_000


class Edits:
    """One project in a folder of its own."""

    def __init__(self, binary, project, entry, profiles, dice):
        self.binary, self.project, self.entry, self.profiles, self.dice = binary, project, entry, profiles, dice
        config = run.yaml_file(os.path.join(project, "dbt_project.yml"))
        folders = [folder for key, usual in (("model-paths", "models"), ("macro-paths", "macros"), ("seed-paths", "seeds"),
                                             ("snapshot-paths", "snapshots"), ("test-paths", "tests"))
                   for folder in config.get(key) or [usual]]
        self.files = sorted({os.path.join(at, name) for folder in folders for at, _, names in os.walk(os.path.join(project, folder))
                             for name in names if name.endswith(ENDINGS) and os.path.getsize(os.path.join(at, name)) < BIG})
        self.models = [os.path.basename(path)[:-4] for path in self.files if path.endswith(".sql")] or ["none"]

    def parse(self, target, *more):
        command = [self.binary, "parse", "--no-version-check", "--project-dir", self.project, "--profiles-dir", self.profiles,
                   "--profile", facts.profile_name(self.project), "--target-path", target, *more]
        if self.entry.get("vars"):
            command += ["--vars", json.dumps(self.entry["vars"]) if isinstance(self.entry["vars"], dict) else self.entry["vars"]]
        env = dict(os.environ, **self.entry.get("env", {}))
        ran = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=env, text=True, errors="replace")
        said = ran.stdout.replace("/" + target + "/", "/target/")
        path = os.path.join(self.project, target, "manifest.json")
        if ran.returncode != 0 or not os.path.exists(path):
            return (ran.returncode, said, None), set()
        with open(path, encoding="utf-8") as text:
            whole = text.read()
        whole = whole[whole.index('"nodes":'):]
        return (ran.returncode, said, re.sub(r'"created_at":[\d.]+', "", whole)), set(re.findall(r'"created_at":([\d.]+)', whole))

    def edit(self):
        """Writes one file anew; answers how to take that back."""
        path = self.dice.choice(self.files)
        with open(path, encoding="utf-8", errors="surrogateescape", newline="") as text:
            before = text.read()
        lines = before.splitlines(keepends=True) or ["\n"]
        self.dice.choice([self.repeat, self.drop, self.swap, self.say, self.say, self.say, self.say])(path, lines)
        self.put(path, "".join(lines))
        return path, before

    def put(self, path, text):
        # Packages are links to files that others use as well.
        os.remove(path)
        with open(path, "w", encoding="utf-8", errors="surrogateescape", newline="") as out:
            out.write(text)

    def repeat(self, _, lines):
        at = self.dice.randrange(len(lines))
        lines.insert(at, lines[at])

    def drop(self, _, lines):
        del lines[self.dice.randrange(len(lines))]

    def swap(self, _, lines):
        one, other = self.dice.randrange(len(lines)), self.dice.randrange(len(lines))
        lines[one], lines[other] = lines[other], lines[one]

    def say(self, path, lines):
        number, model = self.dice.randrange(1000), self.dice.choice(self.models)
        if path.endswith(".sql"):
            text = self.dice.choice([
                "-- %d\n" % number, "{{ config(tags=['t%d']) }}\n" % number, "{{ config(materialized='table') }}\n",
                "-- {{ ref('%s') }}\n" % model, "-- {{ ref('%s') }} {{ ref('%s') }}\n" % (model, self.dice.choice(self.models)),
                "-- {{ var('v%d', 1) }}\n" % number, "{%% set x%d = 1 %%}\n" % number, "{{ config(alias='a%d') }}\n" % number,
                "{{ config(group='g%d') }}\n" % number, "{{ config(enabled=false) }}\n"])
            lines.insert(self.dice.choice([0, len(lines)]), text)
            return
        names = [at for at, line in enumerate(lines) if re.match(r"\s*- name:", line)]
        if not path.endswith((".yml", ".yaml")) or not names:
            lines.append("# %d\n" % number)
            return
        at = self.dice.choice(names)
        indent = " " * (len(lines[at]) - len(lines[at].lstrip()) + 2)
        text = self.dice.choice([
            "description: words %d" % number, "data_tests: [not_null]", "data_tests: [unique, not_null]", "meta: {m: %d}" % number,
            "config: {tags: [t%d]}" % number, "config: {materialized: table}", "tests: [{relationships: {to: ref('%s'), field: id}}]" % model,
            "config: {enabled: false}", "docs: {show: false}", "quote: true", "data_type: int", "access: public", "loader: l%d" % number])
        lines.insert(at + 1, indent + text + "\n")


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("names", nargs="*")
    p.add_argument("--list", default=os.path.join(run.HERE, "projects.toml"))
    p.add_argument("--work", default=os.path.join(run.ROOT, "target", "compat"))
    p.add_argument("--tamis", default=os.path.join(run.ROOT, "target", "release", "tamis"))
    p.add_argument("--steps", type=int, default=20)
    p.add_argument("--seed", type=int, default=1)
    a = p.parse_args()
    work, binary = os.path.abspath(a.work), os.path.abspath(a.tamis)
    with open(a.list, "rb") as text:
        table = tomllib.load(text)
    shelf, every, well, parts, unlike = run.Shelf(work, table), 0, 0, 0, 0
    for entry in table["project"]:
        if a.names and entry["name"] not in a.names:
            continue
        with tempfile.TemporaryDirectory(dir=work) as room:
            files = shelf.extract(entry["repository"], entry["commit"], os.path.join(work, "projects", entry["name"]))
            shutil.copytree(files, os.path.join(room, "files"), symlinks=True)
            project = os.path.normpath(os.path.join(room, "files", entry.get("folder", ".")))
            shelf.install(project, entry.get("packages") or {})
            profiles = facts.write_profile(project, entry.get("warehouses", ["duckdb"])[0], room)
            edits = Edits(binary, project, entry, profiles, random.Random("%s %d" % (entry["name"], a.seed)))
            (code, said, _), made = edits.parse("target")
            if code != 0 or not edits.files:
                print("%-44s is not parsed: %s" % (entry["name"][:44], said[-200:]))
                continue
            before, part = (every, well, parts), 0
            for step in range(a.steps):
                path, text = edits.edit()
                (fresh, _), (remembered, now) = edits.parse("fresh", "--no-partial-parse"), edits.parse("target")
                every += 1
                well += fresh[0] == 0
                parts += bool(made & now)
                if fresh != remembered and edits.parse("fresh", "--no-partial-parse")[0] == fresh:
                    unlike += 1
                    what = "the end" if fresh[0] != remembered[0] else "what is said" if fresh[1] != remembered[1] else "manifest.json"
                    print("%s, step %d, %s: %s differs" % (entry["name"], step, os.path.relpath(path, project), what))
                    keep = os.path.join(work, "edits", "%s-%d-%d" % (entry["name"], a.seed, step))
                    os.makedirs(keep, exist_ok=True)
                    for name, got in (("fresh", fresh), ("remembered", remembered)):
                        with open(os.path.join(keep, name + ".txt"), "w") as out:
                            out.write("%s\n%s\n%s" % (got[0], got[1], (got[2] or "").replace(',"', ',\n"')))
                    with open(path, errors="replace") as after, open(os.path.join(keep, "file.txt"), "w") as out:
                        out.write("%s\n---\n%s" % (text, after.read()))
                if fresh[0] != 0:
                    edits.put(path, text)
                    now = edits.parse("target")[1]
                made = now
            print("%-44s %4d edits, %4d taken, %4d parsed in part" % (entry["name"][:44], *(now - then for now, then in zip((every, well, parts), before))), flush=True)
    print("\n%d edits, %d taken, %d parsed in part, %d unlike a fresh parse" % (every, well, parts, unlike))
    sys.exit(1 if unlike else 0)


if __name__ == "__main__":
    main()
