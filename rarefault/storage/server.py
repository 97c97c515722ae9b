"""The object store's server: where it is, with which keys, and what went wrong in one line."""

import logging
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from urllib.parse import urlsplit

import certifi
import urllib3
from minio import Minio
from minio.credentials.providers import AWSConfigProvider, ChainedProvider, IamAwsProvider, Provider, StaticProvider
from minio.error import InvalidResponseError, MinioException, S3Error, ServerError
from urllib3.exceptions import HTTPError, MaxRetryError

from rarefault.errors import InputError
from rarefault.storage.address import Address

_ENDPOINTS = ("MLFLOW_S3_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL")
_AMAZON = "https://s3.amazonaws.com"
_KEYS = ("InvalidAccessKeyId", "SignatureDoesNotMatch")
_TRIES = 3
_CONNECT_SECONDS, _READ_SECONDS = 5.0, 60.0


class StorageError(InputError):
    """The object store cannot be asked, or refused; one line that says why and what is accepted."""


class Server:
    """An S3 server as boto and MLflow find theirs, in environment variables; buckets are named in the path.

    MLFLOW_S3_ENDPOINT_URL or AWS_ENDPOINT_URL (default: Amazon), AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY,
    AWS_SESSION_TOKEN, AWS_DEFAULT_REGION, AWS_CA_BUNDLE and MLFLOW_S3_IGNORE_TLS. Without keys in the environment, the
    shared credentials file or the pod's own identity at Amazon is used. Raises StorageError where none is found.
    """

    def __init__(self, environment: Mapping[str, str] | None = None) -> None:
        known = os.environ if environment is None else environment
        self.endpoint = next((known[name] for name in _ENDPOINTS if known.get(name)), _AMAZON).rstrip("/")
        parts = urlsplit(self.endpoint)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.path or parts.username:
            shown = self.endpoint if not parts.username else "an address with a user in it"
            raise StorageError(f"the object store's address is {shown!r}; accepted: http://HOST:PORT or https://HOST")
        self.client = Minio(
            parts.netloc,
            credentials=_credentials(known),
            secure=parts.scheme == "https",
            region=known.get("AWS_DEFAULT_REGION") or known.get("AWS_REGION") or "us-east-1",
            http_client=_connections(known),
        )
        logging.getLogger("urllib3.connectionpool").setLevel(logging.ERROR)  # it tells every try
        self.client.disable_virtual_style_endpoint()  # type: ignore[no-untyped-call]

    def check(self, address: Address) -> None:
        """Raise StorageError, one line, unless the server answers, takes the keys and has the bucket."""
        with self.told(address):
            next(iter(self.client.list_objects(address.bucket, prefix=address.folder)), None)  # its refusals say why
            if not self.client.bucket_exists(address.bucket):  # some servers list buckets that are not there
                raise self._no_bucket(address)

    @contextmanager
    def told(self, address: Address) -> Iterator[None]:
        """Turn what the client raises into one StorageError that says where, why and what is accepted."""
        try:
            yield
        except S3Error as problem:
            raise self._refused(address, problem) from problem
        except (HTTPError, OSError, ServerError, InvalidResponseError) as problem:
            raise StorageError(
                f"the object store at {self.endpoint} cannot be reached: {_cause(problem)}; accepted: the address of a "
                "running S3 server in MLFLOW_S3_ENDPOINT_URL or AWS_ENDPOINT_URL"
            ) from problem
        except (MinioException, ValueError) as problem:
            raise StorageError(f"the object store at {self.endpoint} refused {address}: {_cause(problem)}") from problem

    def _refused(self, address: Address, problem: S3Error) -> StorageError:
        if problem.code in _KEYS:
            return StorageError(
                f"the object store at {self.endpoint} does not know these keys ({problem.code}); accepted: "
                "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY of one of its users"
            )
        if problem.code == "NoSuchBucket":
            return self._no_bucket(address)
        if problem.code == "AccessDenied":
            return StorageError(
                f"the object store at {self.endpoint} denies access to {address} with these keys; accepted: keys "
                f"that may list, read and write in bucket {address.bucket!r}"
            )
        said = " ".join(str(problem.message or "").split())
        return StorageError(f"the object store at {self.endpoint} refused {address}: {problem.code} {said}".rstrip())

    def _no_bucket(self, address: Address) -> StorageError:
        return StorageError(
            f"the object store at {self.endpoint} has no bucket {address.bucket!r}; accepted: one that is there"
        )


def _credentials(known: Mapping[str, str]) -> Provider:
    if known.get("AWS_ACCESS_KEY_ID") and known.get("AWS_SECRET_ACCESS_KEY"):
        return StaticProvider(
            known["AWS_ACCESS_KEY_ID"], known["AWS_SECRET_ACCESS_KEY"], known.get("AWS_SESSION_TOKEN") or None
        )
    others: list[Provider] = [AWSConfigProvider()]
    if known.get("AWS_WEB_IDENTITY_TOKEN_FILE") or known.get("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"):
        others.append(IamAwsProvider())
    chain = ChainedProvider(others)
    try:
        chain.retrieve()
    except ValueError as problem:
        raise StorageError(
            "there are no keys for the object store; accepted: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the "
            "environment (on a cluster from the Secret rarefault-object-store)"
        ) from problem
    return chain


def _connections(known: Mapping[str, str]) -> urllib3.PoolManager:
    retries = urllib3.Retry(total=_TRIES, backoff_factor=0.2, status_forcelist=(500, 502, 503, 504))
    timeout = urllib3.Timeout(connect=_CONNECT_SECONDS, read=_READ_SECONDS)
    if known.get("MLFLOW_S3_IGNORE_TLS", "").lower() in ("1", "true"):
        return urllib3.PoolManager(timeout=timeout, retries=retries, cert_reqs="CERT_NONE")
    bundle = known.get("AWS_CA_BUNDLE") or known.get("SSL_CERT_FILE") or certifi.where()
    return urllib3.PoolManager(timeout=timeout, retries=retries, cert_reqs="CERT_REQUIRED", ca_certs=bundle)


def _cause(problem: BaseException) -> str:
    """What began it, in a few words."""
    reason = problem.reason if isinstance(problem, MaxRetryError) and problem.reason else problem
    return " ".join(str(reason).split())[-200:] or type(reason).__name__
