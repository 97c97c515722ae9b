"""The sets of images in the catalogue: origin, licence, checksum, leaks and advice for each."""

import csv
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rarefault.datasets.images.listing import Listed, Listing, list_class_folders
from rarefault.datasets.simulators import IMAGE_SIMULATORS
from rarefault.datasets.sources.image_entry import ImageEntry
from rarefault.errors import InputError

_NEU_CLASSES = ("crazing", "inclusion", "patches", "pitted_surface", "rolled-in_scale", "scratches")
_NEU_BLOCK = 10  # neighbouring numbers look alike up to a distance of about 10
_NEU_NAME = re.compile(r"(?P<kind>.+?)_(?P<number>\d+)(_\d+)?\.\w+")
_NEU_ORIGIN = "http://faculty.neu.edu.cn/songkechen/zh_CN/zdylm/263270/list/"
_NEU_LICENCE = "none stated; published for research, cite"
_NEU_CITATION = (
    "Song, K. and Yan, Y. (2013). A noise robust method based on completed local binary patterns for hot-rolled steel "
    "strip surface defects. Applied Surface Science 285, 858-864. He, Y. et al. (2020). An end-to-end steel surface "
    "defect detection approach via fusing multiple hierarchical features. IEEE TIM 69(4), 1493-1504."
)


@dataclass(frozen=True)
class BallscrewSettings:
    """second_screw: also the pitting patches of a second type of screw, of which there are no healthy patches."""

    second_screw: bool = False


def list_ballscrew(folder: Path, settings: BallscrewSettings) -> Listing:
    """The patches of patches_index.csv, grouped by position; step -1 marks the second type of screw."""
    listing = Listing([])
    with (folder / "patches_index.csv").open(newline="", encoding="utf-8") as index:
        for row in csv.DictReader(index):
            label = "pitting" if row["pitting"] == "1" else "no_defect"
            group = re.sub(r"_crop_\d+$", "", row["position"])
            if row["step"] == "-1" and not settings.second_screw:
                reason = "pitting on a second type of screw without healthy patches, whose look would tell the class"
                listing.changes.leave_out(reason, row["file"])
            else:
                listing.files.append(Listed(folder / row["file"], row["file"], label, group))
    return listing


def list_neu(folder: Path, settings: Any) -> Listing:
    """CLASS/KIND_NUMBER[_PATCH].EXT, grouped by kind and block of ten numbers of the source image."""
    del settings  # it is read in one way only
    found = list_class_folders(folder)
    files = []
    for file in found.files:
        match = _NEU_NAME.fullmatch(file.path.name)
        if match is None:
            raise InputError(f"{file.name!r} has no number in its name; accepted: the files of the data set")
        block = (int(match["number"]) - 1) // _NEU_BLOCK * _NEU_BLOCK
        group = f"{match['kind']} {block + 1}-{block + _NEU_BLOCK}"
        files.append(Listed(file.path, file.name, file.label, group))
    return Listing(files)


BALLSCREW = ImageEntry(
    name="ballscrew",
    title="Ball screw drive surface with pitting: patches of BSData",
    kind="real",
    origin="https://github.com/2Obe/BSData",
    doi="10.5445/IR/1000129520",
    licence="CC BY-SA 4.0",
    citation="Schlagenhauf, T., Landwehr, M. and Fleischer, J. (2021). Industrial Machine Tool Element Surface Defect "
    "Dataset. Karlsruhe Institute of Technology.",
    folder="ballscrew",
    classes={"no_defect": 760, "pitting": 260},
    background="no_defect",
    grouped_by="position",
    notes="Real camera images of one ball screw drive (KIT) from new to failure: 128 x 128 patches around marked "
    "pittings, and healthy patches from at least three steps before the first pitting at the same position. Soiling "
    "grows with time, the healthy patches are all earlier than the pittings, and the camera's crop changes at step "
    "57: a model can learn time instead of damage. Healthy patches may hold stains, thread edges or background.",
    split="by position, never at random",
    parts=("patches_index.csv", "patches"),
    sha256="08a5160e1f643227b9494250fead52432b24f7088e54356570d7af4973949249",
    list_files=list_ballscrew,
    settings=BallscrewSettings,
    manual="the patches were cut from the images and polygons at the origin: lay patches_index.csv and the folder "
    "patches",
)

NEU_DET = ImageEntry(
    name="neu-det",
    title="NEU surface defects of hot-rolled steel: six classes, images 1-150 of each",
    kind="real",
    origin=_NEU_ORIGIN,
    doi="10.1016/j.apsusc.2013.09.002",
    licence=_NEU_LICENCE,
    citation=_NEU_CITATION,
    folder="neu_det",
    classes={**dict.fromkeys(_NEU_CLASSES, 150), "patches": 149},  # one image is there twice
    background="",
    grouped_by="block of ten image numbers",
    notes="Real images (200 x 200, grey) of hot-rolled steel strips with one of six defects; no image is without a "
    "defect. Neighbouring numbers come from the same strips and look alike up to a distance of about ten.",
    split="by blocks of ten consecutive numbers, never at random",
    parts=_NEU_CLASSES,
    sha256="501a2908253768d82378298f8aa7d996e8938158472602764673d176a4ef2c2e",
    list_files=list_neu,
    manual="lay the six class folders with images 1-150 of each",
)

NEU_PATCHES = ImageEntry(
    name="neu-patches64",
    title="NEU surface defects as 64 x 64 patches, with defect-free steel as background",
    kind="real",
    origin=_NEU_ORIGIN,
    doi="10.1016/j.apsusc.2013.09.002",
    licence=_NEU_LICENCE,
    citation=_NEU_CITATION,
    folder="neu_patches64",
    classes={
        "background": 780, "crazing": 277, "inclusion": 275, "patches": 265, "pitted_surface": 202,
        "rolled-in_scale": 264, "scratches": 231,
    },
    background="background",
    grouped_by="block of ten image numbers",
    notes="64 x 64 patches of NEU-DET: up to two per image on a marked defect, up to two that touch no mark "
    "(background). The marks miss some faint defects, so some background patches are not clean; none come from images "
    "of crazing, rolled-in scale, whose defects cover the whole image. Two patches of one image overlap at times.",
    split="by source image and its neighbours in number, never at random",
    parts=("background", *_NEU_CLASSES),
    sha256="2f9f5c2d469d17e8d5807b2b28958464cfcb3dbac7b31525564428814754e26a",
    list_files=list_neu,
    manual="lay the class folders background, crazing, inclusion, patches, pitted_surface, rolled-in_scale and "
    "scratches",
)  # fmt: skip


def _simulated(name: str) -> ImageEntry:
    simulator = IMAGE_SIMULATORS[name]
    return ImageEntry(
        name=name,
        title=simulator.title,
        kind="simulated",
        origin=simulator.simulate.__module__,
        licence="Apache-2.0",
        citation="Simulated by Rarefault.",
        folder=name,
        classes=simulator.classes,
        background=simulator.background,
        grouped_by=simulator.grouped_by,
        notes=simulator.notes,
        split=f"by {simulator.grouped_by}",
        settings=simulator.settings,
        simulator=simulator,
    )


IMAGE_ENTRIES: tuple[ImageEntry, ...] = (*map(_simulated, IMAGE_SIMULATORS), BALLSCREW, NEU_DET, NEU_PATCHES)
