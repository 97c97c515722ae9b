"""The part of a Kubernetes API server that a deployment uses: objects, server-side apply with owners, refusals."""

import copy
import json
import sys
import threading
import traceback
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

KINDS = {
    "configmaps": "ConfigMap",
    "networkpolicies": "NetworkPolicy",
    "podmonitors": "PodMonitor",
    "servingruntimes": "ServingRuntime",
    "inferenceservices": "InferenceService",
}
_UNOWNED = {
    ("apiVersion",),
    ("kind",),
    ("metadata", "name"),
    ("metadata", "namespace"),
    ("metadata", "resourceVersion"),
}


class RefusalError(Exception):
    """An answer other than 200; `status` is a Status object, or text where the server knows no such path."""

    def __init__(self, code, status):
        super().__init__(code)
        self.code, self.status = code, status


def refuse(code, reason, message, **details):
    return RefusalError(
        code, {"kind": "Status", "code": code, "reason": reason, "message": message, "details": details}
    )


def leaves(value, path=()):
    """The fields of an object, as (path, value); lists are one field, as in a custom resource without merge keys."""
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from leaves(inner, (*path, key))
    else:
        yield path, value


def at(thing, path):
    for key in path:
        if not isinstance(thing, dict) or key not in thing:
            return None
        thing = thing[key]
    return thing


def put(thing, path, value):
    for key in path[:-1]:
        thing = thing.setdefault(key, {})
    thing[path[-1]] = copy.deepcopy(value)


def drop(thing, path):
    for key in path[:-1]:
        thing = thing.get(key, {})
    thing.pop(path[-1], None)


class FakeApi:
    """Objects by (kind, name) in one namespace; see the attributes for what can be made to go wrong.

    forbidden: {(verb, kind)}; unknown: kinds that are not installed; conflicts: {kind: how many applies meet one};
    away: how many requests are answered 503; lost: kinds of which every change gets a 504
    once, after it was made;
    unknown_fields: top fields of an InferenceService's spec that it refuses.
    before: called with (number, method, path) before each request is carried out.
    """

    def __init__(self, namespace="rarefault"):
        self.namespace, self.objects, self.owners = namespace, {}, {}
        self.forbidden, self.unknown, self.conflicts, self.away, self.unknown_fields = set(), set(), {}, 0, set()
        self.lost, self.told = set(), set()
        self.before, self.after_apply, self.requests, self.version = None, None, [], 0
        self.lock = threading.RLock()

    # requests

    def answer(self, method, path, body, content_type):
        address = urlsplit(path)
        query = {key: values[0] for key, values in parse_qs(address.query).items()}
        parts = address.path.split("/")
        namespace, plural, name = parts[-3], parts[-2], parts[-1]
        with self.lock:
            self.requests.append((method, address.path, query, body))
            number = len(self.requests)
        if self.before:
            self.before(number, method, path)
        with self.lock:
            if self.away > 0:
                self.away -= 1
                raise refuse(503, "ServiceUnavailable", "the server is currently unable to handle the request")
            found = self._carry_out(method, namespace, plural, name, body, content_type, query)
            if method == "PATCH" and KINDS.get(plural) in self.lost and body not in self.told:
                self.told.add(body)
                raise refuse(504, "Timeout", "request did not complete within the allotted time")
            return copy.deepcopy(found)

    def _carry_out(self, method, namespace, plural, name, body, content_type, query):
        with self.lock:
            kind = KINDS.get(plural)
            if kind is None or kind in self.unknown:
                raise RefusalError(404, "404 page not found\n")
            self._check_allowed(method.lower(), kind, plural, name)
            if namespace != self.namespace and method == "PATCH":
                raise refuse(404, "NotFound", f'namespaces "{namespace}" not found', name=namespace, kind="namespaces")
            if method == "PATCH" and content_type == "application/apply-patch+yaml":
                return self.apply(kind, name, json.loads(body), query)
            if method == "PATCH" and content_type == "application/merge-patch+json":
                return self.merge(kind, name, json.loads(body))
            found = self.objects.get((kind, name))
            if found is None or namespace != self.namespace:
                raise refuse(404, "NotFound", f'{plural} "{name}" not found', name=name, kind=plural)
            if method == "DELETE":
                del self.objects[kind, name], self.owners[kind, name]
            elif method != "GET":
                raise refuse(415, "UnsupportedMediaType", f"{content_type} is not supported")
            return found

    def _check_allowed(self, verb, kind, plural, name):
        if (verb, kind) in self.forbidden:
            user = "system:serviceaccount:line-1:default-editor"
            raise refuse(
                403,
                "Forbidden",
                f'{plural} "{name}" is forbidden: User "{user}" cannot {verb} resource "{plural}"',
                name=name,
            )

    # changes

    def apply(self, kind, name, wanted, query):
        """Server-side apply: https://kubernetes.io/docs/reference/using-api/server-side-apply/."""
        manager, force = query["fieldManager"], query.get("force") == "true"
        if self.conflicts.get(kind, 0) > 0 and "dryRun" not in query:
            self.conflicts[kind] -= 1
            raise refuse(
                409, "Conflict", "the object has been modified; please apply your changes to the latest version"
            )
        for field in self.unknown_fields & set(wanted.get("spec", {})):
            raise refuse(500, "InternalError", f".spec.{field}: field not declared in schema")
        key, live = (kind, name), copy.deepcopy(self.objects.get((kind, name)))
        given = wanted["metadata"].get("resourceVersion")
        if given is not None and given != (live or {"metadata": {}})["metadata"].get("resourceVersion"):
            raise refuse(
                409, "Conflict", "the object has been modified; please apply your changes to the latest version"
            )
        owners = copy.deepcopy(self.owners.get(key, {}))
        mine = {path: value for path, value in leaves(wanted) if path not in _UNOWNED}
        causes = []
        for other in [one for one in owners if one != manager]:
            clashing = {p for p in owners[other] if p in mine and at(live, p) != mine[p]}
            if clashing and not force:
                causes += [
                    {
                        "reason": "FieldManagerConflict",
                        "message": f'conflict with "{other}"',
                        "field": "." + ".".join(p),
                    }
                    for p in sorted(clashing)
                ]
            owners[other] = owners[other] - clashing
        if causes:
            raise refuse(409, "Conflict", f"Apply failed with {len(causes)} conflict(s)", causes=causes)
        empty = {"apiVersion": wanted["apiVersion"], "kind": kind, "metadata": {"name": name}}
        made = copy.deepcopy(live or empty)
        made["metadata"]["namespace"] = self.namespace
        held = set().union(*(paths for one, paths in owners.items() if one != manager))
        for path in owners.get(manager, set()) - set(mine) - held:
            drop(made, path)
        for path, value in mine.items():
            put(made, path, value)
        owners[manager] = set(mine)
        return made if "dryRun" in query else self._keep(key, made, live, owners)

    def merge(self, kind, name, change):
        made = copy.deepcopy(self.objects[kind, name])
        for path, value in leaves(change):
            (drop(made, path) if value is None else put(made, path, value))
        return self._keep((kind, name), made, self.objects[kind, name], self.owners[kind, name])

    def _keep(self, key, made, live, owners):
        if live != made:
            self.version += 1
            metadata = made["metadata"]
            metadata["resourceVersion"] = str(self.version)
            changed = live is None or live.get("spec") != made.get("spec")
            metadata["generation"] = metadata.get("generation", 0) + changed
        self.objects[key], self.owners[key] = made, owners
        if self.after_apply and key[0] == "InferenceService":
            self.after_apply(made)
        return made

    def applied_by_hand(self, thing, manager="kubectl"):
        """What a person's `kubectl apply --server-side` leaves."""
        with self.lock:
            query = {"fieldManager": manager, "force": "true"}
            return self.apply(thing["kind"], thing["metadata"]["name"], copy.deepcopy(thing), query)


def serve(answers):
    """A server on a free port of this machine; answers(method, host, path, body, content type) -> (code, values)."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version, wbufsize, disable_nagle_algorithm = "HTTP/1.1", -1, True

        def _answer(self):
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            host, kind = self.headers["Host"], self.headers.get("Content-Type", "")
            code, values = answers(self.command, host, self.path, body, kind)
            content = values.encode() if isinstance(values, str) else json.dumps(values).encode()
            self.send_response(code)
            self.send_header("Content-Type", "text/plain" if isinstance(values, str) else "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PATCH = do_DELETE = _answer  # noqa: N815  # the names that http.server calls

        def log_message(self, *_):
            pass

    class Server(ThreadingHTTPServer):
        request_queue_size = 64

        def handle_error(self, *_):
            """Who was killed hears no answer; anything else is a mistake of this server."""
            if not isinstance(sys.exc_info()[1], ConnectionError):
                traceback.print_exc()

    server = Server(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    return server
