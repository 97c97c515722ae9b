"""Requests of images, and images that nobody should unpack."""

import json
import struct
import zlib

import numpy as np
from small_inspector import b64

PREDICT, INFER = "/v1/models/steel:predict", "/v2/models/steel/infer"
HEADER = b"inference-header-content-length"


def instances(*files):
    """The V1 body of image files."""
    return {"instances": [b64(content) for content in files]}


def pixels(images, **other):
    """A V2 input of images (n, c, h, w), flat."""
    told = {"name": "images", "shape": list(images.shape), "datatype": "UINT8", "data": images.ravel().tolist()}
    return {**told, **other}


def files(contents, **other):
    """A V2 input of image files, in base64."""
    data = [b64(content)["b64"] for content in contents]
    return {"name": "images", "shape": [len(data)], "datatype": "BYTES", "data": data, **other}


def binary(tensor, raw, **other):
    """Body and headers of a V2 request whose one tensor is the bytes `raw`."""
    told = {key: value for key, value in tensor.items() if key != "data"}
    head = json.dumps({"inputs": [{**told, "parameters": {"binary_data_size": len(raw)}}], **other}).encode()
    return head + raw, [(HEADER, b"%d" % len(head))]


def elements(contents):
    """BYTES elements as they are sent in binary."""
    return b"".join(struct.pack("<I", len(content)) + content for content in contents)


def chunk(name, content):
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def png(width, height, *, bits=8, colour=0, rows=None, middle=b""):
    """A PNG made by hand; rows: its unpacked data, by default black."""
    channels = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[colour]
    line = 1 + (width * channels * bits + 7) // 8
    packed = zlib.compressobj(9)
    data = b"".join(packed.compress(bytes(line)) for _ in range(height)) if rows is None else packed.compress(rows)
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + middle + chunk(b"IDAT", data + packed.flush()) + chunk(b"IEND", b"")


def of_binary(reply):
    """The outputs of a binary answer by name."""
    end = int(reply.headers[HEADER])
    told, raw, found = json.loads(reply.content[:end]), reply.content[end:], {}
    for output in told["outputs"]:
        size = output["parameters"]["binary_data_size"]
        own, raw = raw[:size], raw[size:]
        found[output["name"]] = words(own) if output["datatype"] == "BYTES" else _numbers(own, output["shape"])
    assert not raw
    return found


def _numbers(raw, shape):
    return np.frombuffer(raw, "<f4").reshape(shape)


def words(raw):
    found = []
    while raw:
        (length,) = struct.unpack("<I", raw[:4])
        found.append(raw[4 : 4 + length].decode())
        raw = raw[4 + length :]
    return found
