"""Addresses in an object store, and the object store's own address."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rarefault.errors import InputError
from rarefault.storage import Address, Server, StorageError
from rarefault.storage.address import is_plain

KEYS = {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"}


@pytest.mark.parametrize(
    ("uri", "bucket", "key"),
    [("s3://models/a/b/", "models", "a/b"), ("s3://models", "models", ""), ("s3://models/ä b", "models", "ä b")],
)
def test_addresses_are_read(uri, bucket, key):
    assert Address.of(uri) == Address(bucket, key)


@pytest.mark.parametrize(
    "uri",
    [
        "",
        "models/a",
        "/models/a",
        "s3://",
        "s3://UPPER/a",
        "s3://a/b",
        "gs://models/a",
        "s3://models/../a",
        "s3://models/a//b",
        "s3://models/./a",
        "s3://models/a\nb",
        "s3://models/a\\b",
        "s3:/models/a",
        "file:///etc",
    ],
)
def test_what_is_no_address_is_refused(uri):
    with pytest.raises(InputError, match=r"is no address in an object store; accepted: s3://BUCKET/FOLDER"):
        Address.of(uri)


def test_the_address_of_kubeflow_is_corrected():
    with pytest.raises(InputError, match="for minio:// write s3://"):
        Address.of("minio://mlpipeline/a")


@given(st.text(max_size=40))
def test_a_plain_path_never_leads_elsewhere(text):
    if is_plain(text):
        assert not text.startswith("/")
        assert not {".", "..", ""} & set(text.split("/"))
        assert "\\" not in text and "\0" not in text


@pytest.mark.parametrize(
    ("variables", "endpoint"),
    [
        ({"MLFLOW_S3_ENDPOINT_URL": "http://store:8333/", "AWS_ENDPOINT_URL": "http://other"}, "http://store:8333"),
        ({"AWS_ENDPOINT_URL": "https://store"}, "https://store"),
        ({}, "https://s3.amazonaws.com"),
    ],
)
def test_the_server_is_found_as_boto_and_mlflow_find_it(variables, endpoint):
    assert Server({**variables, **KEYS}).endpoint == endpoint


@pytest.mark.parametrize("url", ["store:8333", "ftp://store", "http://", "http://store/path"])
def test_what_is_no_server_address_is_refused(url):
    with pytest.raises(StorageError, match=r"the object store's address is .*; accepted: http://HOST:PORT"):
        Server({"AWS_ENDPOINT_URL": url, **KEYS})


def test_a_password_in_the_address_is_not_shown():
    with pytest.raises(StorageError) as told:
        Server({"AWS_ENDPOINT_URL": "http://me:secret@store", **KEYS})
    assert "secret" not in str(told.value)


def test_missing_keys_are_told(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("AWS_SHARED_CREDENTIALS_FILE", raising=False)
    with pytest.raises(StorageError, match="no keys for the object store; accepted: AWS_ACCESS_KEY_ID and AWS_SECRET"):
        Server({"AWS_ENDPOINT_URL": "http://127.0.0.1:1"})


def test_the_shared_credentials_file_is_read(tmp_path, monkeypatch):
    path = tmp_path / "credentials"
    path.write_text("[default]\naws_access_key_id = one\naws_secret_access_key = two\n")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(path))
    assert Server({"AWS_ENDPOINT_URL": "http://127.0.0.1:1"}).endpoint == "http://127.0.0.1:1"
