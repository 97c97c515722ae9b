"""Named arrays of one safetensors file, checked as they are taken."""

import numpy as np

from serving.errors import BrokenModel


class Arrays:
    """The arrays in a file's content; raises BrokenModel if it cannot be read."""

    def __init__(self, content: bytes) -> None:
        from safetensors import SafetensorError
        from safetensors.numpy import load

        try:
            self._known = load(content)
        except (SafetensorError, ValueError, KeyError, TypeError) as problem:
            raise BrokenModel(f"the weights cannot be read: {' '.join(str(problem).split())[:200]}") from problem

    def take(self, name: str, shape: tuple[int | None, ...], dtype: type = np.float32) -> np.ndarray:
        """The finite array of this shape (None: any length above 0) and type; raises BrokenModel."""
        values = self._known.get(name)
        if values is None:
            raise BrokenModel(f"the weights lack {name!r}; they hold {sorted(self._known)[:12]}")
        fits = values.ndim == len(shape) and all(
            own == wanted or (wanted is None and own) for own, wanted in zip(values.shape, shape, strict=True)
        )
        if not fits or values.dtype != dtype or not np.isfinite(values).all():
            accepted = f"finite {np.dtype(dtype)} {shape}".replace("None", "any")
            raise BrokenModel(f"the weights {name!r} must be {accepted}, got {values.dtype} {values.shape}")
        return values

    def above_zero(self, name: str, shape: tuple[int | None, ...], dtype: type = np.float32) -> np.ndarray:
        """The same, of numbers above 0."""
        values = self.take(name, shape, dtype)
        if not (values > 0).all():
            raise BrokenModel(f"the weights {name!r} must be above 0")
        return values
