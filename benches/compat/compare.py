#!/usr/bin/env python3
"""How close is a tool's manifest to dbt's?  Standard library only.

  compare.py GOLDEN.json.gz OURS            [--show N] [--json FILE] [--strict]
  compare.py --dir goldens --ours DIR       one line per project; DIR/NAME/manifest.json

OURS is a target/manifest.json (schema v12 shape) written by `compile`, or another
golden file.  Needs the same profile, vars and environment as the golden run.

Shares are of the golden's nodes of that kind; a node the tool lacks counts against
every row.  `compiled` is after folding blanks and blank lines (`squash`: after
removing all blanks).  Left out of `compiled`: nodes dbt could not compile here and
nodes that embed the clock; `looks` marks nodes whose template looks at the
warehouse while compiling, shown apart.
With a --full golden (local, holds texts) the first differences are real diffs;
otherwise the lines of OURS that the golden does not have.
"""

import argparse
import collections
import difflib
import gzip
import json
import os
import sys

import facts as tool

FIELDS = ("name", "package_name", "path", "fqn", "alias", "schema", "database", "relation_name", "language",
          "tags", "columns", "description", "group", "access", "version", "latest_version", "constraints", "checksum",
          "test", "column_name", "attached_node", "source_name", "identifier", "loader", "loaded_at_field",
          "freshness", "quoting", "model", "refs", "sources")


def load(path):
    data = open(path, "rb").read()
    if data[:2] == b"\x1f\x8b":
        data = gzip.decompress(data)
    value = json.loads(data)
    texts = {}
    if "format" in value and isinstance(value.get("macros"), dict) and "metadata" not in value:
        for uid, n in value["nodes"].items():
            if "text" in (n.get("compiled") or {}):
                texts[uid] = n["compiled"]["text"]
        return value, texts
    facts = tool.manifest_facts(value)
    for group in tool.GROUPS:
        for uid, n in (value.get(group) or {}).items():
            if n.get("compiled_code"):
                texts[uid] = n["compiled_code"]
    return facts, texts


def same_config(a, b):
    keys = set(a) | set(b)
    return sorted(k for k in keys if a.get(k) != b.get(k))


def chunks(lines):
    return [lines[i:i + 6] for i in range(0, len(lines or ""), 6)]


def compare(gold, ours, gold_texts, our_texts, show):
    rows = collections.OrderedDict()
    same = {}
    notes = collections.defaultdict(list)
    config_keys, field_keys = collections.Counter(), collections.Counter()

    def tally(kind, row, good):
        cell = rows.setdefault(kind, collections.OrderedDict()).setdefault(row, [0, 0])
        cell[1] += 1
        cell[0] += bool(good)
        # The bar: unique_id, depends_on, resolved config, compiled SQL.
        if row in ("unique_id", "depends_on.nodes", "depends_on.macros", "config", "compiled", "compiled (looks)"):
            same[uid] = same.get(uid, True) and bool(good)

    kinds = ("model", "test", "snapshot", "seed", "analysis", "operation", "source", "unit_test", "exposure", "metric",
             "semantic_model", "saved_query", "function")
    order = {k: i for i, k in enumerate(kinds)}
    for uid, g in sorted(gold["nodes"].items(), key=lambda kv: (order.get(kv[1]["resource_type"], 99), kv[0])):
        o = ours["nodes"].get(uid)
        kind = g["resource_type"]
        tally(kind, "unique_id", o)
        if o is None:
            notes["missing"].append(uid)
        o = o or {}
        tally(kind, "depends_on.nodes", o and g.get("nodes", []) == o.get("nodes", []))
        if o and g.get("nodes", []) != o.get("nodes", []):
            notes["depends_on.nodes"].append("%s\n    dbt  %s\n    ours %s" % (uid, g.get("nodes"), o.get("nodes")))
        tally(kind, "depends_on.macros", o and g.get("macros", []) == o.get("macros", []))
        if o and g.get("macros", []) != o.get("macros", []):
            notes["depends_on.macros"].append("%s\n    only dbt  %s\n    only ours %s" % (
                uid, sorted(set(g.get("macros", [])) - set(o.get("macros", []))),
                sorted(set(o.get("macros", [])) - set(g.get("macros", [])))))
        keys = same_config(g.get("config", {}), o.get("config", {})) if o else ["-"]
        tally(kind, "config", not keys)
        if o and keys:
            config_keys.update(keys)
            notes["config"].append("%s\n    %s" % (uid, "; ".join("%s: dbt %s, ours %s" % (
                k, json.dumps(g.get("config", {}).get(k)), json.dumps(o.get("config", {}).get(k))) for k in keys[:6])))
        if "relation_name" in g:
            tally(kind, "relation_name", o and g["relation_name"] == o.get("relation_name"))
            if o and g["relation_name"] != o.get("relation_name"):
                notes["relation_name"].append("%s  dbt %s  ours %s" % (uid, g["relation_name"], o.get("relation_name")))
        wrong = [f for f in FIELDS if g.get(f) != o.get(f)] if o else ["-"]
        tally(kind, "other fields", not wrong)
        if o and wrong:
            field_keys.update(wrong)
            notes["other fields"].append("%s\n    %s" % (uid, "; ".join("%s: dbt %s, ours %s" % (
                f, json.dumps(g.get(f))[:200], json.dumps(o.get(f))[:200]) for f in wrong[:4])))
        if "compiled" in g and not g.get("volatile"):
            a, b = g["compiled"], o.get("compiled") or {}
            looking = bool(set(g.get("looks", [])) - {"get_relation"})
            row = "compiled (looks)" if looking else "compiled"
            tally(kind, row, a["ws"] == b.get("ws"))
            tally(kind, row.replace("compiled", "squash"), a["squash"] == b.get("squash"))
            tally(kind, row.replace("compiled", "exact"), a["exact"] == b.get("exact"))
            if o and a["ws"] != b.get("ws"):
                notes[row].append(sql_note(uid, a, b, gold_texts.get(uid), our_texts.get(uid)))
        if "error" in g:
            tally(kind, "fails as dbt", o and "compiled" not in o)
    extra = [u for u in ours["nodes"] if u not in gold["nodes"]]
    macros = [sum(gold["macros"][m] == ours["macros"].get(m) for m in gold["macros"]), len(gold["macros"])]
    known = [sum(m in ours["macros"] for m in gold["macros"]), len(gold["macros"])]
    lists = {
        "macros (unique_id)": known,
        "macros (depends_on)": macros,
        "docs": [len(set(gold["docs"]) & set(ours["docs"])), len(gold["docs"])],
        "disabled": [len(set(gold["disabled"]) & set(ours["disabled"])), len(gold["disabled"])],
    }
    return {"rows": rows, "same": same, "lists": lists, "extra": extra, "config_keys": dict(config_keys.most_common()),
            "field_keys": dict(field_keys.most_common()), "notes": {k: v[:show] for k, v in notes.items()},
            "note_counts": {k: len(v) for k, v in notes.items()}}


def sql_note(uid, a, b, gold_text, our_text):
    if not b:
        return uid + "  (ours: no compiled SQL)"
    if gold_text is not None and our_text is not None:
        diff = list(difflib.unified_diff(tool.sql_lines(gold_text), tool.sql_lines(our_text), "dbt", "ours",
                                         lineterm="", n=0))
        return uid + "\n" + "\n".join("    " + d[:160] for d in diff[2:14])
    if our_text is not None:
        have = collections.Counter(chunks(a["lines"]))
        odd = []
        for line in tool.sql_lines(our_text):
            h = tool.sha(line, 6)
            if have[h] > 0:
                have[h] -= 1
            else:
                odd.append(line)
        return "%s  dbt %d lines, ours %d; not in dbt's:\n%s" % (
            uid, len(a["lines"]) // 6, len(b["lines"]) // 6, "\n".join("    + " + line[:160] for line in odd[:6]))
    return uid


def total(rows, row):
    good = sum(r[row][0] for r in rows.values() if row in r)
    every = sum(r[row][1] for r in rows.values() if row in r)
    return good, every


def percent(cell):
    return "%d/%d %.1f%%" % (cell[0], cell[1], 100.0 * cell[0] / cell[1]) if cell[1] else "-"


HEAD = ("unique_id", "depends_on.nodes", "depends_on.macros", "config", "relation_name", "other fields", "compiled",
        "squash", "exact", "compiled (looks)", "squash (looks)", "exact (looks)", "fails as dbt")


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("golden", nargs="?")
    p.add_argument("ours_file", nargs="?")
    p.add_argument("--dir")
    p.add_argument("--ours")
    p.add_argument("--show", type=int, default=3)
    p.add_argument("--json")
    p.add_argument("--strict", action="store_true", help="exit 1 unless everything is the same")
    a = p.parse_args()
    if a.dir:
        summary = {}
        for name in sorted(os.listdir(a.dir)):
            if not name.endswith(".json.gz"):
                continue
            name = name[: -len(".json.gz")]
            ours = next((x for x in (os.path.join(a.ours, name, "manifest.json"),
                                     os.path.join(a.ours, name, "target", "manifest.json"),
                                     os.path.join(a.ours, name + ".json.gz")) if os.path.exists(x)), None)
            if ours is None:
                print("%-28s no manifest" % name)
                summary[name] = None
                continue
            gold, gt = load(os.path.join(a.dir, name + ".json.gz"))
            mine, ot = load(ours)
            got = compare(gold, mine, gt, ot, 0)
            cells = {h: total(got["rows"], h) for h in HEAD}
            summary[name] = cells
            print("%-28s ids %-18s deps %-18s config %-18s compiled %-18s looks %s" % (
                name, percent(cells["unique_id"]), percent(cells["depends_on.nodes"]), percent(cells["config"]),
                percent(cells["compiled"]), percent(cells["compiled (looks)"])))
        if a.json:
            with open(a.json, "w") as f:
                json.dump(summary, f, indent=1)
        return 0
    gold, gold_texts = load(a.golden)
    ours, our_texts = load(a.ours_file)
    got = compare(gold, ours, gold_texts, our_texts, a.show)
    kinds = list(got["rows"])
    print("%-20s %-18s %s" % ("", "all", "  ".join("%-18s" % k for k in kinds)))
    for row in HEAD:
        cells = [got["rows"][k].get(row) for k in kinds]
        if any(cells):
            print("%-20s %-18s %s" % (row, percent(total(got["rows"], row)),
                                      "  ".join("%-18s" % (percent(c) if c else "") for c in cells)))
    for name, cell in got["lists"].items():
        print("%-20s %s" % (name, percent(cell)))
    print("nodes only in ours   %d %s" % (len(got["extra"]), got["extra"][: a.show]))
    for title, keys in (("config keys that differ", "config_keys"), ("fields that differ", "field_keys")):
        if got[keys]:
            print(title + ": " + ", ".join("%s %d" % kv for kv in list(got[keys].items())[:12]))
    for kind, notes in got["notes"].items():
        print("\n%s: %d%s" % (kind, got["note_counts"][kind], "" if got["note_counts"][kind] <= a.show else ", first:"))
        for note in notes:
            print("  " + note)
    if a.json:
        with open(a.json, "w") as f:
            json.dump(got, f, indent=1)
    everything = all(c[0] == c[1] for r in got["rows"].values() for c in r.values()) and not got["extra"]
    return 1 if a.strict and not everything else 0


if __name__ == "__main__":
    sys.exit(main())
