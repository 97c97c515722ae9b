"""Images and tensors that are refused: each with its status and one line that names the cause and what is accepted."""

import base64
import json
import struct
import zlib

import numpy as np
import pytest
from asgi_calls import ask, make_app
from image_bodies import INFER, PREDICT, binary, chunk, elements, files, instances, pixels, png
from PIL import Image
from small_inspector import b64, file_of

IMAGE = np.random.default_rng(0).integers(0, 256, (1, 32, 32), dtype=np.uint8)
FILE = file_of(IMAGE)
TEXT = base64.b64encode(FILE).decode()
COLOURS = Image.fromarray(np.random.default_rng(0).integers(0, 256, (40, 40, 3), dtype=np.uint8))
PHOTO = file_of(COLOURS, "JPEG", quality=90)
DEEP = Image.fromarray(np.arange(1600, dtype=np.uint16).reshape(40, 40))
TWO = [Image.fromarray(np.full((32, 32), value, np.uint8)) for value in (0, 200)]
CLIP = file_of(TWO[0], save_all=True, append_images=TWO[1:])


def scans(n):
    """A progressive JPEG that goes over all pixels again and again."""
    content = file_of(COLOURS, "JPEG", progressive=True)
    at = content.rindex(b"\xff\xda")
    return content[:at] + content[at:-2] * n + b"\xff\xd9"


FILES = {
    "empty": (b"", 400, "is empty"),
    "text": (b"not an image at all", 400, "neither PNG nor JPEG: it begins with 6e 6f 74 20"),
    "a GIF": (file_of(TWO[0], "GIF"), 400, "neither PNG nor JPEG"),
    "a BMP": (file_of(TWO[0], "BMP"), 400, "neither PNG nor JPEG"),
    "a TIFF": (file_of(TWO[0], "TIFF"), 400, "neither PNG nor JPEG"),
    "a WebP": (file_of(TWO[0], "WEBP"), 400, "neither PNG nor JPEG"),
    "an SVG": (b'<svg xmlns="http://www.w3.org/2000/svg"/>', 400, "neither PNG nor JPEG"),
    "a signature cut off": (FILE[1:], 400, "neither PNG nor JPEG"),
    "the signature alone": (FILE[:8], 400, "damaged or cut off"),
    "the head alone": (FILE[:33], 400, "damaged or cut off"),
    "half a PNG": (FILE[: len(FILE) // 2], 400, "damaged or cut off"),
    "a PNG without pixels": (FILE[:33] + chunk(b"IEND", b""), 400, "damaged or cut off"),
    "a broken checksum": (FILE[:29] + b"\0\0\0\0" + FILE[33:], 400, "damaged or cut off"),
    "broken pixels": (FILE[:60] + b"\xff" * 40 + FILE[100:], 400, "damaged or cut off"),
    "an unknown colour type": (FILE[:25] + b"\x09" + FILE[26:], 400, "damaged or cut off"),
    "half a JPEG": (PHOTO[: len(PHOTO) // 2], 400, "damaged or cut off"),
    "a JPEG's head": (PHOTO[:20], 400, "damaged or cut off"),
    "a JPEG's first bytes": (b"\xff\xd8\xff", 400, "damaged or cut off"),
    "a JPEG of CMYK": (file_of(COLOURS.convert("CMYK"), "JPEG"), 400, "has the mode CMYK"),
    "16 bits of grey": (file_of(DEEP), 400, "has 16 bits a channel"),
    "16 bits of colour": (png(32, 32, bits=16, colour=2), 400, "has 16 bits a channel"),
    "animated": (CLIP, 400, "is animated (2 frames)"),
    "1 x 1": (png(1, 1), 400, "has 1 x 1 pixels; at least 8"),
    "7 pixels high": (png(200, 7), 400, "has 200 x 7 pixels; at least 8"),
    "no width": (png(0, 32), 400, "has 0 x 32 pixels; at least 8"),
    "a long side": (png(20_000, 8), 413, "at most 16384 on a side"),
    "the longest side there is": (png(2**31 - 1, 2**31 - 1, rows=b""), 413, "at most 16384 on a side"),
    "many pixels": (png(5000, 5000, rows=b""), 413, "at most 16777216 pixels"),
    "many pixels, all there": (png(4200, 4200), 413, "at most 16777216 pixels"),
    "a JPEG of many pixels": (
        PHOTO.replace(b"\x08\x00\x28\x00\x28\x03", b"\x08\x17\x70\x17\x70\x03"),
        413,
        "at most 16777216 pixels",
    ),
    "a JPEG of the largest size": (
        PHOTO.replace(b"\x08\x00\x28\x00\x28\x03", b"\x08\xff\xff\xff\xff\x03"),
        413,
        "far too many pixels",
    ),
    "a JPEG of many scans": (scans(200), 400, "scans; at most 64"),
    "a text chunk that unpacks": (
        png(32, 32, middle=chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(8 << 20)))),
        400,
        "damaged or cut off",
    ),
}


@pytest.fixture(scope="module")
def folder(inspected):
    return inspected().folder


@pytest.fixture
def strict(folder):
    return make_app(folder, images=20, max_body=300_000)


def refused(app, status, cause, path, body, headers=None):
    reply = ask(app, path, body, headers)
    assert reply.status == status, reply.content
    assert reply.headers[b"content-type"] == b"application/json"
    assert list(reply.json()) == ["error"] and b"\n" not in reply.content and len(reply.content) < 700
    assert cause in reply.json()["error"], reply.json()["error"]
    assert ask(app, PREDICT, instances(FILE)).status == 200


@pytest.mark.parametrize(("content", "status", "cause"), FILES.values(), ids=FILES)
def test_files(strict, content, status, cause):
    refused(strict, status, cause, PREDICT, instances(content))
    refused(strict, status, cause, PREDICT, instances(FILE, content))
    refused(strict, status, cause, INFER, {"inputs": [files([content])]})
    refused(strict, status, cause, INFER, *binary(files([FILE, content]), elements([FILE, content])))


def one(value):
    return {"instances": [value]}


ROWS = IMAGE[0].tolist()
V1 = {
    "no padding": (one({"b64": TEXT[:-1]}), "standard base64"),
    "line breaks": (one({"b64": TEXT[:76] + "\n" + TEXT[76:]}), "standard base64"),
    "other letters": (one({"b64": "_-_-"}), "standard base64"),
    "no letters": (one({"b64": "äöü="}), "standard base64"),
    "a data address": (one({"b64": "data:image/png;base64," + TEXT}), "standard base64"),
    "twice encoded": (one(b64(TEXT.encode())), "neither PNG nor JPEG"),
    "a number": (one({"b64": 5}), "must be a string, got 5"),
    "null": (one({"b64": None}), "must be a string, got null"),
    "an array": (one({"b64": [TEXT]}), "must be a string, got an array"),
    "the text alone": (one(TEXT), "instances[0] must be"),
    "null alone": (one(None), "instances[0] must be"),
    "no field": (one({}), "got the fields none"),
    "another field": (one({"bytes": TEXT}), "got the fields 'bytes'"),
    "a field beside": (one({"b64": TEXT, "key": 1}), "got the fields 'b64', 'key'"),
    "a field beside image": (one({"image": {"b64": TEXT}, "key": 1}), "got the fields 'image', 'key'"),
    "image is the text": (one({"image": TEXT}), "instances[0] must be"),
    "image in image": (one({"image": {"image": {"b64": TEXT}}}), "got the fields 'image'"),
    "a second that is wrong": ({"instances": [{"b64": TEXT}, {"b64": "?"}]}, "instances[1] is not standard base64"),
    "two kinds": ({"instances": [{"b64": TEXT}, ROWS]}, "instances[1] is an array of 32, instances[0] an object"),
    "b64 twice": (b'{"instances": [{"b64": "x", "b64": "%b"}]}' % TEXT.encode(), "'b64' stands twice"),
    "no instances": ({"instances": []}, "there is no image"),
    "too many": (instances(*[FILE] * 21), "21 images; at most 20"),
    "instances an object": ({"instances": {"b64": TEXT}}, "must be an array of images"),
    "no object": ([{"b64": TEXT}], "must be a JSON object"),
    "the image alone": ({"b64": TEXT}, "send {"),
    "a field beside instances": ({**instances(FILE), "signature_name": "x"}, "'signature_name'"),
    "V2": ({"inputs": [pixels(IMAGE[None])]}, "send {"),
    "no rows": (one([]), "rows of pixels of one length, got 0 rows"),
    "empty rows": (one([[], []]), "rows of pixels of one length"),
    "rows of two lengths": (one([*ROWS[:-1], ROWS[-1][:-1]]), "of one length"),
    "a row that is none": (one([*ROWS[:-1], 5]), "of one length"),
    "pixels of two": (one([[[1, 2] for _ in row] for row in ROWS]), "[red, green, blue]"),
    "pixels of two kinds": (one([[[1, 2, 3], *row[1:]] for row in ROWS]), "[red, green, blue]"),
    "a fraction": (one([[0.5, *row[1:]] for row in ROWS]), "from 0 to 255, got 0.5"),
    "256": (one([[256, *row[1:]] for row in ROWS]), "from 0 to 255, got 256"),
    "below 0": (one([[-1, *row[1:]] for row in ROWS]), "from 0 to 255, got -1"),
    "a huge number": (one([[2**63, *row[1:]] for row in ROWS]), "from 0 to 255"),
    "a truth": (one([[True, *row[1:]] for row in ROWS]), "from 0 to 255, got true"),
    "a hole": (one([[None, *row[1:]] for row in ROWS]), "from 0 to 255, got null"),
    "few pixels": (one([[1, 2], [3, 4]]), "has 2 x 2 pixels"),
    "a row of a table": (one([0.1, 0.2, 0.3]), "rows of pixels"),
}


@pytest.mark.parametrize(("body", "cause"), V1.values(), ids=V1)
def test_v1(strict, body, cause):
    refused(strict, 400, cause, PREDICT, body)


def v2(**changes):
    return {"inputs": [{**pixels(IMAGE[None]), **changes}]}


def bytes_of(**changes):
    return {"inputs": [{**files([FILE]), **changes}]}


V2 = {
    "V1": (instances(FILE), "'instances'"),
    "no tensor": ({"inputs": []}, "one tensor, UINT8 [n, 1, 32, 32] or BYTES [n] of PNG or JPEG files; got 0"),
    "two tensors": ({"inputs": [pixels(IMAGE[None])] * 2}, "got 2"),
    "floats": (v2(datatype="FP32"), "must be one of UINT8, BYTES, got 'FP32'"),
    "INT64": (v2(datatype="INT64"), "must be one of UINT8, BYTES"),
    "no datatype": (v2(datatype=None), "must be one of UINT8, BYTES"),
    "no batch": (v2(shape=[1, 32, 32]), "shape must be UINT8 [n, 1, 32, 32]"),
    "flat": (v2(shape=[1, 1024]), "shape must be UINT8 [n, 1, 32, 32]"),
    "channels last": (v2(shape=[1, 32, 32, 1]), "[n, 1 or 3, height, width], got [1, 32, 32, 1]"),
    "two channels": (v2(shape=[1, 2, 32, 16]), "[n, 1 or 3, height, width]"),
    "no images": (v2(shape=[0, 1, 32, 32], data=[]), "there is no image"),
    "no height": (v2(shape=[1, 1, 0, 32], data=[]), "has 32 x 0 pixels"),
    "small": (v2(shape=[1, 1, 2, 2], data=[0] * 4), "has 2 x 2 pixels"),
    "a negative side": (v2(shape=[1, 1, -32, -32]), "shape must be"),
    "a fraction of a side": (v2(shape=[1, 1, 32.0, 32]), "shape must be"),
    "a huge side": (v2(shape=[1, 1, 10**9, 10**9]), "1024 values"),
    "too few values": (v2(data=[0] * 1023), "1023 values"),
    "too many values": (v2(data=[0] * 1025), "1025 values"),
    "no data": ({"inputs": [{"name": "a", "shape": [1, 1, 32, 32], "datatype": "UINT8"}]}, "no data"),
    "data is a text": (v2(data=TEXT), "must be an array"),
    "data of texts": (v2(data=["a"] * 1024), "from 0 to 255, got 'a'"),
    "256": (v2(data=[256] * 1024), "got 256"),
    "a fraction": (v2(data=[0.5] * 1024), "got 0.5"),
    "a truth": (v2(data=[True] * 1024), "got true"),
    "half nested": (v2(data=[[[[0] * 32] * 31 + [0]]]), "nested as its shape says"),
    "nested too deep": (v2(data=[[[[[0]]]]]), "from 0 to 255, got an array"),
    "nested unevenly": (v2(data=[[0] * 1023, 0]), "nested as its shape says"),
    "too many images": (v2(shape=[21, 1, 8, 8], data=[0] * 21 * 64), "21 images; at most 20"),
    "an unknown output": ({**v2(), "outputs": [{"name": "score"}]}, "'score' is no output"),
    "an unknown field": (v2(dat=[]), "'dat'"),
    "id": ({**v2(), "id": 5}, "id must be a string"),
    "files, two columns": (bytes_of(shape=[1, 2]), "[n] or [n, 1] for BYTES"),
    "files, rank 4": (bytes_of(shape=[1, 1, 32, 32]), "shape must be"),
    "files, too few": (bytes_of(shape=[2]), "1 image"),
    "files, none": (bytes_of(shape=[0], data=[]), "there is no image"),
    "files, no text": (bytes_of(data=[5]), "must be a string, got 5"),
    "files, no base64": (bytes_of(data=["?"]), "not standard base64"),
    "files as UINT8": (bytes_of(datatype="UINT8"), "shape must be"),
    "not JSON": (b'{"inputs": [', "not JSON"),
}


@pytest.mark.parametrize(("body", "cause"), V2.values(), ids=V2)
def test_v2(strict, body, cause):
    refused(strict, 400, cause, INFER, body)


RAW = IMAGE.tobytes()
WHOLE = binary(pixels(IMAGE[None]), RAW)
BINARY = {
    "too few bytes": (binary(pixels(IMAGE[None]), RAW[:-1]), "1023 values"),
    "too many bytes": (binary(pixels(IMAGE[None]), RAW + b"x"), "1025 values"),
    "bytes left over": ((WHOLE[0] + b"x", WHOLE[1]), "1025"),
    "bytes missing": ((WHOLE[0][:-9], WHOLE[1]), "1015"),
    "a length that lies": (binary(files([FILE]), struct.pack("<I", 10**6) + FILE), "longer than"),
    "a length cut off": (binary(files([FILE]), b"\1\0"), "longer than"),
    "another number": (binary(files([FILE]), elements([FILE, FILE])), "2 elements"),
    "none": (binary(files([], shape=[0]), b""), "there is no image"),
    "base64 in binary": (binary(files([FILE]), elements([TEXT.encode()])), "neither PNG nor JPEG"),
}


@pytest.mark.parametrize(("request_", "cause"), BINARY.values(), ids=BINARY)
def test_binary(strict, request_, cause):
    refused(strict, 400, cause, INFER, *request_)


def test_pixels_are_counted_over_the_request(folder):
    app = make_app(folder, pixels=100_000)
    small, large = file_of(np.zeros((1, 100, 100), np.uint8)), file_of(np.zeros((1, 320, 320), np.uint8))
    assert ask(app, PREDICT, instances(*[small] * 10)).status == 200
    refused(
        app, 413, "instances[10] has 100 x 100 pixels, which with those before it", PREDICT, instances(*[small] * 11)
    )
    refused(app, 413, "instances[0] has 320 x 320 pixels; at most 100000", PREDICT, instances(large))
    tensor = pixels(np.zeros((11, 1, 100, 100), np.uint8))
    refused(app, 413, "image 10, has 100 x 100 pixels", INFER, {"inputs": [tensor]})


def test_a_body_over_the_cap(strict):
    refused(strict, 413, "larger than 300000 bytes", PREDICT, instances(bytes(300_000)))


def test_nothing_of_a_refused_request_is_counted(strict):
    ask(strict, PREDICT, instances(FILE, FILE, FILE[: len(FILE) // 2]))
    text = ask(strict, "/metrics").content.decode()
    assert 'rarefault_confidence_count{model="steel"} 0' in text
    assert 'rarefault_requests_total{model="steel",protocol="v1",status="400"} 1' in text


def test_methods_and_media_types_as_for_tables(strict):
    assert ask(strict, PREDICT, None).status == 405
    reply = ask(strict, PREDICT, FILE, [(b"content-type", b"image/png")])
    assert reply.status == 415 and "application/json" in reply.json()["error"]
    assert json.loads(ask(strict, "/v1/models/stel:predict", {}).content)["error"].startswith("model 'stel' is not")
