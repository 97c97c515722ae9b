"""The report of a run: one HTML file, a few lines for the terminal, and the shape of result.json."""

from rarefault.report.checks import check_result
from rarefault.report.degradation_schema import DEGRADATION_RESULT_SCHEMA
from rarefault.report.image_schema import IMAGE_RESULT_SCHEMA
from rarefault.report.page import render
from rarefault.report.schema import RESULT_SCHEMA, SCHEMA_VERSION
from rarefault.report.text import render_text

__all__ = [
    "DEGRADATION_RESULT_SCHEMA",
    "IMAGE_RESULT_SCHEMA",
    "RESULT_SCHEMA",
    "SCHEMA_VERSION",
    "check_result",
    "render",
    "render_text",
]
