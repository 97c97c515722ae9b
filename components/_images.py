"""The container images the components run in (locally they run in this interpreter)."""

import os

from rarefault import __version__

TRAIN = os.environ.get("RAREFAULT_TRAIN_IMAGE", f"localhost:32000/rarefault/train:{__version__}")
