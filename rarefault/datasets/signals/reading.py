"""Read one file as a snapshot: CSV and other text, NumPy arrays, WAV."""

import os
import struct
import tokenize
import warnings
import zipfile
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from rarefault.datasets.signals.recording import Recording, UnusableError
from rarefault.datasets.signals.text_file import read_text

MAX_FILE = 256 << 20
"""A snapshot's file with more bytes, packed or unpacked, is not read."""
RATES = ("rate", "fs", "sampling_rate", "sample_rate")
SNAPSHOTS = "snapshots"
"""The array that makes an .npz file one of a whole machine."""
BROKEN = (
    OSError, EOFError, ValueError, TypeError, LookupError, ArithmeticError, struct.error, zlib.error,
    zipfile.BadZipFile, MemoryError, SyntaxError, NotImplementedError, tokenize.TokenError,
)  # fmt: skip
"""What reading a damaged file raises."""


def read_snapshot(path: Path) -> Recording:
    """The snapshot in a file, by the ending of its name (see READERS).

    Raises UnusableError for a file that is empty, damaged, truncated, too large or no snapshot.
    """
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        raise UnusableError(f"no format of snapshots; accepted: {', '.join(READERS)}")
    try:
        size = os.stat(path).st_size
        if not size:
            raise UnusableError("empty")
        if size > MAX_FILE:
            raise UnusableError(f"larger than {MAX_FILE >> 20} MB")
        return reader(path)
    except UnusableError:
        raise
    except FileNotFoundError as problem:
        raise UnusableError("no longer there") from problem
    except PermissionError as problem:
        raise UnusableError("may not be read") from problem
    except BROKEN as problem:
        raise UnusableError("damaged or truncated") from problem


def load_arrays(path: Path) -> dict[str, np.ndarray]:
    """All arrays of an .npz file; raises UnusableError where they are larger than a snapshot may be."""
    with zipfile.ZipFile(path) as archive:
        if sum(member.file_size for member in archive.infolist()) > MAX_FILE:
            raise UnusableError(f"larger than {MAX_FILE >> 20} MB")
    with np.load(path, allow_pickle=False) as arrays:
        return {name: arrays[name] for name in arrays.files}


def stated_rate(arrays: Mapping[str, np.ndarray]) -> float:
    """The rate that the arrays of a file state, or 0."""
    return next((float(arrays[name].reshape(-1)[0]) for name in RATES if name in arrays and arrays[name].size), 0.0)


def stated_channels(arrays: Mapping[str, np.ndarray]) -> tuple[str, ...]:
    """The names of the channels that the arrays of a file state, or none."""
    return tuple(map(str, arrays["channels"].reshape(-1))) if "channels" in arrays else ()


def _text(path: Path) -> Recording:
    return read_text(path.read_bytes())


def _npy(path: Path) -> Recording:
    return Recording.of(np.load(path, mmap_mode="r", allow_pickle=False))  # mapped: a false header claims no memory


def _npz(path: Path) -> Recording:
    arrays = load_arrays(path)
    if SNAPSHOTS in arrays:
        raise UnusableError(
            f"holds many snapshots ({SNAPSHOTS}); accepted: such files beside each other, one a machine"
        )
    signals = [name for name, array in arrays.items() if array.ndim in (1, 2) and array.dtype.kind in "iuf"]
    long = [name for name in signals if arrays[name].size > 1 and name not in ("channels", *RATES)]
    if len(long) != 1:
        raise UnusableError(f"{len(long)} arrays of samples in one .npz; accepted: one, and rate")
    return Recording.of(arrays[long[0]], stated_rate(arrays), stated_channels(arrays))


def _wav(path: Path) -> Recording:
    from scipy.io import wavfile  # here, so that reading CSV does not pay for it

    with warnings.catch_warnings():
        warnings.simplefilter("error")  # scipy only warns of a file that ends before its data do
        warnings.filterwarnings("ignore", message="Chunk .non-data. not understood")
        try:
            rate, values = wavfile.read(path)
        except (wavfile.WavFileWarning, NameError, *BROKEN) as problem:  # NameError: scipy, of a file without data
            raise UnusableError("damaged or truncated") from problem
    read_as = () if values.dtype.kind == "f" else ("read the samples of {} as shares of full scale",)
    if values.dtype.kind == "u":
        values = (values.astype(np.float32) - 128) / 128
    elif values.dtype.kind == "i":
        values = values / np.float32(2.0 ** (8 * values.dtype.itemsize - 1))
    return Recording.of(values, float(rate), (), read_as)


READERS: dict[str, Callable[[Path], Recording]] = {
    ".csv": _text, ".txt": _text, ".tsv": _text, ".npy": _npy, ".npz": _npz, ".wav": _wav,
}  # fmt: skip


def is_machine_file(path: Path) -> bool:
    """Whether an .npz file holds the snapshots of a whole machine."""
    if path.suffix.lower() != ".npz":
        return False
    try:
        with zipfile.ZipFile(path) as archive:
            return f"{SNAPSHOTS}.npy" in archive.namelist()
    except BROKEN:
        return False
