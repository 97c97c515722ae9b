import io
import shutil
import urllib.error
import zipfile

import numpy as np
import pandas as pd
import pytest

from rarefault.datasets.catalogue import CATALOGUE, IMAGE_CATALOGUE, SIGNAL_CATALOGUE, describe, find, get
from rarefault.datasets.sources import download
from rarefault.datasets.sources.cache import cache_folder
from rarefault.datasets.sources.entry import content_digest
from rarefault.errors import InputError

REAL = [name for name, entry in CATALOGUE.items() if entry.simulator is None]


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "rarefault" / "data"


@pytest.fixture
def no_data(monkeypatch):
    monkeypatch.delenv("RAREFAULT_DATA", raising=False)


@pytest.fixture
def in_real_data(real_data, monkeypatch):
    monkeypatch.setenv("RAREFAULT_DATA", str(real_data))
    return real_data


class Answer(io.BytesIO):
    """What urlopen returns."""

    def __init__(self, content: bytes, url: str) -> None:
        super().__init__(content)
        self.url = url


def serve(monkeypatch, content, redirected_to=None):
    asked = []

    def answer(request, timeout):
        asked.append((request.full_url, timeout))
        if isinstance(content, Exception):
            raise content
        return Answer(content, redirected_to or request.full_url)

    monkeypatch.setattr(download, "urlopen", answer)
    return asked


def zipped(**files: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name.replace("__", "/").replace("_dot_", "."), content)
    return packed.getvalue()


def refusal(call, *args) -> str:
    with pytest.raises(InputError) as caught:
        call(*args)
    message = str(caught.value)
    assert "\n" not in message
    return message


@pytest.mark.parametrize("name", sorted(CATALOGUE))
def test_every_entry_says_what_a_user_must_know(name):
    entry = CATALOGUE[name]
    assert entry.name == name
    for text in (entry.title, entry.licence, entry.citation, entry.notes, entry.split, entry.label, entry.positive):
        assert text.strip()
    assert 0 < entry.faults < entry.rows
    assert entry.simulator or (entry.origin.startswith("https://") and entry.doi and entry.forms)
    for form in entry.forms:
        assert len(form.sha256 or form.content) == 64
        assert not form.url or form.url.startswith("https://")
    if not entry.simulator and not any(form.url for form in entry.forms):
        assert entry.manual


def test_what_is_not_measured_says_so():
    assert CATALOGUE["ai4i2020"].kind == "synthetic" and "SYNTHETIC" in CATALOGUE["ai4i2020"].notes
    assert CATALOGUE["gearbox-line"].kind == "simulated" and "Simulated" in CATALOGUE["gearbox-line"].notes


def test_each_fault_of_the_steel_plates_has_a_name():
    faults = [name for name in CATALOGUE if name.startswith("steel-plates:")]
    assert len(faults) == 7
    assert sum(CATALOGUE[name].faults for name in faults) == 1_941
    assert CATALOGUE["steel-plates"].label == CATALOGUE["steel-plates:Z_Scratch"].label


@pytest.mark.parametrize("name", REAL)
def test_real_sets_load_as_their_entry_says(name, in_real_data):
    located = find(name)
    loaded = located.entry.load(located.path)
    assert len(loaded.frame) == located.entry.rows
    assert (loaded.frame[loaded.label].astype(str) == loaded.positive).sum() == located.entry.faults
    assert not set(located.entry.dropped) & set(loaded.frame)
    assert set(loaded.units) <= set(loaded.frame)
    said = " ".join(loaded.repairs)
    assert all(column in said for column in located.entry.dropped)


def test_no_other_fault_is_left_among_the_inputs(in_real_data):
    located = find("steel-plates:Dirtiness")
    frame = located.entry.load(located.path).frame
    assert [name for name in frame if "Fault" in name] == ["Dirtiness_Fault"]
    assert frame.shape == (1_941, 28)


def test_secom_gives_its_times(in_real_data):
    located = find("secom")
    loaded = located.entry.load(located.path)
    assert loaded.time_column == "timestamp"
    assert loaded.frame["timestamp"].is_monotonic_increasing
    assert loaded.frame["timestamp"].iloc[0] == pd.Timestamp("2008-07-19 11:55")


def test_ai4i_has_no_byte_order_mark_and_has_units(in_real_data):
    located = find("ai4i2020")
    loaded = located.entry.load(located.path)
    assert next(iter(loaded.frame)) == "Type"
    assert loaded.units["Torque [Nm]"] == "Nm"
    assert set(loaded.frame["Type"]) == {"L", "M", "H"}


@pytest.mark.parametrize("name", REAL)
def test_the_file_may_lie_directly_in_the_data_folder(name, real_data, tmp_path, monkeypatch):
    form = CATALOGUE[name].forms[0]
    shutil.copy(real_data / CATALOGUE[name].folder / form.files[0], tmp_path)
    monkeypatch.setenv("RAREFAULT_DATA", str(tmp_path))
    assert find(name).path == tmp_path / form.files[0]


def test_the_originals_of_uci_are_accepted_too(real_data, tmp_path, monkeypatch):
    monkeypatch.setenv("RAREFAULT_DATA", str(tmp_path))
    plates = pd.read_csv(real_data / "steel_plates" / "steel_plates_faults.csv")
    original = plates.to_csv(sep="\t", header=False, index=False, lineterminator="\r\n")
    (tmp_path / "Faults.NNA").write_bytes(original.encode())
    located = find("steel-plates:Bumps")
    assert located.path == tmp_path / "Faults.NNA"
    assert located.entry.load(located.path).frame["Bumps_Fault"].sum() == 402

    wafers = pd.read_csv(real_data / "secom" / "secom_382.csv").reindex(columns=[f"s{k:03d}" for k in range(590)])
    wafers.to_csv(tmp_path / "secom.data", sep=" ", header=False, index=False, na_rep="NaN")
    shutil.copy(real_data / "secom" / "secom_labels.data", tmp_path)
    located = find("secom")
    frame = located.entry.load(located.path).frame
    assert frame.shape == (1_567, 592)
    assert frame["fail"].sum() == 104
    (tmp_path / "secom.data").write_text("1 2 3\n")
    assert "does not parse" in refusal(find, "secom")


@pytest.mark.parametrize("name", ["secom", "steel-plates", "ai4i2020"])
@pytest.mark.parametrize("damage", ["truncated", "one byte changed", "empty"])
def test_a_damaged_file_is_refused_in_one_line(name, damage, real_data, tmp_path, monkeypatch):
    form = CATALOGUE[name].forms[0]
    whole = bytearray((real_data / CATALOGUE[name].folder / form.files[0]).read_bytes())
    if damage == "one byte changed":
        whole[-10] ^= 1
    keep = {"truncated": len(whole) // 2, "one byte changed": len(whole), "empty": 0}[damage]
    (tmp_path / form.files[0]).write_bytes(whole[:keep])
    monkeypatch.setenv("RAREFAULT_DATA", str(tmp_path))
    message = refusal(find, name)
    assert form.files[0] in message and form.sha256 in message and "replace it" in message


def test_a_path_wins_over_a_name(tmp_path, monkeypatch, no_data):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "secom").write_text("a,b\n1,2\n")
    located = find("secom")
    assert located.entry is None and located.path.read_text().startswith("a,b")


def test_a_folder_of_that_name_does_not_hide_the_set(tmp_path, monkeypatch, in_real_data):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "secom").mkdir()
    assert find("secom").entry is CATALOGUE["secom"]
    (tmp_path / "parts").mkdir()
    assert "is a folder" in refusal(find, "parts")


@pytest.mark.parametrize(
    "name", ["no-such-set", "missing.csv", "/no/such/file.csv", "", "a" * 5_000, "a\0b", "~nobody/x"]
)
def test_an_unknown_name_lists_the_known_ones(name, no_data):
    message = refusal(find, name)
    assert all(known in message for known in CATALOGUE)


def test_a_near_miss_is_met_with_a_suggestion(no_data):
    assert "did you mean secom?" in refusal(find, "sekom")
    assert "steel-plates:Bumps" in refusal(find, "steel-plate:bump").partition("known data sets")[0]
    assert find("Gearbox-Line").entry is CATALOGUE["gearbox-line"]


def test_the_simulated_set_needs_no_file(no_data):
    located = find("gearbox-line")
    assert located.path is None
    loaded = located.entry.load(None, {"n_rows": 50.0, "seed": 4})
    assert len(loaded.frame) == 50 and len(loaded.units) == 66
    assert "n_rows must be >= 10" in refusal(located.entry.load, None, {"n_rows": 1})
    assert "no setting 'rows'" in refusal(located.entry.load, None, {"rows": 1})


def test_only_a_simulator_takes_settings(tmp_path):
    entry = CATALOGUE["ai4i2020"]
    assert "takes no settings" in refusal(entry.load, tmp_path / "ai4i2020.csv", {"n_rows": 5})
    assert "not read from a file called 'other.csv'" in refusal(entry.load, tmp_path / "other.csv")
    assert "is not simulated" in refusal(entry.load, None)


def test_get_puts_a_set_into_the_cache_where_it_is_found_again(in_real_data, cache, monkeypatch):
    path = get("steel-plates:Stains")
    assert path == cache / "steel-plates" / "steel_plates_faults.csv"
    monkeypatch.delenv("RAREFAULT_DATA")
    assert find("steel-plates:Bumps").path == path
    assert get("steel-plates") == path
    assert [p.name for p in path.parent.iterdir()] == [path.name]


def test_get_writes_the_simulated_set(no_data, cache):
    path = get("gearbox-line")
    assert path == cache / "gearbox-line" / "gearbox-line.csv"
    frame = pd.read_csv(path)
    assert frame.shape == (1_000, 67)
    np.testing.assert_array_equal(frame.to_numpy(), CATALOGUE["gearbox-line"].load(None).frame.to_numpy())
    assert "known data sets" in refusal(get, str(path))


def test_a_cache_that_cannot_be_written_is_told(no_data, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert "cannot be written" in refusal(get, "gearbox-line")


def test_a_download_is_unpacked_checked_and_kept(no_data, real_data, cache, monkeypatch):
    content = (real_data / "ai4i2020" / "ai4i2020.csv").read_bytes()
    asked = serve(monkeypatch, zipped(set__ai4i2020_dot_csv=content, readme=b"hello"))
    path = find("ai4i2020").path
    assert path == cache / "ai4i2020" / "ai4i2020.csv" and path.read_bytes() == content
    assert find("ai4i2020").path == path
    assert [url for url, _ in asked] == [CATALOGUE["ai4i2020"].forms[0].url]
    assert [p.name for p in path.parent.iterdir()] == ["ai4i2020.csv"]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (zipped(ai4i2020_dot_csv=b"altered"), "is refused: its sha256"),
        (zipped(readme=b"hello"), "the zip holds no ai4i2020.csv"),
        (b"<html>not a zip</html>", "not a zip file"),
        (urllib.error.URLError("no route\nto host"), "no route to host"),
        (TimeoutError("timed out"), "timed out"),
    ],
    ids=["altered", "lacking", "not-a-zip", "offline", "slow"],
)
def test_a_failed_download_leaves_nothing_behind(content, reason, no_data, cache, monkeypatch):
    serve(monkeypatch, content)
    message = refusal(find, "ai4i2020")
    assert reason in message
    assert CATALOGUE["ai4i2020"].forms[0].sha256 in message
    assert not list((cache / "ai4i2020").iterdir())


def test_a_download_is_capped_and_stays_on_https(no_data, monkeypatch):
    serve(monkeypatch, zipped(ai4i2020_dot_csv=b"x" * 2_000), redirected_to="http://elsewhere/x.zip")
    assert "redirected away from https" in refusal(find, "ai4i2020")
    serve(monkeypatch, zipped(ai4i2020_dot_csv=b"x" * 2_000))
    monkeypatch.setattr(download, "MAX_BYTES", 1_000)
    assert "ai4i2020.csv is larger" in refusal(find, "ai4i2020")
    monkeypatch.setattr(download, "MAX_BYTES", 10)
    assert "is larger" in refusal(find, "ai4i2020")


def test_a_set_that_cannot_be_downloaded_says_how_to_get_it(no_data, cache, monkeypatch):
    asked = serve(monkeypatch, b"")
    entry = CATALOGUE["secom"]
    message = refusal(find, "secom")
    assert not asked
    assert entry.origin in message and "by hand" in message and str(cache / "secom") in message
    for form in entry.forms:
        assert all(file in message for file in form.files)
        assert (form.sha256 or form.content) in message


def test_describe_lists_every_set_and_where_it_is(no_data, tmp_path, monkeypatch):
    rows = {row["name"]: row for row in describe()}
    assert list(rows) == [*CATALOGUE, *IMAGE_CATALOGUE, *SIGNAL_CATALOGUE]
    assert rows["gearbox-line"]["where"] == "built in"
    assert rows["secom"]["where"] == "to be fetched by hand"
    assert rows["ai4i2020"]["where"] == "to be downloaded"
    assert all(isinstance(value, str) for row in rows.values() for value in row.values())
    (tmp_path / "ai4i2020.csv").write_text("x")
    monkeypatch.setenv("RAREFAULT_DATA", str(tmp_path))
    assert next(row for row in describe() if row["name"] == "ai4i2020")["where"] == str(tmp_path / "ai4i2020.csv")


def test_the_content_digest_sees_values_not_their_spelling():
    frame = pd.DataFrame({"a": [1.0, np.nan], "t": pd.to_datetime(["2008-07-19", "2008-07-20"])})
    same = pd.DataFrame({"a": [1.00000001, np.nan], "t": frame["t"].astype("datetime64[s]")})
    assert content_digest(frame) == content_digest(same)
    assert content_digest(frame) != content_digest(frame.iloc[::-1])
    assert content_digest(frame, ("a",)) != content_digest(frame)


def test_variants_share_a_cache_folder():
    assert cache_folder("steel-plates:Bumps") == cache_folder("steel-plates")
