#!/usr/bin/env python3
"""What Tamis writes, read by the tools that read dbt's artifacts.

    tests/readers/read.py path/to/tamis     build the project beside this file, and have every reader read it
    tests/readers/read.py setup             only install the readers

    dbt-artifacts-parser      manifest.json, run_results.json, catalog.json, sources.json
    astronomer-cosmos         the lines of `ls --output json`, and manifest.json as a graph
    OpenLineage               manifest.json, run_results.json and catalog.json; and the structured log of a run
    Lightdash                 models of manifest.json, by the schemas that its command line validates with

The readers are installed into the cache folder (TAMIS_CACHE, default ~/.cache/tamis), once. Cosmos imports Airflow, which
is large and not asked for anything here: empty modules stand in for it. Lightdash's schemas come from npm; without npm
they are left out, with a word.

Standard library only until the readers are there; any Python from 3.10.
"""

import fcntl
import hashlib
import json
import logging
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
PACKAGES = [
    "dbt-artifacts-parser==0.15.0",
    "openlineage-integration-common==1.54.0",
    "Jinja2==3.1.6",
    "jsonschema==4.26.0",
    # What Cosmos's parser imports beside Airflow.
    "aenum==3.1.17",
    "msgpack==1.2.4",
    "orjson==3.13.0",
    "SQLAlchemy==2.1.9",
]
COSMOS = "astronomer-cosmos==1.15.1"
LIGHTDASH = "@lightdash/common@1.167.4"


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    home = setup()
    if sys.argv[1] == "setup":
        return 0
    tamis = pathlib.Path(sys.argv[1]).resolve()
    python = home / "venv" / "bin" / "python"
    if pathlib.Path(sys.prefix) != home / "venv":
        return subprocess.call([python, __file__, str(tamis)])
    with tempfile.TemporaryDirectory(prefix="tamis-readers-") as folder:
        project = pathlib.Path(folder) / "shop"
        shutil.copytree(HERE / "project", project)
        build(tamis, project)
        parse_artifacts(project / "target")
        read_as_cosmos(tamis, project)
        read_as_openlineage(tamis, project)
        validate_as_lightdash(home, project / "target")
    return 0


def setup():
    """Installs what is missing; the folder it answers with is complete."""
    default = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "tamis"
    cache = pathlib.Path(os.environ.get("TAMIS_CACHE") or default)
    wanted = [*PACKAGES, COSMOS, LIGHTDASH]
    home = cache / f"readers-{hashlib.sha256(repr(wanted).encode()).hexdigest()[:12]}"
    cache.mkdir(parents=True, exist_ok=True)
    with open(cache / "readers.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two test runs may begin at once
        if (home / "complete").exists():
            return home
        shutil.rmtree(home, ignore_errors=True)
        print(f"installing the readers of dbt's artifacts into {home}", file=sys.stderr, flush=True)
        checked([sys.executable, "-m", "venv", home / "venv"])
        pip = [home / "venv" / "bin" / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        checked([*pip, *PACKAGES])
        checked([*pip, "--no-deps", COSMOS])
        if shutil.which("npm"):
            checked(["npm", "pack", "--silent", "--pack-destination", home, LIGHTDASH])
            checked(["tar", "xzf", next(home.glob("*.tgz")), "-C", home, "package/dist/cjs/dbt/schemas"])
        (home / "complete").touch()
    return home


def build(tamis, project):
    """Everything there is to read; the warning of a test is meant."""
    for command in (["build"], ["source", "freshness"], ["docs", "generate"]):
        checked([tamis, *command], project)
    # The catalog comes with a compile; what was run is read from here.
    checked([tamis, "build", "--full-refresh"], project)


def parse_artifacts(target):
    from dbt_artifacts_parser import parser

    read = lambda name: json.loads((target / name).read_text())
    manifest = parser.parse_manifest_v12(read("manifest.json"))
    results = parser.parse_run_results_v6(read("run_results.json"))
    catalog = parser.parse_catalog_v1(read("catalog.json"))
    sources = parser.parse_sources_v3(read("sources.json"))
    expect("kinds of nodes", {type(node) for node in manifest.nodes.values()}, 6)
    statuses = sorted({str(getattr(result.status, "value", result.status)) for result in results.results})
    equal("statuses of the run", statuses, ["no-op", "pass", "success", "warn"])
    equal("columns of the catalog", sorted(catalog.nodes["model.shop.customers"].columns), ["id", "name", "orders"])
    equal("tables of the catalog", sorted(catalog.sources), ["source.shop.raw.orders"])
    equal("sources", [result.unique_id for result in sources.results], ["source.shop.raw.orders"])
    told("dbt-artifacts-parser", f"{len(manifest.nodes)} nodes, {len(results.results)} results")


def read_as_cosmos(tamis, project):
    stand_in_for_airflow()
    from cosmos.config import ExecutionConfig, ProfileConfig, ProjectConfig, RenderConfig
    from cosmos.dbt.graph import DbtGraph, parse_dbt_ls_output

    keys = ["name", "unique_id", "resource_type", "depends_on", "original_file_path", "tags", "config", "freshness", "fqn"]
    listed = checked([tamis, "--quiet", "ls", "--output", "json", "--output-keys", *keys], project)
    nodes = parse_dbt_ls_output(project, listed)
    equal("lines that Cosmos reads", len(nodes), len(listed.splitlines()))
    equal("parents of a model", sorted(nodes["model.shop.customers"].depends_on), ["model.shop.paid", "model.shop.stg_orders", "seed.shop.codes"])
    equal("freshness of a source", nodes["source.shop.raw.orders"].has_freshness, True)

    profile = ProfileConfig(profile_name="shop", target_name="dev", profiles_yml_filepath=project / "profiles.yml")
    graph = DbtGraph(
        project=ProjectConfig(dbt_project_path=project, manifest_path=project / "target" / "manifest.json", project_name="shop"),
        execution_config=ExecutionConfig(dbt_project_path=project),
        render_config=RenderConfig(select=["tag:core"], dbt_project_path=project),
        profile_config=profile,
    )
    graph.load_from_dbt_manifest()
    equal("selection by a tag", [name for name in graph.filtered_nodes if name.startswith("model.")], ["model.shop.customers"])
    told("astronomer-cosmos", f"{len(nodes)} lines, {len(graph.nodes)} nodes")


def read_as_openlineage(tamis, project):
    # It warns that unit tests and exposures are no nodes, as it does after dbt.
    logging.disable(logging.WARNING)
    from openlineage.common.provider.dbt.local import DbtLocalArtifactProcessor
    from openlineage.common.provider.dbt.structured_logs import DbtStructuredLogsProcessor

    facts = {"producer": "https://shop.example/readers", "job_namespace": "shop", "project_dir": str(project), "target": "dev"}
    processor = DbtLocalArtifactProcessor(**facts)
    processor.dbt_run_metadata = parent()
    events = processor.parse()
    outputs = sorted({output.name for event in events.completes for output in event.outputs or []})
    equal("datasets that a run wrote", [name for name in outputs if "customers" in name], ["shop.main.customers"])
    fields = [output.facets["schema"].fields for event in events.completes for output in event.outputs or [] if output.name == "shop.main.customers"]
    equal("their fields", [field.name for field in fields[0]], ["id", "name", "orders"])
    equal("jobs that failed", [event.job.name for event in events.fails], [])

    # This one calls `dbt` itself, and reads the log while that runs.
    os.chdir(project)
    command = [str(tamis), "build", "--profiles-dir", str(project), "--quiet"]
    logs = DbtStructuredLogsProcessor(dbt_command_line=command, **facts)
    told_events = list(logs.parse())
    equal("exit code", logs.dbt_command_return_code, 0)
    kinds = {}
    for event in told_events:
        kinds[event.eventType.name] = kinds.get(event.eventType.name, 0) + 1
    equal("starts and ends", kinds.get("START"), kinds.get("COMPLETE"))
    equal("failures", kinds.get("FAIL", 0) + kinds.get("ABORT", 0), 0)
    statements = [event for event in told_events if ".sql." in event.job.name]
    expect("statements in the log", statements, 10)
    told("OpenLineage", f"{len(events.completes)} jobs from the files, {len(told_events)} events from the log")


def parent():
    from openlineage.common.provider.dbt.processor import ParentRunMetadata
    from openlineage.client.uuid import generate_new_uuid

    return ParentRunMetadata(run_id=str(generate_new_uuid()), job_name="shop", job_namespace="shop")


def validate_as_lightdash(home, target):
    import jsonschema
    import referencing
    from referencing.jsonschema import DRAFT202012

    folder = home / "package" / "dist" / "cjs" / "dbt" / "schemas"
    if not folder.exists():
        return told("Lightdash", "skipped, there was no npm to fetch its schemas with")
    schemas = [json.loads(path.read_text()) for path in folder.glob("*.json")]
    resources = [(schema["$id"], referencing.Resource(schema, DRAFT202012)) for schema in schemas if "$id" in schema]
    registry = referencing.Registry().with_resources(resources)
    address = "https://schemas.lightdash.com/lightdash/v12.json#/definitions/LightdashCompiledModelNode"
    validator = jsonschema.Draft202012Validator({"$ref": address}, registry=registry)
    manifest = json.loads((target / "manifest.json").read_text())
    equal("type of adapter", manifest["metadata"]["adapter_type"], "duckdb")
    models = [node for node in manifest["nodes"].values() if node["resource_type"] == "model" and node.get("compiled")]
    expect("compiled models", models, 3)
    for model in models:
        wrong = [f"{'.'.join(map(str, error.path))}: {error.message}" for error in validator.iter_errors(model)]
        equal(f"complaints about {model['unique_id']}", wrong, [])
        equal(f"name of {model['unique_id']}", bool(model["relation_name"] and model["database"] and model["schema"]), True)
    return told("Lightdash", f"{len(models)} models")


def stand_in_for_airflow():
    """Modules `airflow.…` in which every name is something, and settings have their defaults."""
    import importlib.abc
    import importlib.machinery
    from unittest import mock

    class Airflow(importlib.abc.MetaPathFinder, importlib.abc.Loader):
        def find_spec(self, name, path=None, target=None):
            if name.partition(".")[0] == "airflow":
                return importlib.machinery.ModuleSpec(name, self, is_package=True)

        def create_module(self, spec):
            return mock.MagicMock(__path__=[], __spec__=spec, __version__="3.0.0")

        def exec_module(self, module):
            pass

    sys.meta_path.insert(0, Airflow())
    import airflow.sdk
    from airflow.configuration import conf

    airflow.sdk.ObjectStoragePath = pathlib.Path
    for kind in ("get", "getboolean", "getint", "getfloat"):
        setattr(conf, kind, lambda section, key, fallback=None: fallback)


def checked(command, folder=None):
    result = subprocess.run([str(word) for word in command], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if result.returncode != 0:
        words = " ".join(map(str, command))
        sys.exit(f"error: `{words}` ended with {result.returncode}\n{result.stdout[-3000:]}{result.stderr[-3000:]}")
    return result.stdout


def equal(what, found, wanted):
    if found != wanted:
        sys.exit(f"error: {what}: found {found!r}, wanted {wanted!r}")


def expect(what, found, least):
    if len(found) < least:
        sys.exit(f"error: {what}: found {len(found)}, wanted {least} or more: {found!r}")


def told(reader, what):
    print(f"{reader}: {what}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
