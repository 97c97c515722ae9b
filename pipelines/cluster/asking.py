"""How a Kubeflow Pipelines server is asked: with a limit of time, page by page, refusals in one line."""

import json
from collections.abc import Callable, Iterator
from typing import Any, Self

import kfp_server_api as api

from pipelines.cluster.connection import ClusterError, Endpoint, Server, connect, told

_CONFLICT = 409
_PAGE = 100
_LISTS = ("pipelines", "pipeline_versions", "experiments", "recurring_runs")


class Asker:
    """A server that has been reached; every method raises ClusterError, one line, for what the server refuses."""

    def __init__(self, client: api.ApiClient, server: Server, endpoint: Endpoint) -> None:
        self.client, self.server, self.endpoint = client, server, endpoint
        self.scope = {"namespace": endpoint.namespace} if endpoint.namespace else {}

    @classmethod
    def at(cls, endpoint: Endpoint) -> Self:
        """Reach the server; raises ClusterError where that cannot be done."""
        return cls(*connect(endpoint), endpoint)

    def ask(self, what: str, call: Callable[..., Any], *words: Any, **named: Any) -> Any:
        """Call the server; `what` completes "refuses you ..."."""
        with told(self.endpoint, what):
            return call(*words, **named, _request_timeout=self.endpoint.timeout)

    def found_or_made(
        self, find: Callable[[], Any | None], what: str, call: Callable[..., Any], *words: Any, **named: Any
    ) -> Any:
        """What `find` finds, made by a call first where there is none; that somebody else made it meanwhile is fine."""
        found = find()
        if found is None:
            with told(self.endpoint, what):
                try:
                    call(*words, **named, _request_timeout=self.endpoint.timeout)
                except api.ApiException as problem:
                    if problem.status != _CONFLICT:
                        raise
            found = find()
        if found is None:
            raise ClusterError(f"Kubeflow at {self.endpoint.address} let you {what}, but does not show what was made")
        return found

    def named(self, what: str, call: Callable[..., Any], name: str, *words: Any, **scope: Any) -> Iterator[Any]:
        """Everything that a listing call shows under a name."""
        equals = json.dumps({"predicates": [{"operation": "EQUALS", "key": "display_name", "stringValue": name}]})
        token = ""
        while True:
            page = self.ask(what, call, *words, filter=equals, page_token=token, page_size=_PAGE, **scope)
            found: list[Any] = next((getattr(page, key) for key in _LISTS if getattr(page, key, None)), [])
            yield from (one for one in found if one.display_name == name)
            token = page.next_page_token
            if not token:
                return
