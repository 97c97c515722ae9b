"""A factory's export, and bytes packed in each way that is read."""

import bz2
import gzip
import io
import lzma
import zipfile

import pyarrow as pa

GERMAN = "Kraft [N];Moment [Nm];Prüfung\r\n1.234,5;2,5;i.O.\r\n999,25;;n.i.O.\r\n"


def zipped(*members):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return packed.getvalue()


def zstd(content):
    sink = pa.BufferOutputStream()
    with pa.CompressedOutputStream(sink, "zstd") as stream:
        stream.write(content)
    return sink.getvalue().to_pybytes()


PACKERS = {
    "gz": gzip.compress,
    "bz2": bz2.compress,
    "xz": lzma.compress,
    "zip": lambda content: zipped(("../../etc/x.csv", content)),
    "zst": zstd,
}
