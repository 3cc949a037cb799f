"""A BigQuery with nothing in it: every look-up answers "not found", every query no rows.

Runs in a thread of the process that asks for it; stands in for the warehouse while `compile` is compared, as
reference.py does for dbt.
"""

import http.server
import json
import re
import threading

SCHEMA = {"fields": []}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, code, value):
        body = json.dumps(value).encode()
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def body(self):
        length = int(self.headers.get("Content-Length") or 0)
        raw = self.rfile.read(length)
        try:
            return json.loads(raw or b"{}")
        except ValueError:
            return {}

    def job(self, configuration):
        return {
            "kind": "bigquery#job",
            "jobReference": {"projectId": "golden-project", "jobId": "job_compat", "location": "US"},
            "status": {"state": "DONE"},
            "configuration": configuration,
            "statistics": {"query": {"statementType": "SELECT", "totalBytesProcessed": "0", "totalBytesBilled": "0"}},
        }

    def do_GET(self):
        path = self.path.split("?")[0]
        if re.search(r"/queries/", path):
            return self.answer(200, {"jobComplete": True, "schema": SCHEMA, "rows": [], "totalRows": "0",
                                     "jobReference": {"projectId": "golden-project", "jobId": "job_compat", "location": "US"}})
        if re.search(r"/jobs/", path):
            return self.answer(200, self.job({"query": {}}))
        if re.search(r"/datasets/?$", path):
            return self.answer(200, {"datasets": []})
        if re.search(r"/tables/?$", path) or re.search(r"/datasets/[^/]+/routines/?$", path):
            return self.answer(200, {"tables": [], "routines": []})
        self.answer(404, {"error": {"code": 404, "message": "Not found", "errors": [{"reason": "notFound", "message": "Not found"}]}})

    def do_POST(self):
        asked = self.body()
        if self.path.split("?")[0].endswith("/queries"):
            return self.answer(200, {"jobComplete": True, "schema": SCHEMA, "rows": [], "totalRows": "0", "totalBytesProcessed": "0",
                                     "jobReference": {"projectId": "golden-project", "jobId": "job_compat", "location": "US"}})
        self.answer(200, self.job(asked.get("configuration") or {}))

    do_PUT = do_PATCH = do_POST

    def do_DELETE(self):
        self.answer(204, {})

    def log_message(self, *_):
        pass


def serve():
    """Starts it; returns its address, host:port."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return "http://127.0.0.1:%d" % server.server_address[1]
