"""Addresses of stores, as settings give them."""

from urllib.parse import urlsplit

ACCEPTED = "memory, sqlite:///PATH, or postgresql://USER@HOST:PORT/DATABASE"


def check_address(address: str) -> None:
    """Raise ValueError for what is no address of a store; the message has no credentials in it."""
    kind, _, rest = address.partition("://")
    if address == "memory" or (kind == "sqlite" and rest.startswith("/") and len(rest) > 1):
        return
    try:
        parts = urlsplit(address)
        fits = parts.scheme in ("postgresql", "postgres") and bool(parts.hostname) and bool(parts.path.strip("/"))
        fits = fits and parts.port != 0
    except ValueError:
        fits = False
    if not fits:
        raise ValueError(f"state must be {ACCEPTED}; got another address of kind {kind[:20]!r}")


def has_password(address: str) -> bool:
    """Whether an address, checked before, holds a password."""
    return "://" in address and not address.startswith("sqlite:") and bool(urlsplit(address).password)
