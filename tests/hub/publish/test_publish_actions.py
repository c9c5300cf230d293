"""Publishing from the page: what a visitor is told at each step, and what is refused before the Hub hears of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from components.publish_actions import SIGN_IN, Publishing
from swatchbook.settings import ROOT
from swatchbook.sketch.publish.signing import SCOPES
from swatchbook.sketch.publish.space import Publisher
from tests.desks import LETTER, PLAIN, a_desk, a_page
from tests.fake_hub import FakeHub
from tests.hub.publish.pieces import TOKEN, spaces


async def told(tmp_path: Path, publisher: Publisher, token: str = TOKEN, **posted: Any) -> list[str]:
    """What lies under the piece, step by step."""
    publishing = Publishing(a_desk(tmp_path)[0].sharing, publisher)
    data = {"name": "words", "target": "static", "text": PLAIN, **posted}
    return [shown["html"] async for shown in publishing.publish(a_page(), data, token)]


async def test_a_sketch_becomes_a_space_of_the_visitor_and_each_step_is_told(
    tmp_path: Path, hub: FakeHub, publisher: Publisher
) -> None:
    *_, last = steps = await told(tmp_path, publisher, target="zerogpu")
    assert len(steps) > 3
    assert f'href="{hub.address}/spaces/ada/words"' in last
    repo = spaces(hub)["ada/words"]
    assert repo.private
    assert repo.head.files["sketch.yaml"].read() == PLAIN.encode()
    assert all(TOKEN not in step for step in steps)
    *_, last = await told(tmp_path, publisher, public="on", name="words-for-all")
    assert not spaces(hub)["ada/words-for-all"].private
    *_, last = await told(tmp_path, publisher)
    assert "words-2" in last
    assert 'role="alert"' in last


def test_the_readme_asks_for_no_more_than_publishing_needs() -> None:
    _, header, _ = (ROOT / "README.md").read_text(encoding="utf-8").split("---\n", 2)
    told = yaml.safe_load(header)
    assert (told["hf_oauth"], tuple(told["hf_oauth_scopes"])) == (True, SCOPES)


@pytest.mark.parametrize(
    ("token", "posted", "said"),
    [
        ("", {}, SIGN_IN),
        (TOKEN, {"name": "-"}, "Space&#39;s name has up to"),
        (TOKEN, {"target": "moon"}, "is no place to publish to"),
        (TOKEN, {"text": "title: ["}, "Line 1"),
        (TOKEN, {"text": LETTER}, "run the sketch once first"),
    ],
    ids=["no sign-in", "name", "target", "text", "nothing recorded"],
)
async def test_what_cannot_be_published_is_said_and_the_hub_is_not_asked(
    tmp_path: Path, hub: FakeHub, publisher: Publisher, token: str, posted: dict[str, Any], said: str
) -> None:
    (shown,) = await told(tmp_path, publisher, token, **posted)
    assert said in shown
    assert 'role="alert"' in shown
    assert not hub.log.find(".")
