"""Bad input: one clear line, exit code 2, nothing left behind but the log."""

import gzip

import numpy as np
import pandas as pd
import pytest


def table(n=120, faults=20, seed=0):
    rng = np.random.default_rng(seed)
    label = np.where(np.arange(n) < faults, "fail", "pass")
    return pd.DataFrame({"force": rng.normal(size=n), "torque": rng.normal(size=n), "result": label})


def truncated(path):
    table(2000).to_csv(path, index=False, compression="gzip")
    path.write_bytes(path.read_bytes()[:-200])


def one_class(path):
    with gzip.open(path, "wt") as file:
        table().assign(result="pass").to_csv(file, index=False)


def one_column(path):
    path.write_text("\n".join(str(i) for i in range(100)))


def huge_line(path):
    with path.open("wb") as file:
        for _ in range(100):
            file.write(b"1," * 500_000)


def few_faults(path):
    with gzip.open(path, "wt") as file:
        table(faults=4).to_csv(file, index=False)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (truncated, "part.csv.gz"),
        (one_class, "result"),
        (one_column, "part.csv.gz"),
        (huge_line, "line"),
        (few_faults, "10"),
    ],
)
def test_a_bad_file_is_refused_in_one_line(line, tmp_path, make, said):
    path = tmp_path / "part.csv.gz"
    make(path)
    done = line.run("run", "fault-detection", "--data", str(path), "--label", "result", "--out", str(tmp_path / "run"))
    assert done.returncode == 2, done.stderr
    complaint = [text for text in done.stderr.splitlines() if text.startswith("rarefault:")]
    assert len(complaint) == 1
    assert said in complaint[0]
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "run" / "report.html").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["run", "fault-detektion"], "known pipelines: fault-detection"),
        (["run", "fault-detection", "--data", "secmo"], "secom"),
        (["run", "fault-detection", "--set", "sede=3"], "parameters: data, label"),
        (["run", "fault-detection", "--set", "folds=many"], "folds takes a whole number"),
        (["run", "fault-detection", "--set", "approve=1"], "approve takes true or false"),
        (["run", "fault-detection", "--seed", "-1"], "seed is -1; accepted"),
        (["run", "fault-detection", "--set", "classifier=forest"], "known classifiers: logistic-regression"),
        (["run", "fault-detection", "--out", "/dev/null"], "/dev/null cannot be written"),
        (["run", "fault-detection", "--out", "/dev/null/run"], "/dev/null/run cannot be written"),
        (["models", "show", "nothing", "--registry", "ftp://x"], "accepted: sqlite:"),
        (["models", "promote", "nothing"], "registered models: none"),
        (["compile", "nothing"], "known pipelines"),
    ],
)
def test_bad_words_are_refused_in_one_line(line, words, said):
    done = line.run(*words)
    assert done.returncode == 2, done.stderr
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_a_file_without_a_label_says_which_columns_there_are(line, tmp_path):
    table().to_csv(tmp_path / "parts.csv", index=False)
    done = line.run("run", "fault-detection", "--data", str(tmp_path / "parts.csv"), "--out", str(tmp_path / "run"))
    assert done.returncode == 2
    assert "--label" in done.stderr
    assert "force, torque, result" in done.stderr


def test_help_teaches(line):
    done = line.run("run", "--help")
    assert done.returncode == 0
    assert "rarefault run fault-detection --data my.csv --label result --positive fail" in done.stdout
    listed = line.run("run", "fault-detection", "--parameters").stdout
    assert "cost_ratio" in listed
    assert "missed fault" in listed
