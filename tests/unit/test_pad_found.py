"""What a draft came of is found again when the page is opened anew: by its name in an address."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr
import pytest

from components.descent import SOUGHT
from components.desk import Desk
from components.pad_open import GONE
from components.pad_session import LOST, PadSession
from swatchbook.archive.errors import ArchiveError
from swatchbook.sketch.kept import MAX_EXAMPLES, KeptSketch
from tests.desks import LETTER, a_desk, origin, played, pressed, request, sent


@pytest.fixture
def made(tmp_path: Path) -> Desk:
    return a_desk(tmp_path)[0]


async def kept(made: Desk, session: PadSession, text: str = LETTER) -> KeptSketch:
    """A sketch that is kept with a frozen result."""
    await played(made, session, text)
    await pressed(made, session, "freeze", text)
    await pressed(made, session, "keep", text)
    base = origin(session).base
    assert base is not None
    return base


async def came_back(made: Desk, name: object, frozen: str = "", **more: Any) -> tuple[PadSession, str]:
    """A page without an address whose browser gives back its draft, and what lies under the piece."""
    page = PadSession()
    await made.opens.link(page, request())
    told = made.opens.drafted(page, sent(of=0, name=name, frozen=frozen, **{"text": LETTER, **more}))
    return page, told["html"]


async def test_a_draft_finds_again_the_kept_sketch_that_it_came_of(made: Desk) -> None:
    author, other = PadSession(), PadSession()
    base = await kept(made, author)
    key = origin(author).key
    page, html = await came_back(made, f"sketch={base.id}", own=[{"id": base.id, "key": key}])
    back = page.at(0)
    assert (back.base, back.key, back.examples, back.lineage) == (base, key, base.examples, base.lineage)
    assert f'data-kept="{base.id}"' in html
    await pressed(made, page, "keep", f"{LETTER}# mine\n", of=0)
    assert back.base is not None
    assert (back.base.parent, back.base.relation) == (base.id, "version")
    await made.opens.link(other, request(sketch=base.id))
    remix = await kept(made, other, f"{LETTER}# theirs\n")
    page, html = await came_back(made, f"sketch={remix.id}", own=[{"id": remix.id, "key": key}, "x"])
    assert (page.at(0).lineage, page.at(0).key) == (remix.lineage, None)
    assert page.at(0).lineage != []
    page, _ = await came_back(made, "example=islands")
    assert page.at(0).source is not None


async def test_what_was_frozen_since_it_was_kept_comes_back_once(made: Desk) -> None:
    author = PadSession()
    base = await kept(made, author)
    await played(made, author, LETTER, {"name": "Zoë"})
    panel, _ = await pressed(made, author, "freeze")
    page, _ = await came_back(made, f"sketch={base.id}", panel["frozen"])
    assert page.at(0).examples == origin(author).examples
    assert len(page.at(0).examples) == 2


async def test_a_draft_whose_sketch_was_deleted_loses_nothing_of_its_own(made: Desk) -> None:
    author = PadSession()
    base = await kept(made, author)
    await played(made, author, LETTER, {"name": "Zoë"})
    panel, _ = await pressed(made, author, "freeze")
    assert made.sharing.keeping.archive.delete(base.id, origin(author).key or "")
    page, html = await came_back(made, f"sketch={base.id}", panel["frozen"])
    assert GONE in html
    assert page.at(0).examples == origin(author).examples
    await pressed(made, page, "keep", of=0)
    assert page.at(0).base is not None
    for name in ("example=nobody", "packed=1.sketch.AAAAAAAA.AAAA", f"record={base.id}"):
        page, html = await came_back(made, name)
        assert (html.count('role="alert"'), page.at(0).base) == (1, None)
    for name in ("", "=", "sketch", "sketch=", "run=x", f"{base.id}", 7, None, ["sketch=x"]):
        page, html = await came_back(made, name)
        assert (html.count('role="alert"'), page.at(0).base) == (0, None)


async def test_a_draft_whose_sketch_cannot_be_looked_up_is_not_kept_without_its_author(
    made: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    base, keeping = await kept(made, PadSession()), made.sharing.keeping
    name = f"sketch={base.id}"
    with monkeypatch.context() as away:
        away.setattr(keeping.archive, "open", unreachable)
        page, html = await came_back(made, name)
    assert "is busy" in html
    for act in ("keep", "pad-link"):
        panel, pad = await pressed(made, page, act, f"{LETTER}# mine\n", of=0)
        assert SOUGHT in panel["html"]
        assert (page.at(0).base, pad) == (None, gr.skip())
    made.opens.drafted(page, sent(of=0, name=name, frozen="", text=LETTER))
    await pressed(made, page, "keep", f"{LETTER}# mine\n", of=0)
    mine = page.at(0).base
    assert mine is not None
    assert [(each.id, each.author) for each in mine.lineage] == [(base.id, "Bo")]


def unreachable(_: str) -> None:
    raise ArchiveError("The archive is busy; try again.")


@pytest.mark.parametrize("kind", ["record", "sketch"])
async def test_what_an_address_brought_along_comes_once_and_stays_away(made: Desk, kind: str) -> None:
    author, page, later = PadSession(), PadSession(), PadSession()
    base = await kept(made, author)
    panel, _ = await pressed(made, author, "keep-record")
    name = f"sketch={base.id}" if kind == "sketch" else panel["copy"].removesuffix("&tab=sketchpad")
    key, _, id = name.partition("=")
    await made.opens.link(page, request(**{key: id}))
    of = origin(page).of
    for _ in range(MAX_EXAMPLES + 2):
        told = made.opens.drafted(page, sent(of=of, name=name, frozen="", text=LETTER))
        assert ("frozen" in told, len(page.at(of).examples)) == (False, 1)
    gone, _ = await pressed(made, page, "thaw", at="0")
    for session, number, held in ((page, of, ""), (page, of, gone["frozen"]), (later, 0, gone["frozen"])):
        made.opens.drafted(session, sent(of=number, name=name, frozen=held, text=LETTER))
        assert session.at(number).examples == []


async def test_a_full_sketch_that_is_found_again_and_a_result_frozen_meanwhile_are_as_many_as_may_be(
    made: Desk,
) -> None:
    author, page, later = PadSession(), PadSession(), PadSession()
    for name in map(str, range(MAX_EXAMPLES)):
        await played(made, author, LETTER, {"name": name})
        await pressed(made, author, "freeze")
    await pressed(made, author, "keep")
    base = origin(author).base
    assert base is not None
    await played(made, page, LETTER, {"name": "Zoë"}, of=0)
    first, _ = await pressed(made, page, "freeze", of=0)
    name = f"sketch={base.id}"
    told = made.opens.drafted(page, sent(of=0, name=name, frozen="", text=LETTER))
    made.opens.drafted(page, sent(of=0, name=name, frozen=first["frozen"], text=LETTER))
    made.opens.drafted(later, sent(of=0, name=name, frozen=told["frozen"], text=LETTER))
    assert [each.values["name"] for each in later.at(0).examples] == ["Zoë", *map(str, range(7, 0, -1))]


async def test_what_is_kept_before_the_draft_is_found_stays(made: Desk) -> None:
    base, page = await kept(made, PadSession()), PadSession()
    await made.opens.link(page, request())
    await pressed(made, page, "keep", of=0)
    mine = page.at(0).base
    made.opens.drafted(page, sent(of=0, name=f"sketch={base.id}", frozen="", text=LETTER))
    assert page.at(0).base == mine != base


async def test_a_server_that_was_started_anew_does_nothing_without_what_it_lost(made: Desk) -> None:
    session = PadSession()
    await played(made, session, LETTER)
    panel, _ = await pressed(made, session, "freeze")
    of, taken = panel["of"], made.sharing.keeping.archive.taken()
    for number in (of, of + 1):
        later = PadSession()
        data = sent(act="keep", format="record", text=LETTER, of=number)
        *_, (shown, under) = [each async for each in made.sharing.play(later, sent(text=LETTER, of=number, values={}))]
        assert shown["status"] == "Done."
        stepped = made.opens.drafted(later, sent(of=number, text=LETTER))
        pressed_, pad = await made.sharing.press(later, data, request())
        taken_ = await made.sharing.take(later, data)
        published = [each async for each in made.publishing.publish(later, {"of": number, "text": LETTER}, "token")]
        for lost in (under, stepped, pressed_, taken_, *published):
            assert LOST in lost["html"]
            assert (lost["of"], lost.keys()) == (number, {"number", "of", "html"})
        assert (pad, later.origins) == (gr.skip(), {})
    assert made.sharing.keeping.archive.taken() == taken
