"""The HTML report: self-contained, safe with hostile names, and without empty sections."""

import re
import subprocess
import sys
from collections import Counter
from html.parser import HTMLParser
from typing import Any

import numpy as np
import pytest

from rarefault.report import render

HOSTILE = (
    "<script>alert(1)</script>\"><img src=x onerror=alert(2)>'</svg></style>{{ 7*7 }} "
    "$\\frac{$ url(#x) \x1b[31m\u202e\ud800"
)
VOID = {"meta", "br", "link", "img", "input", "hr"}
SECTIONS = [
    "verdict",
    "strategies",
    "behaviour",
    "explanation",
    "synthetic",
    "filter",
    "search",
    "data",
    "use",
    "steps",
    "lineage",
    "words",
]


class Page(HTMLParser):
    """Collects tags, attributes and visible text, and checks that tags are balanced."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: Counter[str] = Counter()
        self.attributes: list[tuple[str, str]] = []
        self.words: list[str] = []
        self.open: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        self.attributes += [(name, value or "") for name, value in attrs]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] not in ("style", "title"):
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())

    def values(self, name: str) -> list[str]:
        return [value for key, value in self.attributes if key == name]


def spoil(value: Any, keep: tuple[str, ...]) -> Any:
    """The same value with every free text made hostile."""
    if isinstance(value, dict):
        return {k: spoil(v, keep) for k, v in value.items()}
    if isinstance(value, list):
        return [spoil(item, keep) for item in value]
    return HOSTILE + value if isinstance(value, str) and value not in keep else value


def sections(html: str) -> list[str]:
    return re.findall(r'<section[^>]* id="([^"]+)"', html)


def test_every_section_is_there_once_and_in_order(page: str) -> None:
    assert sections(page) == SECTIONS


def test_the_page_needs_nothing_from_elsewhere(page: str) -> None:
    parsed = Page(page)
    links = parsed.values("href") + parsed.values("xlink:href") + parsed.values("src")
    assert [link[:30] for link in links if not link.startswith(("#", "data:image/png;base64,"))] == []
    assert not {"script", "link", "iframe", "img", "object"} & set(parsed.tags)
    assert "@import" not in page
    assert set(re.findall(r"url\((.)", page)) <= {"#"}
    assert "default-src 'none'" in page


def test_tags_are_balanced(page: str) -> None:
    assert Page(page).open == []


def test_ids_do_not_clash_and_every_reference_has_its_target(page: str) -> None:
    parsed = Page(page)
    ids = Counter(parsed.values("id"))
    assert [name for name, n in ids.items() if n > 1] == []
    targets = [link[1:] for link in parsed.values("href") + parsed.values("xlink:href") if link.startswith("#")]
    targets += re.findall(r"url\(#([^)]+)\)", page)
    assert set(targets) <= set(ids)


def test_the_first_screen_tells_the_verdict(detection: Any, page: str) -> None:
    first = Page(page[page.index("<header") : page.index("<nav")]).text
    result, _ = detection
    chosen = next(s for s in result["strategies"] if s["name"] == result["selected"])
    for words in (
        result["helped"]["sentence"].replace(" %", "\u00a0%"),
        chosen["title"],
        "challenger",
        "version 4",
        "2 400 parts, 473 of them faulty",
    ):
        assert words in first
    counts = chosen["confusion"]
    faults, good = counts["tp"] + counts["fn"], counts["tn"] + counts["fp"]
    assert f"Of {faults} faulty test parts {counts['tp']} are found and {counts['fn']} missed" in first
    assert f"of {good} good ones {counts['fp']} raise a false alarm" in first
    assert f"{100 * chosen['test']['recall']['value']:.0f} %" in first


def test_selected_and_paper_rows_are_marked(page: str) -> None:
    rows = re.findall(r"<tr class=\"([^\"]*)\">(.*?)</tr>", page, flags=re.DOTALL)
    chosen = [row for kind, row in rows if "selected" in kind.split()]
    assert all("Conditional WGAN" in row for row in chosen) and chosen
    assert any('class="badge paper"' in row and "WGAN + K-means" in row for _, row in rows)


def test_simulated_data_carry_a_banner(detection: Any, page: str) -> None:
    assert 'class="banner"' in page
    result, _ = detection
    result["explanation"] |= {"curves": [], "pairs": []}
    result["data"]["notes"] = "Measured on line 4 in May; nothing here is not simulated by anyone."
    assert 'class="banner"' not in render(result, {})


def test_hostile_names_stay_text(detection: Any) -> None:
    result, details = detection
    fixed = ("2", "curves", "fault-detection", "fault", "all", "selected", "kept", "dropped", "failed", "fell-back")
    result = spoil(result, fixed)
    result["settings"][HOSTILE] = HOSTILE
    details = spoil(details, ("COMPLETE", "PRUNED"))
    details["pca"]["synthetic"] = {HOSTILE: details["pca"]["synthetic"]["wgan"]}
    details["study"]["importances"] = {HOSTILE: 0.4}
    html = render(result, details)
    parsed = Page(html)
    assert not {"script", "img", "b", "iframe"} & set(parsed.tags)
    assert [name for name, _ in parsed.attributes if name.startswith("on")] == []
    assert "{{ 7*7 }}" in parsed.text
    assert not set("\x1b\u202e") & set(html)
    html.encode("utf-8")
    assert sections(html)[0] == "verdict"


def test_sections_with_nothing_to_show_are_left_out(detection: Any) -> None:
    result, _ = detection
    result |= {"similarity": [], "filter": None, "model": None, "deploy": None, "generator": None, "steps": []}
    for strategy in result["strategies"]:
        strategy |= {"test_at_half": None, "inner_difference": None}
    html = render(result, {})
    assert sections(html) == ["verdict", "strategies", "behaviour", "explanation", "data", "lineage", "words"]
    assert "threshold 0.5</h3>" not in html and "Table I." not in html


def test_a_missing_detail_leaves_out_its_section_only(detection: Any) -> None:
    result, details = detection
    del details["study"], details["pca"], details["curves"]
    result["explanation"]["curves"] = result["explanation"]["curves"][:1]
    assert sections(render(result, details)) == [name for name in SECTIONS if name != "search"]


def test_an_explanation_without_weights_leaves_out_its_section_only(detection: Any) -> None:
    result, details = detection
    del details["pca"]
    result["explanation"] |= {"curves": [], "pairs": []}
    assert sections(render(result, details)) == [name for name in SECTIONS if name != "explanation"]


def test_a_train_generator_run_shows_its_own_sections(generator: Any) -> None:
    html = render(*generator)
    assert sections(html) == ["verdict", "synthetic", "search", "data", "steps", "lineage"]
    assert "wgan version 3 was trained and registered." in html
    assert "Best of 20 trials, mean Wasserstein distance, fault class:" in html


def test_missing_and_undefined_numbers_show_as_a_dash(detection: Any) -> None:
    result, details = detection
    nothing = {"value": None, "low": None, "high": None}
    for strategy in result["strategies"]:
        if strategy["test"]:
            strategy["test"] |= {"precision": nothing, "f2": nothing, "recall": nothing}
            strategy["inner"]["f2"] = nothing
    result["similarity"][0]["metrics"]["ks_complement"] = {"value": None, "reference": None}
    result["steps"][0]["peak_memory_mb"] = None
    nan, inf = float("nan"), float("inf")
    details["curves"]["untouched"] = {"roc": [[nan, nan]], "pr": [[0.1, inf], [0.2, 0.9]], "thresholds": []}
    details["curves"][result["selected"]]["thresholds"].insert(0, [inf, 1.0, 0.0, 0.0])
    details["pca"] |= {"fault": [[nan, 1.0], [0.5, 1.0]], "explained": [None, nan]}
    details["study"]["trials"][3] |= {"value": None, "state": "FAIL"}
    details["study"]["importances"]["layers"] = nan
    html = render(result, details)
    assert re.findall(r"\b(?:[nN]a[nN]|inf|None|null)\b", Page(html).text) == []
    assert not re.search(r'(d|x|y|points)="[^"]*(nan|inf)', html)


def test_a_large_run_stays_below_two_megabytes(detection: Any) -> None:
    result, details = detection
    result["data"]["repairs"] = [f"Column sensor_{i}: dropped, the same value in every row." for i in range(600)]
    x = np.linspace(0, 1, 20_000)
    wild = np.random.default_rng(0).random(20_000)
    for curve in details["curves"].values():
        curve |= {"roc": np.stack([x, wild], axis=1), "pr": np.stack([x, wild], axis=1)}
    rows = np.random.default_rng(1).normal(size=(20_000, 2))
    details["pca"] |= {"good": rows, "fault": rows, "synthetic": {f"g{i}": rows for i in range(9)}}
    curve = result["explanation"]["curves"][0]
    result["explanation"]["curves"] = [{**curve, "name": f"sensor_{i}", "weight": 1.0} for i in range(600)]
    assert len(render(result, details).encode()) < 2_000_000


def test_the_same_run_gives_the_same_page(detection: Any, page: str) -> None:
    assert render(*detection) == page


def test_a_broken_result_is_refused_before_anything_is_drawn(detection: Any) -> None:
    result, details = detection
    del result["selected"]
    with pytest.raises(ValueError, match="'selected' is a required property"):
        render(result, details)


def test_matplotlib_waits_for_a_figure_and_is_left_as_it_was_without_pyplot() -> None:
    code = (
        "import sys, rarefault.report as r; assert 'matplotlib' not in sys.modules; "
        "import matplotlib, rarefault.report.figures; now = lambda: str(matplotlib.rcParams.copy()); before = now(); "
        "r.figures.importances({'study': {'importances': {'a': 1.0}}}); "
        "assert 'matplotlib.pyplot' not in sys.modules; assert now() == before"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
