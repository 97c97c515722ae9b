"""The entries of the catalogue: origin, licence, checksums, leaks and advice for each named data set."""

from rarefault.datasets.simulators import SIMULATORS
from rarefault.datasets.sources.entry import Entry, Form
from rarefault.datasets.sources.reading_known import (
    STEEL_FAULTS,
    read_csv,
    read_secom_original,
    read_secom_table,
    read_steel_original,
)

_CC_BY = "CC BY 4.0"
_LINE = SIMULATORS["gearbox-line"]
_UCI = "https://archive.ics.uci.edu"
_STEEL_COUNTS = {
    "Pastry": 158, "Z_Scratch": 190, "K_Scatch": 391, "Stains": 72, "Dirtiness": 55, "Bumps": 402, "Other": 673,
}  # fmt: skip
STEEL_DEFAULT = "Z_Scratch"  # rare enough to be a fault (9.8 %), frequent enough to be measured (190 plates)

GEARBOX_LINE = Entry(
    name="gearbox-line",
    title="Simulated gearbox assembly line: press-fit and tightening curves as 66 features",
    kind="simulated",
    origin="rarefault.datasets.simulators.gearbox_line",
    licence="Apache-2.0",
    citation="Simulated by Rarefault.",
    folder="gearbox-line",
    rows=1_000,
    faults=200,
    label=_LINE.label,
    positive=_LINE.positive,
    notes=_LINE.notes,
    split="stratified at random; with drift > 0 also by row order",
    simulator=_LINE,
    units=_LINE.units,
)

SECOM = Entry(
    name="secom",
    title="SECOM: a semiconductor line's sensors, with pass or fail of the in-house line test",
    kind="real",
    origin=f"{_UCI}/dataset/179/secom",
    doi="10.24432/C54305",
    licence=_CC_BY,
    citation="McCann, M. and Johnston, A. (2008). SECOM. UCI Machine Learning Repository.",
    folder="secom",
    rows=1_567,
    faults=104,
    label="fail",
    positive="1",
    notes="Real sensor data of a semiconductor line (SECOM, 2008); the sensors are anonymous and have no units. In the "
    "382-column table some columns were picked with the labels of 1,175 rows in view, so a random split is slightly "
    "optimistic, and 175 columns have their gaps filled with the median.",
    split="report two splits: stratified at random, and by the column timestamp (the fail rate wanders between "
    "2 % and 15 % within three months, so the split by time is much harder)",
    forms=(
        Form(
            ("secom_382.csv",),
            read_secom_table,
            sha256="31a69c02801c6b291c478d00f79ef9244d87f7a0b898d767d504abc6f5a0189f",
        ),
        Form(
            ("secom.data", "secom_labels.data"),
            read_secom_original,
            content="3f91d49a87a046a3ae7507f8be285e97e218d00a3d2c276cf39c6acb1269a830",
            content_columns=("timestamp", "fail"),
        ),
    ),
    dropped={"row": "the row's number"},
    time_column="timestamp",
    manual="download the zip from the origin by hand and unpack secom.data and secom_labels.data",
)

AI4I = Entry(
    name="ai4i2020",
    title="AI4I 2020 Predictive Maintenance: a milling process, SYNTHETIC by its own author",
    kind="synthetic",
    origin=f"{_UCI}/dataset/601/ai4i+2020+predictive+maintenance+dataset",
    doi="10.24432/C5HS5C",
    licence=_CC_BY,
    citation="Matzka, S. (2020). Explainable Artificial Intelligence for Predictive Maintenance Applications. "
    "Third International Conference on Artificial Intelligence for Industries. Data: UCI Machine Learning Repository.",
    folder="ai4i2020",
    rows=10_000,
    faults=339,
    label="Machine failure",
    positive="1",
    notes="SYNTHETIC by its own author: it reflects predictive maintenance data, no machine was measured. "
    "Type is the quality of the product, L < M < H.",
    split="stratified at random",
    forms=(
        Form(
            ("ai4i2020.csv",),
            read_csv,
            sha256="9841aaa04b716d41ce9501f42d9388de7f571566608945061d026f95853c0337",
            url=f"{_UCI}/static/public/601/ai4i+2020+predictive+maintenance+dataset.zip",
        ),
    ),
    dropped={
        "UDI": "the row's number",
        "Product ID": "an identifier, and its letter repeats Type",
        **{name: "a failure mode, which gives the label away" for name in ("TWF", "HDF", "PWF", "OSF", "RNF")},
    },
    units={
        "Air temperature [K]": "K",
        "Process temperature [K]": "K",
        "Rotational speed [rpm]": "rpm",
        "Torque [Nm]": "Nm",
        "Tool wear [min]": "min",
    },
)

_STEEL_FORMS = (
    Form(
        ("steel_plates_faults.csv",),
        read_csv,
        sha256="20825a4f48de8fd9aba03200093a0bcf79091e7151788573c04ac374215c52b2",
    ),
    Form(
        ("Faults.NNA",),
        read_steel_original,
        content="7d95dbfc9d12ec5bbc5fdc25de54224e763956c999880fad519930afa142ac08",
        url=f"{_UCI}/static/public/198/steel+plates+faults.zip",
    ),
)


def _steel_plates(name: str, fault: str) -> Entry:
    label = STEEL_FAULTS[fault]
    return Entry(
        name=name,
        title=f"Steel Plates Faults: {fault} against the other six faults",
        kind="real",
        origin=f"{_UCI}/dataset/198/steel+plates+faults",
        doi="10.24432/C5J88N",
        licence=_CC_BY,
        citation="Buscema, M., Terzi, S. and Tastle, W. (2010). Steel Plates Faults. UCI Machine Learning Repository.",
        folder="steel_plates",
        rows=1_941,
        faults=_STEEL_COUNTS[fault],
        label=label,
        positive="1",
        notes=f"Real measurements of faulty steel plates: {fault} against the other six kinds of fault. No plate is "
        "healthy, so a 'good' one here has another fault.",
        split="stratified at random, never by row order: the rows are sorted by fault",
        forms=_STEEL_FORMS,
        dropped={
            column: f"another fault of the same plate, which gives {label} away"
            for column in STEEL_FAULTS.values()
            if column != label
        },
    )


STEEL_PLATES = (
    _steel_plates("steel-plates", STEEL_DEFAULT),
    *(_steel_plates(f"steel-plates:{fault}", fault) for fault in STEEL_FAULTS),
)
"""Plain `steel-plates` is STEEL_DEFAULT against the rest; `steel-plates:FAULT` any of its faults."""
