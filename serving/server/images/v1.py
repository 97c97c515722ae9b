"""V1 for images: base64 of PNG or JPEG files, as TensorFlow Serving takes them, or arrays of pixels."""

from binascii import Error, a2b_base64
from collections.abc import Mapping
from typing import Any

import numpy as np
from orjson import OPT_SERIALIZE_NUMPY, dumps

from serving.server import jsontext
from serving.server.images.batches import Batch, Encoded, Pixels, check_count
from serving.server.images.handlers import Asked, Looking
from serving.server.images.model import Found
from serving.server.limits import Limits
from serving.server.refusals import bad, counted, listed, shown

ACCEPTED = '{"b64": "..."}, {"image": {"b64": "..."}}, or rows of pixels'


class Predict(Looking):
    """POST /v1/models/NAME:predict of one served version."""

    def read(self, headers: Mapping[bytes, bytes], body: bytes) -> Asked:
        """The instances; a Refusal for what is not accepted."""
        payload = jsontext.read_object(body)
        unknown = sorted(payload.keys() - {"instances"})
        if unknown or "instances" not in payload:
            raise bad(f'send {{"instances": [image, ...]}} and nothing else, got {listed(unknown or ["{}"])}')
        instances = payload["instances"]
        if type(instances) is not list:
            raise bad(f'"instances" must be an array of images, got {shown(instances)}')
        check_count(len(instances), self._limits)
        batch, keys = _batch(instances, self._limits)
        jsontext.refuse_repeated_keys(body, 1 + keys)
        return Asked(batch, self._told, "v1")

    def _told(self, found: Found) -> bytes:
        answer = {
            "predictions": self.predictions(found),
            "model_name": self._model.name,
            "model_version": self._model.version,
        }
        return dumps(answer, option=OPT_SERIALIZE_NUMPY)


def _batch(instances: list[Any], limits: Limits) -> tuple[Batch, int]:
    """The images, and how many keys they were sent with."""
    kind = type(instances[0])
    other = next((at for at, one in enumerate(instances) if type(one) is not kind), None)
    if other is not None:
        raise bad(f"instances[{other}] is {shown(instances[other])}, instances[0] {shown(instances[0])}; send one kind")
    if kind is list:
        return Pixels([_pixels(rows, _where(at)) for at, rows in enumerate(instances)], _where, limits), 0
    if kind is not dict:
        raise bad(f"instances[0] must be {ACCEPTED}, got {shown(instances[0])}")
    keys = sum(len(one) for one in instances)
    texts = [_text(one, _where(at)) for at, one in enumerate(instances)]
    keys += sum(1 for one in instances if "image" in one)
    return Encoded([decoded(text, _where(at)) for at, text in enumerate(texts)], _where, limits), keys


def _where(at: int) -> str:
    return f"instances[{at}]"


def _text(one: dict[str, Any], where: str) -> Any:
    inner = one["image"] if len(one) == 1 and "image" in one else one
    if type(inner) is not dict or list(inner) != ["b64"]:
        got = f"the fields {listed(list(inner))}" if type(inner) is dict else shown(inner)
        raise bad(f"{where} must be {ACCEPTED}, got {got}")
    return inner["b64"]


def decoded(text: Any, where: str) -> bytes:
    """The bytes of a base64 text; a 400 for anything else."""
    if type(text) is not str:
        raise bad(f"{where}: base64 must be a string, got {shown(text)}")
    try:
        return a2b_base64(text, strict_mode=True)
    except (Error, ValueError):
        raise bad(f"{where} is not standard base64 without line breaks and prefix: {shown(text[:40])}") from None


def _pixels(rows: list[Any], where: str) -> np.ndarray:
    """Rows of grey values, or of [red, green, blue], as (1 or 3, h, w); a 400 for anything else."""
    width = len(rows[0]) if rows and type(rows[0]) is list else 0
    if not width or any(type(row) is not list or len(row) != width for row in rows):
        raise bad(f"{where} must be rows of pixels of one length, got {counted(len(rows), 'row')}")
    flat = [value for row in rows for value in row]
    colours = type(flat[0]) is list
    if colours:
        if any(type(pixel) is not list or len(pixel) != 3 for pixel in flat):
            raise bad(f"{where}: a pixel must be a number, or [red, green, blue]")
        flat = [value for pixel in flat for value in pixel]
    values = whole_numbers(flat, where).reshape(len(rows), width, -1)
    return np.ascontiguousarray(values.transpose(2, 0, 1))


def whole_numbers(flat: list[Any], where: str) -> np.ndarray:
    """Pixels (n,) as uint8; a 400 for anything but whole numbers from 0 to 255, which may be written as 7.0."""
    kinds = set(map(type, flat))
    try:
        if kinds <= {int}:
            return np.frombuffer(bytes(flat), dtype=np.uint8)
    except ValueError:
        pass
    if kinds <= {int, float}:
        values = np.array(flat, dtype=np.float64)
        if ((values >= 0) & (values <= 255) & (values == np.floor(values))).all():
            return values.astype(np.uint8)
    raise bad(f"{where}: a pixel is a whole number from 0 to 255, got {shown(next(filter(_no_pixel, flat)))}")


def _no_pixel(value: Any) -> bool:
    return type(value) not in (int, float) or not 0 <= value <= 255 or value != int(value)
