"""The models of a folder: found, read off the event loop, and swapped in whole.

A folder with a model.json is one model; otherwise each sub-folder with one, and with a plain name, is. A folder that
cannot be read never replaces a model that works, and a model whose folder is gone is served on.
"""

import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from serving.model_folder import BrokenModel, read_folder
from serving.server.kinds import Served, open_model
from serving.server.settings import PLAIN_NAME

Signature = tuple[tuple[str, int, int, int], ...]


@dataclass(frozen=True)
class Change:
    """A folder that was read: the model in it, or why it is refused."""

    name: str
    model: Served | None
    reason: str = ""


@dataclass
class _Known:
    """A folder as it was last read: its name, and why it was refused, if it was."""

    name: str
    signature: Signature = ()
    reason: str = ""
    told: bool = True


@dataclass
class Repository:
    """root: the folder; model_name: the name of its one model, or '' for the name it gives itself."""

    root: Path
    model_name: str
    missing: str
    _known: dict[Path, _Known] = field(default_factory=dict)

    def look(self, final: bool = False) -> list[Change]:
        """Read every folder that is new or changed; slow, for another thread than the event loop's.

        A folder that is refused is told of when it is still the same at the next look (or now, if this look is
        `final`): while it is being written it is no news.
        """
        changes = []
        for folder, name in self._folders():
            known = self._known.setdefault(folder, _Known(name))
            signature = _signature(folder)
            if signature != known.signature:
                known.signature = signature
                model = self._read(folder, known)
                if model is not None:
                    changes.append(Change(known.name, model))
                elif not final:
                    continue
            if not known.told:
                known.told = True
                changes.append(Change(known.name or folder.name, None, known.reason))
        return changes

    def _read(self, folder: Path, known: _Known) -> Served | None:
        try:
            read = read_folder(folder)
        except BrokenModel as problem:
            known.reason, known.told = str(problem), False
            return None
        known.name, known.told = known.name or read.name, True
        return open_model(read, known.name, self.missing)

    def _folders(self) -> list[tuple[Path, str]]:
        if (self.root / "model.json").exists() or self.root in self._known:
            return [(self.root, self.model_name)]
        found = [folder for folder in _sub_folders(self.root) if (folder / "model.json").exists()]
        if len(found) == 1 and self.model_name:
            return [(found[0], self.model_name)]
        return [(folder, folder.name) for folder in found]


def _sub_folders(root: Path) -> Iterable[Path]:
    try:
        return sorted(path for path in root.iterdir() if PLAIN_NAME.fullmatch(path.name) and path.is_dir())
    except OSError:
        return []


def _signature(folder: Path) -> Signature:
    try:
        with os.scandir(folder) as entries:
            stats = [(entry.name, entry.stat()) for entry in entries]
    except OSError:
        return ()
    return tuple(sorted((name, stat.st_mtime_ns, stat.st_size, stat.st_ino) for name, stat in stats))
