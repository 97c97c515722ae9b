"""What becomes of a user's folder: classes, groups, odd names, links, copies, and what is said of it."""

import os
import shutil

import numpy as np
import pytest
from PIL import Image
from surface_pixels import surface

from rarefault.datasets.images.image_set import ImageSet
from rarefault.datasets.images.reading import read_folder


def test_sub_folders_are_classes(folder, read):
    images = read(folder)
    assert images.images.shape == (18, 1, 32, 32) and images.images.dtype == np.uint8
    assert images.counts == {"good": 9, "pits": 9}
    assert images.facts.name == "line 3"
    assert images.facts.background == "good"
    assert "took class 'good' as the background, by its name" in images.facts.repairs
    assert images.sources[0] == "good/0.png"


def test_a_named_background_wins_over_the_usual_name(folder, read):
    assert read(folder, background="pits").facts.background == "pits"


def test_the_order_does_not_depend_on_the_file_system(folder, read, tmp_path):
    other = tmp_path / "copied" / "line 3"
    other.mkdir(parents=True)
    for file in sorted(folder.rglob("*.png"), reverse=True):
        target = other / file.relative_to(folder)
        target.parent.mkdir(exist_ok=True)
        shutil.copy(file, target)
    one, two = read(folder), read(other)
    np.testing.assert_array_equal(one.images, two.images)
    assert one.sources.tolist() == two.sources.tolist() and one.groups.tolist() == two.groups.tolist()


def test_folders_below_a_class_are_groups_of_one_name_in_all_classes(tmp_path, read):
    for code, label in enumerate(("good", "pits")):
        for k in range(10):
            place = tmp_path / label / f"strip {k % 3}" / ("deep" if k % 2 else "")
            place.mkdir(parents=True, exist_ok=True)
            Image.fromarray(surface(50 * code + k)).save(place / f"{k}.png")
    images = read(tmp_path)
    assert set(images.groups) == {"strip 0", "strip 1", "strip 2"}
    assert images.facts.grouped_by == "folder"
    assert {images.labels[at] for at in np.flatnonzero(images.groups == "strip 1")} == {"good", "pits"}


def test_images_beside_group_folders_are_groups_of_their_own(folder, read):
    (folder / "pits" / "strip").mkdir()
    for k in range(3):
        (folder / "pits" / f"{k}.png").rename(folder / "pits" / "strip" / f"{k}.png")
    images = read(folder)
    assert (images.groups == "strip").sum() == 3
    assert len(set(images.groups)) == 16


def test_an_index_names_classes_and_groups(indexed, read):
    rows = [(f"pictures/{k}.png", "a" if k < 8 else "b", f"g{k % 4}") for k in range(16)]
    root = indexed(rows)
    for k in range(17):
        Image.fromarray(surface(k)).save(root / "pictures" / f"{k}.png")
    images = read(root)
    assert images.counts == {"a": 8, "b": 8}
    assert images.groups.tolist() == [f"g{k % 4}" for k in range(16)]
    assert images.facts.grouped_by == "group"
    assert "left out 1 file (not named in index.csv): 'pictures/16.png'" in images.facts.repairs


def test_an_index_may_use_semicolons_back_slashes_another_column_and_a_byte_order_mark(indexed, read):
    root = indexed([])
    lines = ["file;label;station", *(f"pictures\\{k}.png; {'a' if k < 8 else 'b'} ;s{k % 2}" for k in range(16))]
    (root / "index.csv").write_text("\r\n".join(lines), encoding="utf-8-sig")
    for k in range(16):
        Image.fromarray(surface(k)).save(root / "pictures" / f"{k}.png")
    images = read(root, group_column="station")
    assert images.counts == {"a": 8, "b": 8}
    assert set(images.groups) == {"s0", "s1"} and images.facts.grouped_by == "station"


def test_rows_of_an_index_that_cannot_be_used_are_told(indexed, read, tmp_path):
    Image.fromarray(surface(99)).save(tmp_path / "outside.png")
    rows = [(f"pictures/{k}.png", "a" if k < 8 else "b") for k in range(16)]
    odd = [
        ("pictures/none.png", "a"),
        ("../outside.png", "a"),
        (str(tmp_path / "outside.png"), "b"),
        ("pictures/1.png", ""),
        ("", "a"),
        ("pictures/2.png", "a"),
        ("a\0b", "a"),
    ]
    root = indexed([*rows, *odd], header=("file", "label"))
    for k in range(16):
        Image.fromarray(surface(k)).save(root / "pictures" / f"{k}.png")
    images = read(root)
    told = " | ".join(images.facts.repairs)
    assert images.counts == {"a": 8, "b": 8}
    assert "left out 1 file (named in index.csv but not there): 'pictures/none.png'" in told
    assert "left out 3 files (outside the folder): '../outside.png'" in told
    assert "left out 2 files (without a file name or a label in index.csv)" in told
    assert "left out 1 file (named twice in index.csv): 'pictures/2.png'" in told


def test_what_write_wrote_is_read_as_a_folder_too(folder, read, tmp_path):
    images = read(folder)
    images.write(tmp_path / "written")
    again = read_folder(tmp_path / "written", size=32, channels=1)
    np.testing.assert_array_equal(again.images, images.images)
    assert again.labels.tolist() == images.labels.tolist()
    assert ImageSet.read(tmp_path / "written").facts == images.facts


@pytest.mark.parametrize("content", ["", "{}", '{"facts": 3}', '{"facts": {"classes": []}}', "[1]"])
def test_somebody_elses_images_json_is_no_matter(content, folder, read):
    (folder / "images.json").write_text(content)
    assert read(folder).facts.notes == "A folder of images."


def test_files_that_are_no_images_are_left_out_and_named(folder, read):
    (folder / "notes.txt").write_text("hello")
    (folder / "pits" / "a.txt").write_text("hello")
    (folder / "pits" / "b.png").write_text("hello")
    (folder / "pits" / "empty.png").write_bytes(b"")
    (folder / "pits" / ".hidden.png").write_bytes(b"")
    (folder / "pits" / "Thumbs.db").write_bytes(b"x")
    images = read(folder)
    told = images.facts.repairs
    assert images.counts == {"good": 9, "pits": 9}
    assert "left out 1 file (beside the class folders): 'notes.txt'" in told
    assert "left out 2 files (no picture): 'pits/a.txt', 'pits/b.png'" in told
    assert "left out 1 file (empty): 'pits/empty.png'" in told
    assert "left out 1 file (hidden): 'pits/.hidden.png'" in told
    assert not any("Thumbs" in sentence for sentence in told)


def test_many_files_left_out_make_one_sentence(folder, read):
    for k in range(500):
        (folder / "pits" / f"{k}.txt").write_text("x")
    told = [sentence for sentence in read(folder).facts.repairs if "no picture" in sentence]
    assert len(told) == 1 and told[0].startswith("left out 500 files") and told[0].endswith("and 480 more")
    assert len(told[0]) < 600


def test_links_that_lead_out_and_linked_folders_are_left_out(folder, read, tmp_path):
    Image.fromarray(surface(7)).save(tmp_path / "elsewhere.png")
    (folder / "pits" / "out.png").symlink_to(tmp_path / "elsewhere.png")
    (folder / "pits" / "loop").symlink_to(folder)
    (folder / "pits" / "circle.png").symlink_to("circle.png")
    (folder / "pits" / "gone.png").symlink_to("nothing.png")
    (folder / "linked").symlink_to(tmp_path, target_is_directory=True)
    os.mkfifo(folder / "pits" / "pipe.png")
    images = read(folder)
    told = " | ".join(images.facts.repairs)
    assert images.counts == {"good": 9, "pits": 9}
    assert "'pits/out.png'" in told and "'pits/loop'" in told and "'linked'" in told
    assert "'pits/pipe.png'" in told and "'pits/circle.png'" in told and "'pits/gone.png'" in told


def test_a_link_within_the_folder_is_the_file_again(folder, read):
    (folder / "pits" / "again.png").symlink_to("0.png")
    images = read(folder)
    assert images.counts["pits"] == 9
    assert "left out 1 file (the same pixels as another of its class): 'pits/again.png'" in images.facts.repairs


@pytest.mark.parametrize(
    "name", ["ä ö.png", "a,b;c.png", "new\nline.png", "{}.png", "%s.png", "'quoted\".png", "🔩.PNG"]
)
def test_odd_file_names(name, folder, read, tmp_path):
    (folder / "pits" / "0.png").rename(folder / "pits" / name)
    images = read(folder)
    assert images.counts["pits"] == 9
    assert all("\n" not in source for source in images.sources)
    images.write(tmp_path / "written")
    assert ImageSet.read(tmp_path / "written").sources.tolist() == images.sources.tolist()


def test_names_that_are_not_utf8(folder, read, tmp_path):
    os.rename(os.fsencode(folder / "pits" / "0.png"), os.fsencode(folder / "pits") + b"/\xff\xfe.png")
    os.rename(os.fsencode(folder / "pits"), os.fsencode(folder) + b"/pit\xe9s")
    images = read(folder)
    assert images.facts.classes == ("good", "pit\\xe9s")
    images.write(tmp_path / "written")
    assert ImageSet.read(tmp_path / "written").labels.tolist() == images.labels.tolist()


def test_the_same_pixels_within_a_class_are_kept_once(folder, read):
    Image.open(folder / "pits" / "3.png").save(folder / "pits" / "copy.bmp")
    images = read(folder)
    assert images.counts["pits"] == 9
    assert "left out 1 file (the same pixels as another of its class): 'pits/copy.bmp'" in images.facts.repairs


def test_traits_of_the_files_that_tell_the_class_are_warned_of(folder, read):
    assert read(folder).facts.warnings == ()
    for k in range(9):
        Image.open(folder / "pits" / f"{k}.png").resize((64, 64)).save(folder / "pits" / f"{k}.jpg")
        (folder / "pits" / f"{k}.png").unlink()
    warned = " | ".join(read(folder).facts.warnings)
    assert "the file format alone tells the class of 100% of the images" in warned
    assert "the picture size alone tells" in warned


def test_progress_is_told(folder, read):
    told = []
    read(folder, progress=lambda done, total: told.append((done, total)))
    assert told[-1] == (18, 18) and len(told) == 18
