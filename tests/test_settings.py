from dataclasses import dataclass, field
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rarefault.errors import InputError
from rarefault.settings import from_params


@dataclass(frozen=True)
class Example:
    n: int = 1
    share: float = 0.5
    name: str = "a"
    on: bool = False
    mode: Literal["fast", "slow"] = "fast"
    most: int | None = None
    sizes: tuple[int, ...] = (1,)
    more: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.share < 0:
            raise ValueError(f"share must be >= 0, got {self.share}")


@given(n=st.integers(-(10**9), 10**9))
def test_whole_floats_become_integers(n):
    assert from_params(Example, {"n": float(n)}).n == n
    assert isinstance(from_params(Example, {"n": float(n)}).n, int)


def test_values_of_every_kind():
    made = from_params(Example, {"share": 1, "most": 3.0, "sizes": [2.0, 3], "more": {"a": 1.5}, "mode": "slow"})
    assert made == Example(share=1.0, most=3, sizes=(2, 3), more={"a": 1.5}, mode="slow")
    assert from_params(Example, {"most": None}).most is None


@pytest.mark.parametrize(
    ("params", "said"),
    [
        ({"size": 1}, "no setting 'size'"),
        ({"n": 1.5}, "n must be of type int, got 1.5"),
        ({"n": True}, "n must be of type int, got True"),
        ({"on": 1}, "on must be of type bool, got 1"),
        ({"name": 3}, "name must be of type str, got 3"),
        ({"mode": "medium"}, r"mode must be one of \['fast', 'slow'\]"),
        ({"most": "x"}, "most must be of type int"),
        ({"share": -1}, "Example: share must be >= 0, got -1.0"),
    ],
)
def test_what_does_not_fit_is_refused_as_the_users_input(params, said):
    with pytest.raises(InputError, match=said):
        from_params(Example, params)
