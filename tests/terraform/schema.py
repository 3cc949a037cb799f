#!/usr/bin/env python3
"""Writes google.json: which arguments and blocks the resources of terraform/ have, so that `validate` works offline.

    npm pack @cdktf/provider-google@16.12.1 && tar xzf cdktf-provider-google-*.tgz
    tests/terraform/schema.py package/lib

Names and types only, out of the type declarations of that package (provider hashicorp/google 6.50.0). Needed again when
terraform/ uses a resource it did not use before.
"""

import json
import pathlib
import re
import sys

HERE = pathlib.Path(__file__).parent
FIELD = re.compile(r"#(\w+) \w+#\w+\}.*?readonly \w+(\??): ([^;]+);", re.S)
GETTER = re.compile(r"^    get (\w+)\(\): ([^;]+);", re.M)
INTERFACE = re.compile(r"^export interface (\w+)[^{]*\{(.*?)^\}", re.M | re.S)
# How a declaration file spells what every resource may have; terraform adds these itself.
META = {"count", "for_each", "depends_on", "lifecycle", "provider", "connection", "provisioners"}


def main():
    library = pathlib.Path(sys.argv[1])
    used = set()
    for file in (HERE / "../../terraform").glob("*.tf"):
        used |= set(re.findall(r'^resource "google_(\w+)"', file.read_text(), re.M))
    schema = {"provider": block((library / "provider/index.d.ts").read_text(), "GoogleProviderConfig")}
    schema["resources"] = {f"google_{name}": resource(library, name) for name in sorted(used)}
    (HERE / "google.json").write_text(json.dumps(schema, indent=1, sort_keys=True) + "\n")


def resource(library, name):
    folder = name.replace("_", "-")
    text = (library / folder / "index.d.ts").read_text()
    title = "".join(word.capitalize() for word in name.split("_"))
    found = block(text, f"{title}Config")
    body = re.search(rf"^export declare class {title} extends .*?^\}}", text, re.M | re.S)
    for getter, kind in GETTER.findall(body.group(0) if body else ""):
        snake = re.sub(r"(?<!^)(?=[A-Z])", "_", getter).lower()
        if not snake.endswith("_input") and snake not in found["blocks"]:
            found["attributes"].setdefault(snake, [kind_of(kind) or "dynamic", "computed"])
    return found


def block(text, interface):
    fields = dict(INTERFACE.findall(text)).get(interface, "")
    attributes, blocks = {}, {}
    for name, optional, kind in FIELD.findall(fields):
        known = kind_of(kind)
        if known:
            attributes[name] = [known, "optional" if optional else "required"]
        elif name not in META:
            nested = re.sub(r"\[\]|\| cdktf\.IResolvable", "", kind).strip()
            blocks[name] = {**block(text, nested), "required": not optional and "[]" not in kind}
    return {"attributes": attributes, "blocks": blocks}


def kind_of(kind):
    """A type as terraform's JSON spells it; nothing for a block."""
    kind = kind.replace("| cdktf.IResolvable", "").strip()
    if re.match(r"\{\s*\[key: string\]: string;?", kind) or "StringMap" in kind:
        return ["map", "string"]
    simple = {"string": "string", "number": "number", "boolean": "bool", "string[]": ["list", "string"], "number[]": ["list", "number"]}
    return simple.get(kind) or ("bool" if kind == "cdktf.IResolvable" else None)


if __name__ == "__main__":
    main()
