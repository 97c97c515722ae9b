"""Images that hold the same pixels, and near-copies: neither may stand on both sides of a split."""

import hashlib

import numpy as np

from rarefault.datasets.images.changes import Changes
from rarefault.datasets.wording import counted, shown
from rarefault.errors import InputError

_SIDE = 16
_ALIKE, _DETAIL_ALIKE = 0.95, 0.9  # correlation of thumbnails, and of the detail that they leave out
_BLOCK = 1024
_MANY = 20_000


def pixel_hashes(images: np.ndarray) -> np.ndarray:
    """A 64-bit fingerprint of each image (n, c, h, w) uint8, (n,) uint64, equal for equal pixels in every process."""
    found = [hashlib.blake2b(np.ascontiguousarray(image).data, digest_size=8).digest() for image in images]
    return np.frombuffer(b"".join(found), dtype="<u8").astype(np.uint64)


def without_copies(images: np.ndarray, labels: list[str], names: list[str], where: str, changes: Changes) -> np.ndarray:
    """Positions of the images without those that repeat the pixels of an earlier one.

    Raises InputError where two images of different classes hold the same pixels.
    """
    first: dict[int, int] = {}
    kept = []
    contradictions = []
    for at, pixels in enumerate(pixel_hashes(images).tolist()):
        earlier = first.setdefault(pixels, at)
        if earlier == at:
            kept.append(at)
        elif labels[earlier] != labels[at]:
            contradictions.append((earlier, at))
        else:
            changes.leave_out("the same pixels as another of its class", names[at])
    if contradictions:
        a, b = contradictions[0]
        more = f", and so do {counted(len(contradictions) - 1, 'more pair')}" if len(contradictions) > 1 else ""
        raise InputError(
            f"{where}: {shown(names[a])} of class {shown(labels[a])} and {shown(names[b])} of class {shown(labels[b])} "
            f"hold the same pixels{more}; accepted: an image in one class only"
        )
    return np.array(kept, dtype=np.int64)


def near_copy_groups(images: np.ndarray) -> np.ndarray:
    """(n,) group numbers of images (n, c, h, w): near-copies share one, and an image without any has its own.

    Two images are near-copies when their 16 x 16 grey thumbnails, plane of brightness removed, correlate by at least
    .95, and what 32 x 32 thumbnails show beyond those by at least .9, in one of the eight orientations of a square. So
    files that someone turned, mirrored, brightened or saved anew are found, and pictures of one kind of surface, or
    shifted by some pixels, are not. All pairs are compared; beyond 20,000 images only as they stand.
    """
    coarse, detail = _thumbnails(images)
    parent = np.arange(len(coarse))
    turns = _turns(_SIDE), _turns(2 * _SIDE)
    for turn, detail_turn in list(zip(*turns, strict=True))[: 1 if len(images) > _MANY else None]:
        turned = coarse[:, turn]
        for start in range(0, len(coarse), _BLOCK):
            rows, others = np.nonzero(turned[start : start + _BLOCK] @ coarse[: start + _BLOCK].T >= _ALIKE)
            rows = rows + start
            rows, others = rows[rows > others], others[rows > others]
            alike = np.einsum("ij,ij->i", detail[rows][:, detail_turn], detail[others]) >= _DETAIL_ALIKE
            for a, b in zip(rows[alike].tolist(), others[alike].tolist(), strict=True):
                _join(parent, a, b)
    roots = np.array([_root(parent, at) for at in range(len(parent))], dtype=np.int64)
    return np.unique(roots, return_inverse=True)[1].reshape(-1)


def _thumbnails(images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Coarse (n, 256) and detail (n, 1024) of images, each row of length 1."""
    n, _, h, w = images.shape
    rows, columns = (np.linspace(0, side, 2 * _SIDE + 1).astype(int)[:-1] for side in (h, w))
    sums = np.add.reduceat(images.sum(axis=1, dtype=np.int32), rows, axis=1)
    fine = np.add.reduceat(sums, columns, axis=2).astype(np.float32)  # (n, 32, 32)
    coarse = fine.reshape(n, _SIDE, 2, _SIDE, 2).mean(axis=(2, 4))
    detail = fine - coarse.repeat(2, axis=1).repeat(2, axis=2)
    line = np.linspace(-1, 1, _SIDE, dtype=np.float32)
    plane = np.stack([np.ones((_SIDE, _SIDE)), *np.meshgrid(line, line)]).reshape(3, -1).astype(np.float32)
    plane /= np.linalg.norm(plane, axis=1, keepdims=True)
    flat = coarse.reshape(n, _SIDE**2)
    return _unit(flat - flat @ plane.T @ plane), _unit(detail.reshape(n, 4 * _SIDE**2))


def _unit(rows: np.ndarray) -> np.ndarray:
    return np.asarray(rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-6))


def _turns(side: int) -> list[np.ndarray]:
    """The eight orientations of a flattened square, as positions."""
    square = np.arange(side * side).reshape(side, side)
    return [view.ravel() for k in range(4) for view in (np.rot90(square, k), np.rot90(square, k)[:, ::-1])]


def _root(parent: np.ndarray, at: int) -> int:
    while parent[at] != at:
        parent[at] = parent[parent[at]]
        at = int(parent[at])
    return at


def _join(parent: np.ndarray, a: int, b: int) -> None:
    a, b = _root(parent, a), _root(parent, b)
    parent[max(a, b)] = min(a, b)
