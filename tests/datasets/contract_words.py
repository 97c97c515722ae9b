"""What the tests of the contract ask of a checked frame, in words."""

import pytest

from rarefault.datasets.contract import check_table
from rarefault.errors import InputError

N = 200
"""Rows of the frame that these tests start from; the last 50 are faulty."""


def told(checked):
    return "\n".join(checked.table.schema.repairs)


def refusal(frame, **options):
    with pytest.raises(InputError) as caught:
        check_table(frame, **{"label": "fault", "positive": "1", "name": "line.csv", **options})
    message = str(caught.value)
    assert len(message.splitlines()) == 1
    assert message.startswith("line.csv")
    return message


def kinds(checked):
    return {column.name: column.kind for column in checked.table.schema.columns}
