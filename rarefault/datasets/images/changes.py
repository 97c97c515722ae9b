"""What reading a set of files changed and left out: nothing silently, and 600 files do not make 600 sentences."""

from dataclasses import dataclass, field

from rarefault.datasets.wording import counted, listed

_NAMED = 20


@dataclass
class Changes:
    """Collects what was left out (reason -> files), changed (a sentence with {} -> how many) and told besides.

    noun: what one file gives.
    """

    left_out: dict[str, list[str]] = field(default_factory=dict)
    changed: dict[str, int] = field(default_factory=dict)
    told: list[str] = field(default_factory=list)
    noun: str = "image"

    def leave_out(self, reason: str, name: str) -> None:
        """Note that a file was left out; the reason reads on from "left out 3 files"."""
        self.left_out.setdefault(reason, []).append(name)

    def change(self, change: str, images: int = 1) -> None:
        """Note a change of some of them; {} stands for how many."""
        self.changed[change] = self.changed.get(change, 0) + images

    def tell(self, sentence: str) -> None:
        """Note anything else that was done."""
        self.told.append(sentence)

    def sentences(self) -> tuple[str, ...]:
        """Every change, one sentence each, the first files of each named."""
        out = [
            f"left out {counted(len(names), 'file')} ({reason}): {listed(names, most=_NAMED)}"
            for reason, names in self.left_out.items()
        ]
        return (*out, *(change.format(counted(n, self.noun)) for change, n in self.changed.items()), *self.told)

    def why_empty(self) -> str:
        """The reasons, with counts, for the case that no image is left."""
        return "; ".join(f"{counted(len(names), 'file')} {reason}" for reason, names in self.left_out.items())
