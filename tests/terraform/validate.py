#!/usr/bin/env python3
"""Runs `terraform init` and `terraform validate` on terraform/ with no network and no account.

    tests/terraform/validate.py

Terraform asks the provider what each resource may have, and the provider cannot be fetched everywhere. So this is one: it
serves the arguments and types of google.json (schema.py) by terraform's plugin protocol, version 6, and checks nothing
itself. A missing or misspelt argument, block, type, variable or reference is an error; whether Google takes a value is not
known here, and neither is the provider's version.

Needs terraform on PATH, and the Python package grpcio, which is installed into the cache folder (TAMIS_CACHE).
"""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import venv
from concurrent import futures

HERE = pathlib.Path(__file__).resolve().parent
GRPC = "grpcio==1.81.1"
ADDRESS = "registry.terraform.io/hashicorp/google"
NESTING_LIST = 2


def main():
    if not shutil.which("terraform"):
        sys.exit("error: `terraform` is missing\nhelp: https://developer.hashicorp.com/terraform/install")
    try:
        import grpc
    except ImportError:
        return in_environment()
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        shutil.copytree(HERE.parent.parent / "terraform", folder / "terraform", ignore=shutil.ignore_patterns(".terraform*"))
        socket = folder / "provider"
        server = serve(grpc, f"unix:{socket}")
        reattach = {"Protocol": "grpc", "ProtocolVersion": 6, "Pid": os.getpid(), "Test": True, "Addr": {"Network": "unix", "String": str(socket)}}
        environment = {**os.environ, "TF_REATTACH_PROVIDERS": json.dumps({ADDRESS: reattach}), "CHECKPOINT_DISABLE": "1"}
        try:
            for arguments in (["init", "-backend=false", "-input=false"], ["validate"]):
                command = ["terraform", *arguments, "-no-color"]
                ran = subprocess.run(command, cwd=folder / "terraform", env=environment, capture_output=True, text=True)
                if ran.returncode != 0:
                    sys.exit(f"{ran.stdout}{ran.stderr}")
            print(ran.stdout.strip())
        finally:
            server.stop(None)


def in_environment():
    """The same again, with a Python that has grpcio."""
    cache = os.environ.get("TAMIS_CACHE") or pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "tamis"
    home = pathlib.Path(cache) / GRPC
    python = home / "bin/python"
    if not (home / "complete").exists():
        venv.create(home, clear=True, with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", GRPC], check=True)
        (home / "complete").touch()
    sys.exit(subprocess.call([python, __file__]))


def serve(grpc, address):
    answer = provider_schema(json.loads((HERE / "google.json").read_text()))

    class Provider(grpc.GenericRpcHandler):
        def service(self, call):
            # Every other question is "is this right?", and an empty answer has no complaints.
            reply = answer if call.method.endswith("/GetProviderSchema") else b""
            if not call.method.startswith("/tfplugin6.Provider/"):
                return None
            return grpc.unary_unary_rpc_method_handler(lambda _request, _context: reply)

    server = grpc.server(futures.ThreadPoolExecutor(4), handlers=[Provider()])
    server.add_insecure_port(address)
    server.start()
    return server


# Protocol buffers by hand: the messages of tfplugin6.proto that are needed, by their field numbers.


def provider_schema(schema):
    resources = [field(2, text(1, name) + field(2, schema_message(facts))) for name, facts in schema["resources"].items()]
    return field(1, schema_message(schema["provider"])) + b"".join(resources)


def schema_message(facts):
    return field(2, block(facts))


def block(facts):
    attributes = [field(2, attribute(name, *facts)) for name, facts in facts["attributes"].items()]
    blocks = [
        field(3, text(1, name) + field(2, block(inner)) + number(3, NESTING_LIST) + number(4, int(inner["required"])))
        for name, inner in facts["blocks"].items()
    ]
    return b"".join(attributes + blocks)


def attribute(name, kind, mode):
    modes = {"required": number(4, 1), "optional": number(5, 1) + number(6, 1), "computed": number(6, 1)}
    return text(1, name) + field(2, json.dumps(kind).encode()) + modes[mode]


def text(tag, value):
    return field(tag, value.encode())


def field(tag, value):
    return varint(tag << 3 | 2) + varint(len(value)) + value


def number(tag, value):
    return varint(tag << 3) + varint(value)


def varint(value):
    out = b""
    while value > 0x7F:
        out += bytes([value & 0x7F | 0x80])
        value >>= 7
    return out + bytes([value])


if __name__ == "__main__":
    main()
