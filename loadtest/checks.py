"""A prepared request, and what a right answer to it looks like."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass

Check = Callable[[int, Mapping[str, str], bytes], str | None]
LENGTH = "Inference-Header-Content-Length"


@dataclass(frozen=True)
class Call:
    """One prepared POST; `wrong` says what is wrong with an answer (status, headers, body), None when it is right."""

    kind: str
    path: str
    body: bytes
    headers: Mapping[str, str]
    wrong: Check


def refused(status: int, headers: Mapping[str, str], body: bytes) -> str | None:
    """Bad input is answered with 4xx."""
    return None if 400 <= status < 500 else f"bad input was answered with {status}, not 4xx"


def v1_check(n: int) -> Check:
    """A V1 answer of n predictions."""

    def wrong(status: int, headers: Mapping[str, str], body: bytes) -> str | None:
        answer = _answer(status, body)
        if isinstance(answer, str):
            return answer
        found = answer.get("predictions")
        return None if isinstance(found, list) and len(found) == n else f"not {n} predictions"

    return wrong


def v2_check(n: int) -> Check:
    """A V2 answer of n rows, in JSON."""

    def wrong(status: int, headers: Mapping[str, str], body: bytes) -> str | None:
        answer = _answer(status, body)
        return answer if isinstance(answer, str) else _outputs(answer, n)

    return wrong


def v2_binary_check(n: int) -> Check:
    """A binary answer, or a JSON one: the extension lets the server choose."""

    def wrong(status: int, headers: Mapping[str, str], body: bytes) -> str | None:
        length = headers.get(LENGTH)
        head = body if length is None else body[: int(length)]
        answer = _answer(status, head)
        if isinstance(answer, str):
            return answer
        sizes = [o.get("parameters", {}).get("binary_data_size", 0) for o in answer.get("outputs", ())]
        if len(body) != len(head) + sum(sizes):
            return f"{len(body) - len(head)} bytes of tensors, {sum(sizes)} were told"
        return _outputs(answer, n)

    return wrong


def _answer(status: int, body: bytes) -> dict[str, list[dict[str, dict[str, int]]]] | str:
    if status != 200:
        return f"status {status}" if status else "no answer"
    try:
        answer = json.loads(body)
    except ValueError:
        return "not JSON"
    return answer if isinstance(answer, dict) else "not an object"


def _outputs(answer: Mapping[str, object], n: int) -> str | None:
    outputs = answer.get("outputs")
    right = isinstance(outputs, list) and outputs and all((o.get("shape") or [0])[0] == n for o in outputs)
    return None if right else f"not outputs of {n} rows"
