"""One pass over the bytes of a text file: its encoding, and what no table of measurements holds."""

import codecs
import re
from dataclasses import dataclass, field

from rarefault.datasets.files.unpacking import Source, refuse_bomb

MAX_LINE = 1 << 20
_CHUNK = 1 << 20
_HEAD = 4 * MAX_LINE
_BOMS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CONTROL = bytes(set(range(32)) - set(b"\t\n\r\f\x1a")) + b"\x7f"
_OTHER_TEXTS = {
    rb"\s*<": "an HTML or XML page",
    rb"\s*(?:\{\s*[\"}]|\[\s*[\[{\"0-9-])": "JSON",
    rb"(?is)\s*(?:%[^\n]*\n\s*)*@relation\b.*@attribute\b": "an ARFF file",
    rb"[0-9.+-]+(?: +[0-9]+:[0-9.eE+-]+)+\s*(?:\n|$)": "a sparse LIBSVM file",
}
_NOT_CP1252 = re.compile(rb"[\x81\x8d\x8f\x90\x9d]")


@dataclass
class Scan:
    """What the pass found: the encoding, the text at the start (whole lines, up to 4 MiB), how it was found."""

    encoding: str
    head: str
    notes: list[str] = field(default_factory=list)


def scan(source: Source, max_bytes: int) -> Scan:
    """Read a text file once, in constant memory.

    Raises InputError for binary data, NUL bytes, a line over 1 MiB, bytes that break the declared encoding, damaged
    compression and more than max_bytes unpacked bytes.
    """
    with source.opened() as stream:
        head = stream.read(_HEAD)
        if not head:
            raise source.refused("unpacks to nothing")
        declared = _declared_encoding(head)
        if not declared.startswith(("utf-16", "utf-32")):
            _refuse_binary(source, head)
        lines = _LineCheck(source)
        text = _TextCheck(source, declared)
        size, chunk = 0, head
        while chunk:
            size += len(chunk)
            refuse_bomb(source, size, max_bytes)
            for start in range(0, len(chunk), _CHUNK):
                lines.see(text.see(chunk[start : start + _CHUNK], lines.number))
            chunk = stream.read(_CHUNK)
        text.end(lines.number)
    encoding, notes = text.verdict()
    return Scan(encoding, _whole_lines(head, encoding, size == len(head)), notes)


def _declared_encoding(head: bytes) -> str:
    """By byte-order mark, or by the zeros of UTF-16 without one; '' when the bytes do not say."""
    for mark, encoding in _BOMS:
        if head.startswith(mark):
            return encoding
    pairs = head[: 4096 // 2 * 2]
    half = max(len(pairs) // 2, 1)
    if pairs[1::2].count(0) > 0.7 * half and pairs[::2].count(0) < 0.1 * half:
        return "utf-16-le"
    if pairs[::2].count(0) > 0.7 * half and pairs[1::2].count(0) < 0.1 * half:
        return "utf-16-be"
    return ""


def _refuse_binary(source: Source, head: bytes) -> None:
    start = head[: 1 << 16]
    for pattern, what in _OTHER_TEXTS.items():
        if re.match(pattern, start):
            raise source.refused(f"looks like {what}")
    if start[257:262] == b"ustar":
        raise source.refused("is a tar archive")
    controls = len(start) - len(start.translate(None, _CONTROL))
    if controls > 0.01 * len(start):
        raise source.refused("holds binary data, not text")


def _whole_lines(head: bytes, encoding: str, all_of_it: bool) -> str:
    text = codecs.getincrementaldecoder(encoding)().decode(head, all_of_it)
    return text if all_of_it else text[: max(text.rfind("\n"), text.rfind("\r")) + 1]


class _LineCheck:
    """Counts lines in the bytes it sees; refuses NUL bytes and lines that are too long."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.number = 1
        self.open = 0

    def see(self, chunk: bytes) -> None:
        nul = chunk.find(0)
        if nul >= 0:
            raise self.source.refused(f"line {self.number + _breaks(chunk[:nul])} holds a NUL byte", "plain text")
        first = min((at for at in (chunk.find(b"\n"), chunk.find(b"\r")) if at >= 0), default=len(chunk))
        if self.open + first > MAX_LINE:
            raise self.source.refused(f"line {self.number} is longer than {MAX_LINE:,} bytes", "shorter lines")
        last = max(chunk.rfind(b"\n"), chunk.rfind(b"\r"))
        self.open = self.open + len(chunk) if last < 0 else len(chunk) - last - 1
        self.number += _breaks(chunk)


def _breaks(chunk: bytes) -> int:
    return max(chunk.count(b"\n"), chunk.count(b"\r"))


class _TextCheck:
    """Decodes the bytes it sees to tell UTF-8 from cp1252, and to check what a byte-order mark declares."""

    def __init__(self, source: Source, declared: str) -> None:
        self.source = source
        self.declared = declared
        self.decoder = codecs.getincrementaldecoder(declared or "utf-8")()
        self.first_bad_line = 0
        self.ascii = True
        self.cp1252 = True

    def see(self, chunk: bytes, line: int) -> bytes:
        """The same text in an encoding where line breaks are single bytes."""
        if not chunk.isascii():
            self.ascii = False
            self.cp1252 = self.cp1252 and not _NOT_CP1252.search(chunk)
        if self.first_bad_line:
            return chunk
        text = self._decode(chunk, line, final=False)
        return text.encode("utf-8") if self.declared.startswith(("utf-16", "utf-32")) else chunk

    def end(self, line: int) -> None:
        """Check that the text does not stop inside a character."""
        if not self.first_bad_line:
            self._decode(b"", line, final=True)

    def _decode(self, chunk: bytes, line: int, final: bool) -> str:
        try:
            return self.decoder.decode(chunk, final)
        except UnicodeDecodeError as problem:
            self.first_bad_line = line + _breaks(bytes(problem.object[: problem.start]))
            if self.declared:
                cause = f"line {self.first_bad_line} is not valid {self.declared.removesuffix('-sig').upper()}"
                raise self.source.refused(cause, "the encoding that its first bytes declare") from problem
            return ""

    def verdict(self) -> tuple[str, list[str]]:
        """The encoding for the whole file, and why it was chosen when that is not plain."""
        if self.declared or not self.first_bad_line:
            return (self.declared or "utf-8"), []
        encoding = "cp1252" if self.cp1252 else "latin-1"
        return encoding, [f"read as {encoding} because line {self.first_bad_line} is not valid UTF-8"]
