import json
import re
import shutil
import subprocess
from html import unescape
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import binomtest

from rarefault.errors import InputError
from rarefault.metrics.intervals import wilson
from rarefault.report.images.experts import GENERATED, REAL, experts_page, read_answers, score_answers, seal

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
CARD = re.compile(r'data-number="(\d+)" data-seal="(\w+)" data-label="([^"]*)">.*?src="([^"]+)"', re.DOTALL)


def grey(level: int, n: int = 30) -> np.ndarray:
    return np.random.default_rng(level).integers(level, level + 50, (n, 1, 8, 8), dtype=np.uint8)


@pytest.fixture(scope="module")
def page() -> str:
    """Real images are dark and generated ones are light."""
    real = {"pits": grey(0), "rust": grey(10), "only real": grey(20)}
    return experts_page(real, {"pits": grey(200), "rust": grey(190)}, name="<steel> & co", most=12, seed=3)


def truths(page: str) -> dict[int, str]:
    salt = re.search(r'data-salt="(\w+)"', page)[1]
    sealed = {(int(number), value) for number, value, _, _ in CARD.findall(page)}
    return {number: kind for number, value in sealed for kind in (REAL, GENERATED) if seal(salt, number, kind) == value}


def test_each_class_has_as_many_real_as_generated_images(page):
    cards = CARD.findall(page)
    kinds = truths(page)
    assert [int(number) for number, *_ in cards] == list(range(1, 13))
    for label in ("pits", "rust"):
        numbers = [int(number) for number, _, found, _ in cards if found == label]
        assert len(numbers) == 6
        assert sum(kinds[number] == REAL for number in numbers) == 3
    assert len({source for *_, source in cards}) == 12


def test_an_odd_number_and_few_images_are_dealt_as_far_as_they_go():
    page = experts_page({"a": grey(0, 2), "b": grey(9, 9)}, {"a": grey(200, 5), "b": grey(190, 9)}, most=15)
    labels = [label for _, _, label, _ in CARD.findall(page)]
    assert (labels.count("a"), labels.count("b")) == (4, 8)


def test_the_seed_decides_the_order():
    made = [experts_page({"a": grey(0)}, {"a": grey(200)}, seed=seed) for seed in (1, 1, 2)]
    assert made[0] == made[1] != made[2]


def test_the_page_does_not_say_what_an_image_is(page):
    cards = re.findall(r"<fieldset.*?</fieldset>", page, re.DOTALL)
    shapes = {re.sub(r'data-seal="\w+"|base64,[^"]+|\d+|pits|rust', "", card) for card in cards}
    assert len(shapes) == 1
    assert len({value for _, value, _, _ in CARD.findall(page)}) == 12


def test_the_page_asks_for_nothing_from_outside(page):
    assert not re.search(r'(src|href|action)="(?!data:|#)', page)
    assert "http" not in page.replace("http-equiv", "")
    assert "default-src 'none'" in page
    assert "&lt;steel&gt; &amp; co" in page
    assert "<steel>" not in page


def test_every_image_has_a_text_and_every_choice_a_label(page):
    assert len(re.findall(r'<img src="[^"]+" alt="Surface, image \d+">', page)) == 12
    assert len(re.findall(r'<label><input type="radio" name="image-\d+" value="(?:real|generated)">', page)) == 24
    assert len(re.findall(r"<legend>Image \d+</legend>", page)) == 12


@pytest.mark.parametrize(
    ("real", "generated", "most"),
    [({"a": grey(0)}, {"b": grey(9)}, 40), ({}, {}, 40), ({"a": grey(0)}, {"a": grey(9)}, 1)],
)
def test_nothing_to_tell_apart_is_refused(real, generated, most):
    with pytest.raises(ValueError, match="needs at least 2 images"):
        experts_page(real, generated, most=most)


def test_the_interval_is_wilsons():
    for right, n in ((0, 5), (5, 5), (13, 20), (50, 100)):
        expected = binomtest(right, n).proportion_ci(0.95, "wilson")
        assert wilson(right, n) == pytest.approx((expected.low, expected.high), abs=1e-6)


def test_answers_are_scored():
    found = score_answers([(REAL, REAL)] * 6 + [(REAL, GENERATED)] + [(GENERATED, GENERATED)] * 3)
    assert (found["marked"], found["right"], found["accuracy"]) == (10, 9, 0.9)
    assert found["confusion"] == {REAL: {REAL: 6, GENERATED: 1}, GENERATED: {REAL: 0, GENERATED: 3}}
    assert found["told_apart"]
    assert not score_answers([(REAL, REAL)] * 2)["told_apart"]
    assert score_answers([])["accuracy"] is None


def test_other_files_are_no_answers(tmp_path):
    file = tmp_path / "answers.json"
    with pytest.raises(InputError, match="cannot be read"):
        read_answers(file)
    kind = {"kind": "rarefault-experts-test", "version": 1}
    for content, message in (
        ("{", "cannot be read"),
        ("[]", "holds no answers"),
        (json.dumps({**kind, "version": 2}), "holds no answers"),
        (json.dumps({**kind, "answers": [{"truth": "real", "answer": ""}]}), "must list answers"),
    ):
        file.write_text(content)
        with pytest.raises(InputError, match=message):
            read_answers(file)


def browse(page: str, folder: Path, script: str = "") -> str:
    """The document after its own script, and then `script`, ran in a browser."""
    if BROWSER is None:
        pytest.skip("no Chromium to open the page in")
    if script:
        page = re.sub("script-src '[^']+'", "script-src 'unsafe-inline'", page)
        page = page.replace("</body>", f"<script>{script}</script></body>")
    file = folder / "experts.html"
    file.write_text(page, encoding="utf-8")
    flags = ["--headless", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=3000", f"--user-data-dir={folder}/b"]
    done = subprocess.run(
        [BROWSER, *flags, "--dump-dom", file.as_uri()], capture_output=True, text=True, check=True, timeout=60
    )
    return done.stdout


PLAY = """
const cards = [...document.querySelectorAll(".card")];
const kinds = KINDS;
cards.slice(0, 9).forEach((card, at) => {
  const say = at < 6 ? kinds[at] : { real: "generated", generated: "real" }[kinds[at]];
  card.querySelector("input").focus();
  if (at % 2) card.querySelector(`input[value=${say}]`).click();
  else document.dispatchEvent(new KeyboardEvent("keydown", { key: say[0].toUpperCase() }));
});
document.body.dataset.before = document.getElementById("status").textContent;
URL.createObjectURL = (blob) => {
  blob.text().then((text) => { const out = document.createElement("pre"); out.id = "saved"; out.textContent = text;
    document.body.append(out); });
  return "#";
};
document.getElementById("finish").click();
document.body.dataset.focus = document.activeElement.id;
document.getElementById("save").click();
document.dispatchEvent(new KeyboardEvent("keydown", { key: "r" }));
"""


def test_the_script_runs_under_the_pages_own_policy(page, tmp_path):
    assert "0 of 12 marked" in browse(page, tmp_path)


def test_a_person_marks_by_key_and_click_and_gets_the_score(page, tmp_path):
    kinds = [truths(page)[number] for number in range(1, 13)]
    seen = browse(page, tmp_path, PLAY.replace("KINDS", json.dumps(kinds)))
    low, high = wilson(6, 9)
    assert 'data-before="9 of 12 marked"' in seen
    assert 'data-focus="score-title"' in seen
    assert f"6 of 9 right: 67 %, 95 % interval {low:.0%} to {high:.0%}".replace("%", " %").replace("  ", " ") in seen
    assert "compatible with guessing" in seen
    assert "3 images were not marked" in seen
    assert (seen.count("✓ right: it is"), seen.count("✗ wrong: it is")) == (6, 3)
    saved = tmp_path / "answers.json"
    saved.write_text(unescape(re.search(r'<pre id="saved">(.*?)</pre>', seen, re.DOTALL)[1]))
    score = read_answers(saved)
    assert (score["marked"], score["right"]) == (9, 6)
    for truth, row in score["confusion"].items():
        for said, n in row.items():
            assert f'<td id="{truth}-{said}">{n}</td>' in seen


def test_nothing_marked_gives_no_score(page, tmp_path):
    seen = browse(page, tmp_path, 'document.getElementById("finish").click();')
    assert "Mark at least one image first." in seen
    assert not re.search("(right|wrong): it is", seen)
