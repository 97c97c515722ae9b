"""A small Kubeflow Pipelines server for tests: the documented REST API v2beta1, kept in memory."""

import contextlib
import email
import email.policy
import functools
import json
import re
import threading
import time
import uuid
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import yaml

API = "/apis/v2beta1"
LARGEST_PAGE = 2
"""So few that the second page is asked for."""
TYPES = {
    "STRING": str,
    "NUMBER_INTEGER": (int, float),
    "NUMBER_DOUBLE": (int, float),
    "BOOLEAN": bool,
    "LIST": list,
    "STRUCT": dict,
}
FIELDS = {
    "experiments": {"display_name", "description", "namespace"},
    "runs": {"display_name", "experiment_id", "pipeline_version_reference", "runtime_config", "service_account"},
    "recurringruns": {
        *("display_name", "description", "experiment_id", "pipeline_version_reference", "runtime_config"),
        *("trigger", "mode", "no_catchup", "max_concurrency", "service_account"),
    },
}


@functools.cache
def parsed(package):
    return list(yaml.load_all(package, yaml.CSafeLoader))


class RefusedError(Exception):
    def __init__(self, status, message):
        super().__init__(message)
        self.status, self.message = status, message


class Kubeflow:
    """What the server holds, and how it misbehaves."""

    def __init__(self):
        self.version, self.multi_user, self.namespaces = "2.17.0", False, ("line-1",)
        self.token = self.cookie = ""
        self.trouble = ""  # "hang", "half", "login", "page", "gone", "empty"
        self.experiments, self.pipelines, self.versions, self.runs, self.recurringruns = {}, {}, {}, {}, {}
        self.seen, self.fail_on, self.lock = [], {}, threading.RLock()

    def answer(self, method, path, query, body, headers):
        if self.token and headers.get("Authorization") != f"Bearer {self.token}":
            raise RefusedError(401, "Unauthenticated: Request header error: there is no user identity header.")
        if self.cookie and self.cookie not in headers.get("Cookie", ""):
            raise RefusedError(401, "no session")
        for pattern, status in self.fail_on.items():
            if re.fullmatch(pattern, f"{method} {path}"):
                raise RefusedError(status, "asked to fail")
        if path == "/healthz":
            return {"commit_sha": "abc", "tag_name": self.version, "multi_user": self.multi_user}
        found = re.fullmatch(r"/(experiments|pipelines|runs|recurringruns)(/[^:]*)?(?::(\w+))?", path)
        if not found:
            raise RefusedError(404, "Not Found")
        kind, rest, verb = found[1], found[2] or "", found[3]
        if method == "GET":
            return self._list(kind, rest, query)
        if method == "DELETE":
            if getattr(self, kind).pop(rest[1:], None) is None:
                raise RefusedError(404, f"{kind} {rest[1:]} not found.")
            return {}
        if verb in ("enable", "disable"):
            self.recurringruns[rest[1:]]["status"] = "ENABLED" if verb == "enable" else "DISABLED"
            return {}
        if kind == "pipelines":
            return self._upload(rest, query, body, headers)
        return self._create(kind, json.loads(body))

    def _namespace(self, name):
        if not self.multi_user:
            if name:
                raise RefusedError(400, "In single-user mode, the request shouldn't contain namespace.")
        elif not name:
            raise RefusedError(400, "A namespace is required in multi-user mode.")
        elif name not in self.namespaces:
            raise RefusedError(403, f"User 'me' is not authorized with reason: (request: {{Namespace:{name}}})")

    def _list(self, kind, rest, query):
        held, key = getattr(self, kind), {"recurringruns": "recurringRuns"}.get(kind, kind)
        if rest.endswith("/versions"):
            held = {k: v for k, v in self.versions.items() if v["pipeline_id"] == rest.split("/")[1]}
            key = "pipeline_versions"
        elif "experiment_id" in query:
            held = {k: v for k, v in held.items() if v["experiment_id"] == query["experiment_id"]}
        else:
            self._namespace(query.get("namespace", ""))
        rows = list(held.values())
        for predicate in json.loads(query.get("filter") or "{}").get("predicates", []):
            assert predicate["operation"] == "EQUALS"
            rows = [row for row in rows if row[predicate["key"]] == predicate["stringValue"]]
        if query.get("sort_by", "").endswith("desc"):
            rows = rows[::-1]
        start = int(query.get("page_token") or 0)
        size = min(int(query.get("page_size", LARGEST_PAGE)), LARGEST_PAGE if kind != "runs" else 200)
        end = start + size
        return {key: rows[start:end], **({"next_page_token": str(end)} if end < len(rows) else {})}

    def _upload(self, rest, query, body, headers):
        message = email.message_from_bytes(
            b"Content-Type: " + headers["Content-Type"].encode() + b"\r\n\r\n" + body, policy=email.policy.HTTP
        )
        files = [p.get_payload(decode=True) for p in message.iter_parts() if "uploadfile" in p["Content-Disposition"]]
        documents = parsed(files[0])
        if self.version < "2.17" and "pipelineConfig" in json.dumps(documents):
            raise RefusedError(400, 'proto: unknown field "resourceTtlOnCompletion"')
        name = query["name"]
        if rest == "/upload":
            self._namespace(query.get("namespace", ""))
            if any(one["display_name"] == name for one in self.pipelines.values()):
                raise RefusedError(409, f"The name {name} already exists.")
            made = {"pipeline_id": str(uuid.uuid4()), "display_name": name}
            self.pipelines[made["pipeline_id"]] = made
            self._version(made["pipeline_id"], name, documents)
            return made
        assert rest == "/upload_version"
        return self._version(query["pipelineid"], name, documents)

    def _version(self, pipeline_id, name, documents):
        made = {"pipeline_id": pipeline_id, "pipeline_version_id": str(uuid.uuid4()), "display_name": name}
        self.versions[made["pipeline_version_id"]] = made
        self.seen.append(("spec", made["pipeline_version_id"], documents))
        return made

    def _create(self, kind, values):
        unknown = set(values) - FIELDS[kind]
        if unknown:
            raise RefusedError(400, f"unknown fields {unknown}")
        key = {"experiments": "experiment_id", "runs": "run_id", "recurringruns": "recurring_run_id"}[kind]
        made = {**values, key: str(uuid.uuid4()), "created_at": "2026-11-23T03:00:00Z"}
        if kind == "experiments":
            self._namespace(values.get("namespace", ""))
        else:
            self._check_run(values)
        if kind == "runs":
            made |= {"state": "SUCCEEDED", "finished_at": "2026-11-23T03:12:00Z"}
        if kind == "recurringruns":
            made["status"] = {"ENABLE": "ENABLED", "DISABLE": "DISABLED"}[made.pop("mode")]
            assert len(values["trigger"]["cron_schedule"]["cron"].split()) == 6
            made.setdefault("service_account", "default-editor")
        getattr(self, kind)[made[key]] = made
        return made

    def _check_run(self, values):
        if values["experiment_id"] not in self.experiments:
            raise RefusedError(404, "the experiment was not found")
        version = values["pipeline_version_reference"]["pipeline_version_id"]
        specs = [documents[0] for _, known, documents in (e for e in self.seen if e[0] == "spec") if known == version]
        known = specs[0]["root"]["inputDefinitions"]["parameters"]
        for name, value in values["runtime_config"]["parameters"].items():
            kind = known.get(name, {}).get("parameterType")
            if kind is None or not isinstance(value, TYPES[kind]):
                raise RefusedError(400, f"parameter {name} of type {kind} cannot be {value!r}")


def _handler(state):
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *words):
            pass

        def _send(self, status, body, kind="application/json", **headers):
            self.send_response(status)
            for name, value in {"Content-Type": kind, "Content-Length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            with contextlib.suppress(BrokenPipeError):  # who asked has given up
                self.wfile.write(body)

        def handle_any(self):
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            parts = urlsplit(self.path)
            query = {key: values[0] for key, values in parse_qs(parts.query).items()}
            state.seen.append((self.command, parts.path, query))
            if state.trouble == "hang":
                time.sleep(3)
                return
            if state.trouble in ("half", "empty"):
                if state.trouble == "half":
                    self.wfile.write(
                        b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n{"mul'
                    )
                self.close_connection = True
                return
            if state.trouble == "login":
                return self._send(302, b"", Location="/dex/auth?client_id=kubeflow")
            if state.trouble == "page":
                return self._send(200, b"<!doctype html><html>Log in</html>", "text/html")
            if state.trouble == "gone" or not parts.path.startswith(API):
                return self._send(404, b"404 page not found", "text/plain")
            try:
                with state.lock:
                    found = state.answer(self.command, parts.path.removeprefix(API), query, body, self.headers)
                self._send(200, json.dumps(found).encode())
            except RefusedError as problem:
                said = {"error": problem.message, "code": 9, "message": problem.message, "details": []}
                self._send(problem.status, json.dumps(said).encode())

        do_GET = do_POST = do_DELETE = handle_any  # noqa: N815

    return Handler


@contextmanager
def running():
    """A server on a free port: (its address, what it holds)."""
    state = Kubeflow()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(state))
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", state
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
