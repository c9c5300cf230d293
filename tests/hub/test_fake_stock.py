"""What the fake Hub holds and derives: the crowd, broken files, the dataset viewer's rows; and the hub by hand."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from functools import partial

import httpx2
import pytest

from tests.fake_hub import FakeHub, Repo
from tests.fake_hub.facts import facts
from tests.fake_hub.rows import datasets
from tests.fake_hub.stock import light_stock
from tests.fake_hub.tiny_models import ROOT


@pytest.fixture(scope="module")
def client() -> Iterator[httpx2.Client]:
    with FakeHub(datasets()) as hub, httpx2.Client(base_url=hub.address) as client:
        yield client


# The stock


def test_the_crowd_is_the_same_every_time_and_spans_five_orders_of_size() -> None:
    first, second = ([(repo.id, repo.head.sha, repo.downloads) for repo in light_stock()] for _ in range(2))
    assert first == second
    sizes = [facts(repo)["safetensors"]["total"] for repo in light_stock() if "safetensors" in facts(repo)]
    assert min(sizes) < 10**6
    assert max(sizes) > 6 * 10**10


def test_broken_files_derive_nothing_and_break_nothing() -> None:
    broken = {
        "README.md": "---\nlicense: [\n---\n",
        "config.json": '{"architectures": 5, "quantization_config": 3, "model_type": ["x"]}',
        "tokenizer_config.json": "[1, 2]",
        "model.safetensors": b"\xff" * 64,
    }
    said = facts(Repo("broken/all", broken))
    assert "cardData" not in said
    assert "safetensors" not in said
    with FakeHub([Repo("broken/all", broken)]) as hub:
        assert httpx2.get(f"{hub.address}/api/models/broken/all").status_code == 200
        assert len(httpx2.get(f"{hub.address}/api/models?full=true&config=true").json()) == 1


# The dataset viewer


def test_the_viewer_tells_splits_and_their_rows(client: httpx2.Client) -> None:
    ask = {"dataset": "lantern/harbour-letters"}
    assert client.get("/viewer/is-valid", params=ask).json()["viewer"] is True
    splits = client.get("/viewer/splits", params=ask).json()["splits"]
    assert [(split["config"], split["split"]) for split in splits] == [("default", "test"), ("default", "train")]
    one = ask | {"config": "default", "split": "train"}
    rows = client.get("/viewer/rows", params=one | {"offset": 198, "length": 5}).json()
    assert [row["row_idx"] for row in rows["rows"]] == [198, 199]
    assert rows["num_rows_total"] == 200
    assert {feature["name"]: feature["type"]["dtype"] for feature in rows["features"]} == {
        "text": "string",
        "from": "string",
        "year": "int64",
        "read": "bool",
    }


def test_the_viewer_cuts_long_cells_in_the_first_rows(client: httpx2.Client) -> None:
    one = {"dataset": "lantern/harbour-letters", "config": "default", "split": "train"}
    rows = client.get("/viewer/first-rows", params=one).json()["rows"]
    assert len(rows) == 100
    assert [row["row_idx"] for row in rows if row["truncated_cells"]] == [2]
    assert len(rows[2]["row"]["text"]) == 2000


def test_the_viewer_counts(client: httpx2.Client) -> None:
    ask = {"dataset": "lantern/harbour-letters"}
    assert client.get("/viewer/size", params=ask).json()["size"]["dataset"]["num_rows"] == 240
    columns = client.get("/viewer/statistics", params=ask | {"config": "default", "split": "test"}).json()["statistics"]
    year = next(column for column in columns if column["column_name"] == "year")
    assert 1880 <= year["column_statistics"]["min"] <= year["column_statistics"]["mean"] <= 1909


@pytest.mark.parametrize(
    ("what", "query", "status", "code"),
    [
        ("splits", {}, 422, "MissingRequiredParameter"),
        ("splits", {"dataset": "nobody/nothing"}, 401, "ExternalUnauthenticatedError"),
        ("splits", {"dataset": "gatekeeper/sealed"}, 401, "ExternalUnauthenticatedError"),
        ("splits", {"dataset": "brinefield/almanacs"}, 500, "EmptyDatasetError"),
        ("rows", {"dataset": "lantern/harbour-letters", "config": "x", "split": "train"}, 404, "ResponseNotFound"),
        (
            "rows",
            {"dataset": "lantern/harbour-letters", "config": "default", "split": "train", "length": "101"},
            422,
            "InvalidParameter",
        ),
    ],
)
def test_the_viewer_says_no_in_its_own_words(
    client: httpx2.Client, what: str, query: dict[str, str], status: int, code: str
) -> None:
    answer = client.get(f"/viewer/{what}", params=query)
    assert (answer.status_code, answer.headers["X-Error-Code"]) == (status, code)
    assert answer.json()["error"]


def test_by_hand_it_says_how_to_start_the_app() -> None:
    command = [sys.executable, "-m", "tests.fake_hub", "--port", "0", "--light"]
    # A shell's background work is deaf to Ctrl-C, and so would be what it starts.
    heard = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, preexec_fn=heard) as process:
        assert process.stdout is not None
        said = "".join(process.stdout.readline() for _ in range(3))
        found = re.search(r"HF_ENDPOINT=(\S+) SWATCHBOOK_VIEWER=(\S+)/viewer make run", said)
        assert found is not None, said
        assert found[1] == found[2]
        assert len(httpx2.get(f"{found[1]}/api/models?author=swatchbook-house").json()) == 6
        process.send_signal(signal.SIGINT)
        assert process.wait(5) == 0
