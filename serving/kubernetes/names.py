"""Names that Kubernetes accepts, from any name."""

import hashlib
import re

_DIGITS = 6


def dns_label(name: str, longest: int = 40) -> str:
    """A DNS label that starts with a letter (RFC 1035): `name` itself where it is one of at most `longest` characters.

    A name that had to be changed gets a fingerprint of the original at its end, so that two models never share a
    service. KServe appends up to 23 characters to a service's name, of the 63 that a label may have.
    """
    label = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
    if not label[:1].isalpha():
        label = f"m-{label}".strip("-")
    if label == name and len(label) <= longest:
        return label
    fingerprint = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:_DIGITS]
    return f"{label[: longest - _DIGITS - 1].strip('-')}-{fingerprint}"


def label_value(text: str) -> str:
    """`text` as the value of a label: at most 63 letters, digits, `-`, `_` and `.`, no sign at an end."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", text)[:63].strip("-_.")
