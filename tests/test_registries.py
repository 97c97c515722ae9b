import pytest

from rarefault.errors import InputError
from rarefault.registries import LazyRegistry

WORDS: LazyRegistry[Exception] = LazyRegistry(
    "word", {"bad": "rarefault.errors:InputError", "absent": "rarefault.no_such_module:Thing"}
)


def test_a_name_is_imported_only_when_looked_up() -> None:
    assert WORDS["bad"] is InputError
    with pytest.raises(ModuleNotFoundError, match="no_such_module"):
        WORDS["absent"]


def test_it_is_a_mapping() -> None:
    assert list(WORDS) == ["bad", "absent"]
    assert len(WORDS) == 2
    assert "bad" in WORDS and "worse" not in WORDS
    assert WORDS.get("worse") is None
    assert WORDS.get("bad") is InputError


def test_an_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(InputError, match="unknown word 'worse'; known words: absent, bad"):
        WORDS["worse"]
