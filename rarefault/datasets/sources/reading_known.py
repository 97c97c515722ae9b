"""Readers of the public sets' own file formats; each raises ValueError for what is not such a file."""

from pathlib import Path

import pandas as pd

STEEL_FEATURES = [
    "X_Minimum", "X_Maximum", "Y_Minimum", "Y_Maximum", "Pixels_Areas", "X_Perimeter", "Y_Perimeter",
    "Sum_of_Luminosity", "Minimum_of_Luminosity", "Maximum_of_Luminosity", "Length_of_Conveyer",
    "TypeOfSteel_A300", "TypeOfSteel_A400", "Steel_Plate_Thickness", "Edges_Index", "Empty_Index",
    "Square_Index", "Outside_X_Index", "Edges_X_Index", "Edges_Y_Index", "Outside_Global_Index", "LogOfAreas",
    "Log_X_Index", "Log_Y_Index", "Orientation_Index", "Luminosity_Index", "SigmoidOfAreas",
]  # fmt: skip
STEEL_FAULTS = {
    "Pastry": "Pastry_Fault",
    "Z_Scratch": "Z_Scratch_Fault",
    "K_Scatch": "K_Scatch_Fault",
    "Stains": "Stains_Fault",
    "Dirtiness": "Dirtiness_Fault",
    "Bumps": "Bumps_Fault",
    "Other": "Other_Faults",
}
"""Fault -> its 0/1 column, in the order of the file; the third is spelled as its authors do."""
_SECOM_TIMES = "%d/%m/%Y %H:%M:%S"


def read_csv(path: Path) -> pd.DataFrame:
    """A comma-separated file with a header, with or without a byte-order mark."""
    return pd.read_csv(path, encoding="utf-8-sig", float_precision="round_trip")


def read_secom_table(path: Path) -> pd.DataFrame:
    """SECOM as one table with `timestamp`, sensors s000-s589 (some left out) and `fail`."""
    frame = read_csv(path)
    frame["timestamp"] = pd.to_datetime(frame["timestamp"], format=_SECOM_TIMES)
    return frame


def read_secom_original(path: Path) -> pd.DataFrame:
    """UCI's secom.data with the secom_labels.data beside it: `timestamp`, s000-s589 and `fail` (1 = fail)."""
    sensors = _numbers(path, width=590)
    labels = pd.read_csv(path.with_name("secom_labels.data"), sep=r"\s+", header=None, names=["result", "timestamp"])
    if len(labels) != len(sensors):
        raise ValueError(f"{path.name} has {len(sensors)} rows but its labels {len(labels)}")
    sensors.columns = pd.Index([f"s{k:03d}" for k in range(590)])
    times = pd.to_datetime(labels["timestamp"], format=_SECOM_TIMES)
    fail = (labels["result"] == 1).astype(int)
    return pd.concat([times, sensors, fail.rename("fail")], axis=1)


def read_steel_original(path: Path) -> pd.DataFrame:
    """UCI's Faults.NNA: 27 features and 7 one-hot faults, without a header."""
    frame = _numbers(path, width=34)
    frame.columns = pd.Index([*STEEL_FEATURES, *STEEL_FAULTS.values()])
    return frame


def _numbers(path: Path, width: int) -> pd.DataFrame:
    frame = pd.read_csv(path, sep=r"\s+", header=None, float_precision="round_trip")
    if frame.shape[1] != width:
        raise ValueError(f"{path.name} has {frame.shape[1]} columns, expected {width}")
    return frame
