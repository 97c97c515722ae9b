"""The contract on the real data sets."""

import numpy as np
from contract_words import told

from rarefault.datasets.contract import check_table
from rarefault.datasets.reading import read_frame


def test_ai4i2020(real_data):
    frame = read_frame(real_data / "ai4i2020" / "ai4i2020.csv").frame
    checked = check_table(frame, label="Machine failure", positive="1", name="ai4i2020")
    assert (len(checked.table), checked.table.faults) == (10_000, 339)
    assert "row numbers, a different whole number in each row): 'UDI'" in told(checked)
    assert "row names or free text, most texts occur once): 'Product ID'" in told(checked)
    assert {w.split("'")[1] for w in checked.warnings} == {"TWF", "HDF", "PWF", "OSF"}
    assert checked.table.schema.columns[0].levels == ("H", "L", "M")
    assert [column.unit for column in checked.table.schema.columns[:6]] == ["", "K", "K", "rpm", "Nm", "min"]


def test_secom(real_data):
    frame = read_frame(real_data / "secom" / "secom_382.csv").frame
    checked = check_table(frame, label="fail", positive="1", time="timestamp", name="secom")
    assert (len(checked.table), checked.table.faults) == (1567, 104)
    assert checked.table.X.shape[1] == 372
    assert (np.diff(checked.times) >= np.timedelta64(0)).all()
    assert "10 columns dropped (more than 50% missing): 's072'" in told(checked)


def test_steel_plates(real_data):
    frame = read_frame(real_data / "steel_plates" / "steel_plates_faults.csv").frame
    others = [name for name in frame.columns[27:] if name != "Stains_Fault"]
    checked = check_table(frame, label="Stains_Fault", positive="1", drop=others, name="steel-plates")
    assert (checked.table.X.shape, checked.table.faults) == ((1941, 27), 72)
    assert checked.warnings == []
