"""Each environment variable: its default, its effect, and the sentence for a value that makes no sense."""

from pathlib import Path

import pytest

from swatchbook import settings
from swatchbook.settings import ROOT, AppSettings, SettingsError, read_settings


def test_the_defaults_stand_without_an_environment() -> None:
    found = read_settings({})
    assert found == AppSettings(cores=found.cores)
    assert found.cores >= 1
    assert found.data == ROOT / "data"
    assert found.public_address() is None
    assert not found.on_space
    assert not found.on_zerogpu


def test_each_variable_is_obeyed(tmp_path: Path) -> None:
    found = read_settings(
        {
            "SWATCHBOOK_MEMORY_GB": " 2.5 ",
            "SWATCHBOOK_CORES": "3",
            "SWATCHBOOK_DATA": str(tmp_path / "kept"),
            "SWATCHBOOK_DEADLINE": "30",
            "GRADIO_SERVER_NAME": "0.0.0.0",
            "GRADIO_SERVER_PORT": "8001",
        }
    )
    assert found == AppSettings(2.5, 3, tmp_path / "kept", "0.0.0.0", 8001, 30.0)


def test_the_hub_and_its_disk_are_settings() -> None:
    found = read_settings({"HF_ENDPOINT": "http://127.0.0.1:8099/", "HF_HUB_OFFLINE": "1", "SWATCHBOOK_DISK_GB": "2"})
    assert (found.hub, found.offline, found.disk_gb) == ("http://127.0.0.1:8099", True, 2.0)
    assert found.viewer.startswith("https://")


def test_port_goes_before_gradios_own() -> None:
    assert read_settings({"PORT": "8000", "GRADIO_SERVER_PORT": "8001"}).port == 8000
    assert read_settings({"PORT": "", "GRADIO_SERVER_PORT": "8001"}).port == 8001


def test_a_space_listens_everywhere_and_has_a_public_address() -> None:
    found = read_settings({"SPACE_ID": "ada/swatchbook", "CPU_CORES": "2"})
    assert found.on_space
    assert (found.host, found.cores) == ("0.0.0.0", 2)
    assert found.public_address() == "https://huggingface.co/spaces/ada/swatchbook"


@pytest.mark.parametrize("env", [{"SPACES_ZERO_GPU": "true"}, {"ACCELERATOR": "zero-a10g"}])
def test_zerogpu_is_recognised(env: dict[str, str]) -> None:
    assert read_settings(env).on_zerogpu
    assert not read_settings({"ACCELERATOR": "t4-small", "SPACES_ZERO_GPU": "false"}).on_zerogpu


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SWATCHBOOK_MEMORY_GB", "lots"),
        ("SWATCHBOOK_MEMORY_GB", "-1"),
        ("SWATCHBOOK_MEMORY_GB", "nan"),
        ("SWATCHBOOK_CORES", "0"),
        ("SWATCHBOOK_CORES", "1.5"),
        ("SWATCHBOOK_DEADLINE", "0"),
        ("SWATCHBOOK_DEADLINE", "inf"),
        ("SWATCHBOOK_DATA", __file__),
        ("PORT", "0"),
        ("PORT", "65536"),
        ("PORT", "9" * 5000),
        ("GRADIO_SERVER_PORT", "http"),
        ("SWATCHBOOK_DISK_GB", "0"),
        ("HF_ENDPOINT", "huggingface.co"),
        ("HF_ENDPOINT", "file:///etc"),
        ("HF_ENDPOINT", "https://me:secret@hub.example"),
        ("SWATCHBOOK_VIEWER", "https://"),
    ],
)
def test_a_value_that_makes_no_sense_is_named_in_one_sentence(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=f"^{name} is .*\\.$"):
        read_settings({name: value})


@pytest.mark.parametrize(
    ("limit", "cores"), [("150000 100000", 1), ("50000 100000", 1), ("800000 100000", 4), ("max 100000", 4)]
)
def test_a_containers_processor_limit_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str, cores: int
) -> None:
    (tmp_path / "cpu.max").write_text(f"{limit}\n")
    monkeypatch.setattr(settings, "CPU_QUOTA", tmp_path / "cpu.max")
    monkeypatch.setattr("os.sched_getaffinity", lambda _: {0, 1, 2, 3}, raising=False)
    assert read_settings({}).cores == cores
