import numpy as np
import pandas as pd
import pytest
from contract_words import N

from rarefault.datasets.reading import read_frame
from rarefault.errors import InputError


@pytest.fixture
def read(tmp_path):
    def write_and_read(content, name="line.csv", **options):
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return read_frame(path, **options)

    return write_and_read


@pytest.fixture
def refused(read):
    def reason(content, name="line.csv", **options):
        with pytest.raises(InputError) as caught:
            read(content, name, **options)
        message = str(caught.value)
        assert name in message
        assert len(message.splitlines()) == 1
        assert len(message) < 500
        return message

    return reason


@pytest.fixture
def mixed():
    return pd.DataFrame(
        {
            "f": [1.5, np.nan, np.inf],
            "i": [1, 2, 3],
            "b": [True, False, True],
            "s": ["x", None, "z"],
            "t": pd.to_datetime(["2024-01-01", "2024-01-02", None]),
        }
    )


@pytest.fixture
def frame():
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "force [N]": rng.normal(size=N),
            "torque": rng.normal(size=N),
            "count": rng.integers(0, 30, size=N),
            "tool": rng.choice(["a", "b", "c"], size=N),
            "fault": np.repeat([0, 1], [150, 50]),
        }
    )
