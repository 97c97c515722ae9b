"""The report of image runs: shape, documentation, and what the pages say."""

import re
from pathlib import Path

import pytest
from image_sample import sample
from jsonschema import Draft202012Validator

from rarefault.report import IMAGE_RESULT_SCHEMA, check_result, render_text
from rarefault.report.image_page import render_experts, render_images

DOCS = Path(__file__).parents[2] / "docs" / "result-json.md"
PIPELINES = ("defect-augmentation", "defect-translation")


def names_in(schema):
    if isinstance(schema, dict):
        yield from schema.get("properties", {})
        yield from schema.get("required", ())
        for value in schema.values():
            yield from names_in(value)


def test_the_schema_is_one_and_every_field_is_documented():
    Draft202012Validator.check_schema(IMAGE_RESULT_SCHEMA)
    text = DOCS.read_text(encoding="utf-8")
    documented = set(re.findall(r'[`"]([a-z0-9_]+)["`]', text[text.index("## An image run") :]))
    everywhere = set(re.findall(r'[`"]([a-z0-9_]+)["`]', text))
    assert set(names_in(IMAGE_RESULT_SCHEMA)) - everywhere == set()
    assert set(IMAGE_RESULT_SCHEMA["properties"]) - documented == set()


BREAKS = {
    "unknown": (lambda r: r.update(colour="blue"), "'colour' was unexpected"),
    "missing": (lambda r: r.pop("distances"), "'distances' is a required property"),
    "counts": (lambda r: r["data"].update(train_images=99), "the classes have 28 train images"),
    "selected": (lambda r: r.update(selected="magic"), "result.selected: no strategy"),
    "confusion": (lambda r: r["confusion"][0].append(5), "confusion counts 17 images"),
    "nan": (lambda r: r["test"]["macro_f1"].update(value=float("nan")), "nan is not a finite number"),
}


@pytest.mark.parametrize("name", BREAKS)
def test_broken_results_are_refused_in_one_line(name):
    result, _ = sample()
    check_result(result)
    spoil, message = BREAKS[name]
    spoil(result)
    with pytest.raises(ValueError, match=message):
        check_result(result)


@pytest.fixture(scope="module", params=PIPELINES)
def page(request):
    return request.param, render_images(*sample(request.param))


def test_a_page_is_one_file_that_asks_nobody_and_escapes_names(page):
    text = page[1]
    assert not re.search(r'(src|href)="(https?:)?//', text)
    assert "<script" not in text
    assert "screws &lt;i&gt;" in text
    assert "run&lt;script&gt;1" in text
    assert "a &lt;warning&gt;" in text


def test_a_page_says_whether_generated_images_helped_and_what_is_wrong_with_them(page):
    text = page[1]
    assert "Did generated images help?" in text
    assert "Generated images are not used." in text
    assert "images hardly differ" in text
    assert "collapse (by a-network)" in text
    assert "a network (8 features)" in text
    assert "These images were not taken on a line." in text


def test_each_pipeline_shows_its_papers_tables(page):
    pipeline, text = page
    if pipeline == "defect-augmentation":
        for words in ("as Table 8", "as Table 9", "The paper's own Table 8", "The paper's own Table 6", "0.946"):
            assert words in text
        assert "through the latent space" in text
    else:
        for words in ("As Table 4", "As Table 3", "Real half to real half", "defect produced", "defect eliminated"):
            assert words in text


def test_the_experts_page_holds_images_and_no_answers():
    text = render_experts(*sample())
    assert text.count("data:image/png") >= 8
    assert "screws" in text


def test_the_terminal_tells_the_verdict_and_every_strategy():
    text = render_text(sample()[0])
    assert "Generated images are not used." in text
    assert "7 of 8 defects found, 1 missed, 1 false alarms in 4 clean images" in text
    assert "*  untouched" in text
