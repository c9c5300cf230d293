"""The named endpoints: every example in docs/api.md is run, in order, against a real app."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest
from gradio_client import Client
from gradio_client.exceptions import AppError

from components.page import build, launch_options
from swatchbook.runs import read_run
from swatchbook.settings import ROOT, AppSettings
from tests.fakes import FakeEngine
from tests.ui.conftest import free_port

EXAMPLES = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "api.md").read_text(encoding="utf-8"), re.DOTALL)


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An app with the real house models' names, and scripted texts."""
    settings = AppSettings(cores=2, port=free_port(), offline=True, data=tmp_path_factory.mktemp("data"))
    demo = build(FakeEngine(), settings)
    demo.launch(prevent_thread_lock=True, quiet=True, **launch_options(settings))
    yield f"http://127.0.0.1:{settings.port}"
    demo.close(verbose=False)


@pytest.fixture(scope="module")
def client(address: str) -> Client:
    return Client(address, verbose=False)


def test_the_examples_of_the_documentation_work(address: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert len(EXAMPLES) >= 6
    names: dict[str, object] = {}
    for example in EXAMPLES:
        exec(example.replace("http://127.0.0.1:7860", address), names)
    said = capsys.readouterr().out
    assert "one two three." in said
    assert "can be deleted with" in said
    assert "A tide" in said
    assert "There is nothing under this link" in said


def test_only_three_endpoints_are_public_and_typed(client: Client) -> None:
    named = client.view_api(return_format="dict")["named_endpoints"]
    assert set(named) == {"/run", "/list", "/open"}
    asked = {each["parameter_name"]: each["python_type"]["type"] for each in named["/run"]["parameters"]}
    assert asked["prompt"] == "str"
    assert asked["models"].startswith("list[str]")
    assert asked["temperature"] == "float"


def test_a_run_comes_as_the_document_it_is(client: Client) -> None:
    answer = client.predict(prompt="Hi", models=["house/oracle"], samples=2, seed=3, api_name="/run")
    run = read_run(json.dumps(answer["run"]))
    assert answer["kept"] is None
    assert [sample.seed for sample in run.samples] == [3, 4]
    assert run.credits[0].licence == "cc0-1.0"
    assert run.machine
    assert run.versions["swatchbook"]


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"prompt": " ", "models": ["house/cook"]}, "The prompt is empty"),
        ({"prompt": "x", "models": []}, "No model is named"),
        ({"prompt": "x", "models": ["house/nobody"]}, "no house model called nobody"),
        ({"prompt": "x", "models": ["../etc"]}, "not a model's name"),
        ({"prompt": "x", "models": ["house/cook"], "temperature": 9}, "temperature"),
        ({"prompt": "x", "models": ["house/cook"], "samples": 10**9}, "samples"),
        ({"prompt": "{a|b}" * 9, "models": ["house/cook"]}, "is the most"),
    ],
)
def test_what_makes_no_sense_is_one_sentence(client: Client, asked: dict[str, object], sentence: str) -> None:
    with pytest.raises(AppError, match=sentence) as refusal:
        client.predict(**asked, api_name="/run")
    assert "Traceback" not in str(refusal.value)


@pytest.mark.parametrize("id", ["", "nothing", "../../etc/passwd", "a" * 5000, "' OR 1=1 --"])
def test_ids_that_open_nothing_get_one_answer(client: Client, id: str) -> None:
    with pytest.raises(AppError, match="There is nothing under this link"):
        client.predict(id=id, api_name="/open")


def test_what_is_not_listed_is_not_in_the_list(client: Client) -> None:
    kept = client.predict(prompt="Hidden", models=["house/cook"], samples=1, keep=True, api_name="/run")["kept"]
    listed = client.predict(text="Hidden", api_name="/list")
    assert kept["id"] not in [entry["id"] for entry in listed]
    assert client.predict(id=kept["id"], api_name="/open")["template"] == "Hidden"
