"""A worker gets no secret from the app's environment."""

import os

import pytest

from swatchbook.engine import lifeline


def test_secrets_are_removed_and_the_network_is_off(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HF_TOKEN", "OAUTH_CLIENT_SECRET", "MY_API_KEY", "db_password"):
        monkeypatch.setenv(name, "hidden")
    monkeypatch.setenv("HARMLESS", "kept")
    for name in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "HF_HUB_DISABLE_TELEMETRY"):
        monkeypatch.setenv(name, "0")
    monkeypatch.setenv("DISABLE_SAFETENSORS_CONVERSION", "0")
    monkeypatch.setenv("TOKENIZERS_PARALLELISM", "true")
    lifeline.scrub_environment()
    assert "hidden" not in os.environ.values()
    assert os.environ["HARMLESS"] == "kept"
    assert os.environ["HF_HUB_OFFLINE"] == "1"
