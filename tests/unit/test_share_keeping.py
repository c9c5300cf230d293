"""Keeping what is on the pad: versions, remixes, and what is kept already."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any

import gradio as gr
import pytest

from components.desk import Desk
from components.keep_actions import Keeping
from components.pad_session import PadSession
from swatchbook.archive.store import Kept
from swatchbook.runs import RunError
from swatchbook.sketch.reader import read_sketch
from swatchbook.sketch.splice import rename
from tests.desks import LETTER, OTHER, a_desk, kept_in, origin, played, pressed, request


@pytest.fixture
def made(tmp_path: Path) -> Desk:
    return a_desk(tmp_path)[0]


async def test_each_keep_is_a_version_and_what_changed_is_told(made: Desk) -> None:
    session = PadSession()
    panel, pad = await pressed(made, session, "keep")
    first = kept_in(made, session)
    assert (first.text, first.title, first.parent, first.relation) == (LETTER, "A letter", None, None)
    assert pad == gr.skip()
    assert f'data-kept="{first.id}"' in panel["html"]
    first_key = origin(session).key
    assert first_key in panel["html"]
    await pressed(made, session, "keep", OTHER, listed="on")
    second = kept_in(made, session)
    assert (second.parent, second.relation, second.text) == (first.id, "version", OTHER)
    own = [{"id": first.id, "key": first_key}]
    panel, _ = await pressed(made, session, "versions", OTHER, own=own)
    told = panel["html"].split("version-list")[1]
    assert told.count("<li><p>") == 2
    assert told.index("clerk") < told.index("The first that is kept")
    assert "Today I feel" in told
    panel, pad = await pressed(made, session, "back", OTHER, id=first.id, own=own)
    assert pad["text"] == LETTER
    await pressed(made, session, "keep")
    assert kept_in(made, session).parent == second.id
    with pytest.raises(RunError, match="not there any more"):
        made.sharing._back(origin(session), {"id": "nobody"})


async def test_others_versions_that_are_not_listed_are_not_shown(made: Desk) -> None:
    author = PadSession()
    await pressed(made, author, "keep")
    key = origin(author).key
    await pressed(made, author, "keep", OTHER)
    newest = kept_in(made, author)
    visitor = PadSession()
    await made.opens.link(visitor, request(sketch=newest.id))
    mine, false = {"id": newest.parent, "key": key}, {"id": newest.parent, "key": "x"}
    for own, count in (([], 1), ([mine], 2), ([false], 1), ([newest.parent], 1), ("no list", 1)):
        panel, _ = await pressed(made, visitor, "versions", OTHER, own=own)
        assert panel["html"].split("version-list")[1].count("<li><p>") == count
    with pytest.raises(RunError, match="not there any more"):
        made.sharing._back(origin(visitor), {"id": newest.parent})


async def test_what_somebody_else_kept_becomes_a_remix_with_its_lineage(made: Desk) -> None:
    bo, cy = PadSession(), PadSession()
    await pressed(made, bo, "keep")
    first = kept_in(made, bo)
    opened, panel = await made.opens.link(cy, request(sketch=first.id))
    assert opened["text"] == LETTER
    assert "data-secret" not in panel["html"]
    assert origin(bo).key not in panel["html"]
    _, pad = await pressed(made, cy, "keep", OTHER)
    remix = kept_in(made, cy)
    assert (remix.parent, remix.relation) == (first.id, "remix")
    assert [(each.id, each.title, each.author) for each in remix.lineage] == [(first.id, "A letter", "Bo")]
    assert read_sketch(remix.text).remix_of == "A letter by Bo"
    assert pad["text"] == remix.text
    assert remix.text.startswith("# A letter in two voices\n")
    di = PadSession()
    await made.opens.link(di, request(sketch=remix.id))
    await pressed(made, di, "keep", remix.text)
    again = kept_in(made, di)
    assert [each.id for each in again.lineage] == [first.id, remix.id]
    assert again.text == remix.text
    await pressed(made, di, "keep", f"{again.text}# mine now\n")
    assert kept_in(made, di).relation == "version"
    assert kept_in(made, di).lineage == again.lineage


async def test_a_text_that_went_on_while_a_remix_was_kept_says_whose_it_is_when_it_is_kept(made: Desk) -> None:
    bo, cy = PadSession(), PadSession()
    await pressed(made, bo, "keep")
    await made.opens.link(cy, request(sketch=kept_in(made, bo).id))
    panel, pad = await pressed(made, cy, "keep", OTHER)
    remix = kept_in(made, cy)
    assert panel["kept"] == {"id": remix.id, "text": remix.text}
    assert (pad["was"], pad["text"]) == (OTHER, remix.text)
    typed = OTHER.replace("A letter", "My letter")
    panel, pad = await pressed(made, cy, "keep", typed)
    version = kept_in(made, cy)
    assert (version.parent, version.relation, version.lineage) == (remix.id, "version", remix.lineage)
    assert read_sketch(version.text).remix_of == "A letter by Bo"
    assert (pad["was"], pad["text"]) == (typed, version.text)
    assert panel["kept"] == {"id": version.id, "text": version.text}
    panel, _ = await pressed(made, cy, "back", version.text, id=remix.id, own=[])
    assert "kept" not in panel


async def test_what_is_kept_already_makes_no_version(made: Desk) -> None:
    session, told = PadSession(), "Nothing has changed since this was kept."
    await pressed(made, session, "keep")
    await played(made, session, LETTER)
    renamed = rename(LETTER, "name", "whom")
    steps: list[tuple[str, dict[str, Any]]] = [
        (LETTER, {}), (OTHER, {}), (OTHER, {"listed": "on"}), (renamed, {}), (f"{renamed}# a remark\n", {})
    ]  # fmt: skip
    for text, more in steps:
        await pressed(made, session, "freeze", text)
        panel, _ = await pressed(made, session, "keep", text, **more)
        assert told not in panel["html"]
        before = kept_in(made, session)
        panel, pad = await pressed(made, session, "keep", text, **more)
        assert told in panel["html"]
        assert (pad, kept_in(made, session)) == (gr.skip(), before)
    assert made.sharing.keeping.archive.taken()[0] == len(steps) + 1
    assert made.sharing.keeping.archive.delete(before.id, origin(session).key or "")
    panel, _ = await pressed(made, session, "keep", text)
    assert told not in panel["html"]
    assert kept_in(made, session).id != before.id


class OneAtATime(Keeping):
    """Notices when a second document comes while one is being kept."""

    entered, most = 0, 0

    def put(self, *given: Any) -> Kept:
        self.entered += 1
        self.most = max(self.most, self.entered)
        time.sleep(0.05)  # long enough for the other press to come, if it could
        kept = super().put(*given)
        self.entered -= 1
        return kept


async def test_keep_pressed_twice_at_once_keeps_once(made: Desk) -> None:
    session, keeping = PadSession(), OneAtATime(made.sharing.keeping.archive, made.sharing.keeping.settings)
    made.sharing.keeping = keeping
    panels = await asyncio.gather(*(pressed(made, session, "keep") for _ in range(2)))
    assert keeping.most == 1
    assert keeping.archive.taken()[0] == 1
    assert sum("Nothing has changed since this was kept." in panel["html"] for panel, _ in panels) == 1
