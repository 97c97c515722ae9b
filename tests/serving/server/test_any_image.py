"""Whatever is sent as an image, the server answers, refuses in one line, and never fails."""

import json

import numpy as np
import pytest
from asgi_calls import ask, make_app
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from image_bodies import INFER, PREDICT, binary, chunk, elements, files, instances, pixels, png
from PIL import Image
from small_inspector import file_of

ACCEPTED = {200, 400, 404, 405, 413, 415}
SETTINGS = settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)
RNG = np.random.default_rng(0)
SEEDS = {
    "grey": file_of(RNG.integers(0, 256, (1, 20, 20), dtype=np.uint8)),
    "colour": file_of(RNG.integers(0, 256, (3, 12, 12), dtype=np.uint8)),
    "palette": file_of(Image.fromarray(RNG.integers(0, 256, (16, 16), dtype=np.uint8)).quantize(16)),
    "alpha": file_of(Image.fromarray(RNG.integers(0, 256, (10, 10, 4), dtype=np.uint8))),
    "bits": png(24, 24, bits=1),
    "text": png(
        16, 16, middle=chunk(b"tEXt", b"a\0b") + chunk(b"eXIf", b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06")
    ),
    "jpeg": file_of(RNG.integers(0, 256, (3, 24, 24), dtype=np.uint8), "JPEG"),
    "grey jpeg": file_of(RNG.integers(0, 256, (1, 24, 24), dtype=np.uint8), "JPEG", progressive=True),
    "turned": file_of(
        Image.fromarray(np.zeros((9, 20), np.uint8)),
        "JPEG",
        exif=b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0",
    ),
}


@pytest.fixture(scope="module")
def app(inspected):
    return make_app(inspected().folder, images=8, pixels=100_000)


def check(app, path, body, headers=None):
    reply = ask(app, path, body, headers)
    assert reply.status in ACCEPTED, reply.content
    if reply.status != 200:
        assert list(reply.json()) == ["error"] and b"\n" not in reply.content and len(reply.content) < 2000
    return reply.status


def in_every_way(app, content):
    status = {check(app, PREDICT, instances(content)), check(app, INFER, {"inputs": [files([content])]})}
    status.add(check(app, INFER, *binary(files([content]), elements([content]))))
    assert len(status) == 1


@SETTINGS
@given(content=st.binary(max_size=400))
def test_any_bytes(app, content):
    in_every_way(app, content)


@SETTINGS
@given(
    content=st.binary(max_size=300),
    start=st.sampled_from([b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"\xff\xd8\xff\xe0\0\x10JFIF"]),
)
@example(content=b"\0\0\0\rIHDR" + bytes(17), start=b"\x89PNG\r\n\x1a\n")
@example(content=b"\xc0\0\x0b\x08\0\0\0\0\x01\x01\x11\0", start=b"\xff\xd8\xff")
def test_any_bytes_behind_a_signature(app, content, start):
    in_every_way(app, start + content)


@SETTINGS
@given(data=st.data(), seed=st.sampled_from(sorted(SEEDS)))
def test_a_good_file_with_some_bytes_changed(app, data, seed):
    content = bytearray(SEEDS[seed])
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, max(len(content) - 1, 0)))
        content[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=4))
    in_every_way(app, bytes(content))


NAMES = [
    b"PLTE",
    b"tRNS",
    b"acTL",
    b"fcTL",
    b"fdAT",
    b"iCCP",
    b"zTXt",
    b"iTXt",
    b"eXIf",
    b"pHYs",
    b"gAMA",
    b"IEND",
    b"IDAT",
]


@SETTINGS
@given(
    width=st.integers(0, 2**31 - 1) | st.integers(0, 40),
    height=st.integers(0, 2**31 - 1) | st.integers(0, 40),
    bits=st.sampled_from([0, 1, 2, 4, 8, 16, 255]),
    colour=st.integers(0, 7),
    interlaced=st.integers(0, 2),
    rows=st.binary(max_size=200),
    chunks=st.lists(st.tuples(st.sampled_from(NAMES), st.binary(max_size=40)), max_size=3),
)
def test_any_png(app, width, height, bits, colour, interlaced, rows, chunks):
    middle = b"".join(chunk(name, content) for name, content in chunks)
    made = png(8, 8, rows=rows, middle=middle)
    header = chunk(
        b"IHDR", width.to_bytes(4, "big") + height.to_bytes(4, "big") + bytes([bits, colour, 0, 0, interlaced])
    )
    in_every_way(app, made[:8] + header + made[33:])


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-1, 257)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=9) | st.dictionaries(st.sampled_from(["b64", "image", "x"]), inner, max_size=2)
    ),
    max_leaves=30,
)


@SETTINGS
@given(value=VALUES)
def test_any_instances(app, value):
    check(app, PREDICT, {"instances": value})
    check(app, PREDICT, {"instances": [value]})
    check(app, PREDICT, json.dumps(value).encode())


@SETTINGS
@given(
    shape=st.lists(st.integers(-1, 12), max_size=5),
    datatype=st.sampled_from(["UINT8", "BYTES", "FP32", None]),
    data=VALUES,
    raw=st.binary(max_size=300),
    off=st.integers(-2, 2),
)
def test_any_tensor(app, shape, datatype, data, raw, off):
    tensor = {"name": "images", "shape": shape, "datatype": datatype, "data": data}
    check(app, INFER, {"inputs": [tensor]})
    body, headers = binary(tensor, raw)
    check(app, INFER, body, headers)
    check(app, INFER, body, [(headers[0][0], str(int(headers[0][1]) + off).encode())])


@SETTINGS
@given(n=st.integers(1, 3), channels=st.sampled_from([1, 3]), height=st.integers(8, 60), width=st.integers(8, 60))
def test_images_of_any_size_are_answered(app, n, channels, height, width):
    images = RNG.integers(0, 256, (n, channels, height, width), dtype=np.uint8)
    assert check(app, INFER, *binary(pixels(images), images.tobytes())) == 200
    assert check(app, PREDICT, instances(*map(file_of, images))) == 200
