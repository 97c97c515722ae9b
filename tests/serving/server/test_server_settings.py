from pathlib import Path

import pytest

from serving.server.settings import Settings, parse


def test_defaults_are_those_of_a_container():
    settings, ignored = parse([], {})
    assert settings == Settings() and ignored == []
    assert (settings.model_dir, settings.http_port, settings.host) == (Path("/mnt/models"), 8080, "0.0.0.0")


def test_flags_beat_the_environment():
    environment = {"RAREFAULT_HTTP_PORT": "1234", "RAREFAULT_MISSING": "fill", "RAREFAULT_MODEL_DIR": "/a"}
    settings, _ = parse(["--http_port=99", "--model_dir", "/b"], environment)
    assert (settings.http_port, settings.missing, settings.model_dir) == (99, "fill", Path("/b"))


def test_flags_of_kserve_are_ignored():
    settings, ignored = parse(["--grpc_port=8081", "--enable_grpc", "--workers", "2", "--model_name=m"], {})
    assert settings.model_name == "m" and sorted(ignored) == ["enable_grpc", "grpc_port", "workers"]


@pytest.mark.parametrize(
    ("flags", "environment", "cause"),
    [
        (["--nothing=1"], {}, "--nothing"),
        (["--http_por=1"], {}, "--http_por"),
        (["--http_port=abc"], {}, "http_port"),
        (["--http_port=70000"], {}, "65535"),
        (["--model_name=a/b"], {}, "model_name"),
        (["--max_body=0"], {}, "max_body"),
        (["--max_rows=0"], {}, "max_rows"),
        (["--reload_seconds=nan"], {}, "reload_seconds"),
        (["--reload_seconds=-1"], {}, "reload_seconds"),
        (["--missing=guess"], {}, "refuse, fill"),
        (["--request_log=xml"], {}, "cloudevents"),
        (["--log_level=loud"], {}, "debug"),
        ([], {"RAREFAULT_HTTP_PORT": "abc"}, "RAREFAULT_HTTP_PORT"),
        ([], {"RAREFAULT_READ_SECONDS": ""}, "RAREFAULT_READ_SECONDS"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(flags, environment, cause, capsys):
    with pytest.raises(SystemExit) as ended:
        parse(flags, environment)
    text = capsys.readouterr().err
    assert ended.value.code == 2 and cause in text and text.count("\n") == 1
