"""Kept runs, clicked through: keeping, links, drafts, the Archive tab, deleting."""

from __future__ import annotations

import re
import sqlite3
from pathlib import Path

from playwright.sync_api import APIResponse, Route, expect

from tests.fake_hub import FakeHub, Repo
from tests.fakes import Script
from tests.ui.conftest import Opener, Served, Tab, serving, until


def kept(tab: Tab, title: str = "", listed: bool = True) -> str:
    """Keep the run that is shown; returns its id."""
    tab.page.locator("#keep [name=title]").fill(title)
    tab.page.locator("#keep [name=listed]").set_checked(listed)
    tab.page.locator("#keep button", has_text="Keep").click()
    link = tab.page.locator("#keep [data-link]")
    expect(link).to_be_visible()
    found = re.search(r"run=([\w-]{22})", link.input_value())
    assert found
    return found[1]


def ran(app: Served, opener: Opener, **query: object) -> Tab:
    tab = opener(app.address, **{"models": "house/keeper,house/cook", "samples": 2, **query})
    tab.run()
    tab.done()
    expect(tab.page.locator("#keep form")).to_be_visible()
    return tab


def test_a_kept_run_opens_by_its_link_as_it_was(app: Served, opener: Opener) -> None:
    tab = ran(app, opener, prompt="The {door|sea} was open, and")
    id = kept(tab, "A <b>bold</b> door")
    assert f"run={id}" in tab.page.url
    expect(tab.page.locator("#keep")).to_contain_text("“A <b>bold</b> door” is kept.")
    expect(tab.page.locator("#keep .key code")).to_have_text(re.compile(r"^[\w-]{12}$"))
    expect(tab.page.locator("#keep")).to_contain_text("opens only here")
    app.engine.scripts["keeper"] = Script(refuse="Nothing may be loaded.")
    other = opener(app.address, run=id)
    expect(other.lane("keeper")).to_contain_text("The door was open, and she had counted the ships")
    expect(other.page.locator("#prompt textarea")).to_have_value("The {door|sea} was open, and")
    expect(other.page.locator("#plan")).to_contain_text("2 models × 2 fillings × 2 samples")
    assert other.page.locator(".lane .text").all_inner_texts() == tab.page.locator(".lane .text").all_inner_texts()
    other.page.get_by_role("button", name="token by token").first.click()
    expect(other.page.locator(".reading")).to_contain_text("13 tokens")
    assert app.engine.running == 0
    other.shot("kept-run")
    blind = opener(app.address, run=id, blind=1)
    expect(blind.page.locator(".lane h2")).to_contain_text(["Model A", "Model B"])
    expect(blind.page.locator("#board")).not_to_contain_text("keeper")


def test_links_that_open_nothing_get_one_answer(app: Served, opener: Opener) -> None:
    said = set()
    for id in ("x" * 22, "../../etc", "' OR 1=1", "A" * 3000):
        tab = opener(app.address, run=id)
        alert = tab.page.locator("#notice [role=alert]")
        expect(alert).to_contain_text("There is nothing under this link")
        expect(tab.page.locator(".lane")).to_have_count(0)
        said.add(alert.inner_text())
        tab.page.close()
    assert len(said) == 1


def test_a_run_is_found_and_deleted_with_its_key(app: Served, opener: Opener) -> None:
    tab = ran(app, opener, prompt="A very particular pomegranate")
    id = kept(tab, "Fruit")
    key = tab.page.locator("#keep .key code").inner_text()
    other = opener(app.address, tab="archive")
    other.page.evaluate("localStorage.clear()")
    other.page.reload()
    entry = other.page.locator(f".entry[data-id='{id}']")
    other.page.locator("#archive [name=text]").fill("pomegr")
    other.page.get_by_role("button", name="Search", exact=True).last.click()
    expect(entry).to_contain_text("Fruit")
    expect(other.page.locator("#archive .entry")).to_have_count(1)
    other.page.locator("#archive [name=kind]").select_option("palette")
    expect(entry).to_have_count(0)
    other.page.locator("#archive [name=kind]").select_option("")
    expect(entry).to_be_visible()
    entry.locator("summary").click()
    entry.locator("[name=key]").fill("wrong")
    entry.get_by_role("button", name="Delete for ever").click()
    expect(other.page.locator("#archive .status")).to_contain_text("Nothing was deleted")
    entry.locator("[name=key]").fill(key)
    entry.get_by_role("button", name="Delete for ever").click()
    expect(other.page.locator("#archive .status")).to_contain_text("Deleted.")
    expect(entry).to_have_count(0)
    gone = opener(app.address, run=id)
    expect(gone.page.locator("#notice [role=alert]")).to_contain_text("There is nothing under this link")


def test_what_is_not_listed_is_found_by_whoever_kept_it(app: Served, opener: Opener) -> None:
    tab = ran(app, opener, prompt="A secret quince")
    id = kept(tab, listed=False)
    mine = opener(app.address, tab="archive")
    entry = mine.page.locator(f".entry[data-id='{id}']")
    mine.page.locator("#archive [name=mine]").check()
    expect(entry).to_contain_text("not listed")
    mine.page.evaluate("localStorage.removeItem('swatchbook-kept')")
    mine.page.reload()
    mine.page.locator("#archive [name=text]").fill("quince")
    mine.page.keyboard.press("Enter")
    expect(mine.page.locator("#archive .status")).to_contain_text("Nothing listed fits")
    expect(entry).to_have_count(0)


def test_a_contest_in_a_child_leaves_the_original(app: Served, opener: Opener) -> None:
    app.engine.scripts["keeper"] = Script(["  "])
    tab = ran(app, opener, prompt="Say nothing")
    parent = kept(tab, "Silence")
    other = opener(app.address, run=parent)
    other.page.locator(".tag.fail").first.click()
    other.page.locator(".composer [name=text]").fill("Silence is an answer.")
    other.page.locator(".composer [name=author]").fill("Ada")
    other.page.get_by_role("button", name="Save the note").click()
    expect(other.page.locator(".note-card")).to_contain_text("contests the tag empty")
    expect(other.page.locator(".tag.fail").first).to_contain_text("contested")
    expect(other.page.locator("#keep")).to_contain_text("With new notes or votes: a child of Silence")
    child = kept(other, "Silence, read again")
    assert child != parent
    again = opener(app.address, run=parent)
    expect(again.lane("keeper")).to_be_visible()
    expect(again.page.locator(".note-card")).to_have_count(0)
    shelf = opener(app.address, tab="archive")
    shelf.page.locator(f".entry[data-id='{child}']").get_by_role("button", name="Family").click()
    tree = shelf.page.locator(".relatives li")
    expect(tree).to_have_count(2)
    expect(tree.nth(1)).to_contain_text("with notes Silence, read again")
    tree.nth(0).get_by_role("link").click()
    expect(shelf.lane("keeper")).to_be_visible()
    shelf.page.wait_for_url(f"**run={parent}**")
    shelf.page.go_back()
    expect(shelf.page.locator(".entry").first).to_be_visible()
    assert "tab=archive" in shelf.page.url


def test_words_are_selected_and_linked_across_lanes(app: Served, opener: Opener) -> None:
    tab = ran(app, opener, samples=1)
    select = """([selector, start, end]) => {
        const said = document.querySelector(selector), range = document.createRange();
        range.setStart(said.firstChild, start); range.setEnd(said.firstChild, end);
        getSelection().removeAllRanges(); getSelection().addRange(range);
    }"""
    tab.page.evaluate(select, ["#board .lane:nth-child(1) [data-said]", 5, 12])
    tab.page.get_by_role("button", name="Note on these words").click()
    expect(tab.page.locator(".composer q")).to_have_text("had cou")
    tab.page.locator(".composer [name=text]").fill("Both count.")
    # From the prompt into the text: the words of the text are meant.
    tab.page.evaluate(
        """() => {
            const sample = document.querySelector('#board .lane:nth-child(2) .text'), range = document.createRange();
            range.setStart(sample.querySelector('.lead').firstChild, 2);
            range.setEnd(sample.querySelector('[data-said]').firstChild, 7);
            getSelection().removeAllRanges(); getSelection().addRange(range);
        }"""
    )
    tab.page.get_by_role("button", name="Note on these words").click()
    expect(tab.page.locator(".composer q")).to_have_count(2)
    expect(tab.page.locator(".composer [name=text]")).to_have_value("Both count.")
    tab.page.get_by_role("button", name="Save the note").click()
    expect(tab.page.locator("#board mark.noted")).to_have_count(2)
    expect(tab.page.locator("#board mark.noted").nth(1)).to_have_text(" butter")
    tab.shot("notes")


def test_a_draft_survives_a_reload(app: Served, opener: Opener) -> None:
    tab = ran(app, opener, prompt="A draft of air")
    newest = "async () => (await swatchbook.drafts.all())[0]?.body ?? ''"
    before = until(tab, newest)
    tab.page.get_by_role("button", name="Write a note").first.click()
    tab.page.locator(".composer [name=text]").fill("Not kept yet")
    tab.page.get_by_role("button", name="Save the note").click()
    expect(tab.page.locator(".note-card")).to_be_visible()
    until(tab, "async (old) => (await swatchbook.drafts.all())[0]?.body !== old", before)
    tab.page.reload()
    expect(tab.page.locator(".note-card")).to_contain_text("Not kept yet")
    expect(tab.lane("keeper")).to_contain_text("A draft of air she had counted")
    first = opener(app.address, tab="archive")  # before Compare was ever looked at
    expect(first.page.locator(".drafts .entry")).to_contain_text("A draft of air")
    first.page.get_by_role("button", name="Open the draft").click()
    expect(first.page.locator(".note-card")).to_contain_text("Not kept yet")
    tab.page.locator("#hide button").click()
    expect(tab.page.locator(".lane h2")).to_contain_text(["Model A", "Model B"])
    until(tab, "async () => (await swatchbook.drafts.all()).some((draft) => draft.blind)")
    tab.page.reload()
    expect(tab.page.locator(".lane h2")).to_contain_text(["Model A", "Model B"])
    tab.page.get_by_role("button", name="Reveal the names").click()
    expect(tab.lane("keeper")).to_be_visible()
    tab.page.locator("#tabs button[data-tab-id=archive]").click()
    drafts = tab.page.locator(".drafts .entry")
    expect(drafts).to_contain_text("A draft of air")
    tab.page.locator("#tabs button[data-tab-id=compare]").click()
    kept(tab)
    tab.page.locator("#tabs button[data-tab-id=archive]").click()
    expect(drafts).to_have_count(0)


def test_a_packed_link_carries_the_run_without_anything_kept(app: Served, opener: Opener) -> None:
    tab = ran(app, opener, prompt="Good {morning|night}", seed=11, temperature=0.5)
    tab.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    tab.page.get_by_role("button", name="Copy packed link").click()
    expect(tab.page.locator("#link [role=status]")).to_have_text("Copied.")
    link = tab.page.evaluate("navigator.clipboard.readText()")
    assert "packed=1." in link
    other = opener(app.address, plain=True)
    other.page.goto(link)
    expect(other.page.locator("#notice")).to_contain_text("without its texts: press Run")
    expect(other.page.locator("#prompt textarea")).to_have_value("Good {morning|night}")
    expect(other.page.locator("#plan")).to_contain_text("2 models × 2 fillings × 2 samples")
    expect(other.page.locator("#plan")).to_contain_text("seed 11 · temperature 0.5")
    other.run()
    other.done()
    expect(other.lane("cook")).to_contain_text("Good morning butter the tin")
    damaged = opener(app.address, packed="1.run.gibberish")
    expect(damaged.page.locator("#notice [role=alert]")).to_contain_text("link")


def test_a_palette_is_kept_and_comes_back(app: Served, opener: Opener) -> None:
    tab = opener(app.address, models="house/oracle,house/clerk:chat")
    tab.page.locator("#palette-name").fill("Two voices")
    tab.page.keyboard.press("Tab")
    tab.page.get_by_role("button", name="Keep palette").click()
    link = tab.page.locator("#notice [data-link]")
    expect(link).to_be_visible()
    address = link.input_value()
    expect(tab.page.locator("#notice")).to_contain_text("Only those with its link find it")
    tab.page.evaluate("localStorage.removeItem('swatchbook-palette')")
    other = opener(app.address, plain=True)
    other.page.goto(address)
    expect(other.page.locator(".chip")).to_contain_text(["oracle", "clerk"])
    expect(other.page.locator("#palette-name")).to_have_value("Two voices")
    other.page.locator("#tabs button[data-tab-id=archive]").click()
    expect(other.page.locator("#archive .entry", has_text="Two voices")).to_contain_text("Palette")


def test_the_archive_says_what_it_cannot_do(opener: Opener, house: Path, tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "archive.sqlite") as newer:
        newer.execute("PRAGMA user_version = 99")
    newer.close()
    with serving(house, data=tmp_path) as fresh:
        tab = ran(fresh, opener, prompt="Locked out")
        tab.page.locator("#keep button", has_text="Keep").click()
        expect(tab.page.locator("#notice [role=alert]")).to_contain_text("newer Swatchbook")
        expect(tab.lane("keeper")).to_contain_text("Locked out she had counted")
        tab.page.locator("#tabs button[data-tab-id=archive]").click()
        expect(tab.page.locator("#archive .status")).to_contain_text("newer Swatchbook")
        tab.page.close()


def test_on_a_space_the_page_says_that_its_disk_is_temporary(opener: Opener, house: Path) -> None:
    with serving(house, space_id="some/book") as app:
        tab = ran(app, opener)
        expect(tab.page.locator("#keep")).to_contain_text("This Space's disk is temporary")
        expect(tab.page.locator("#keep [name=listed]")).not_to_be_checked()
        kept(tab, listed=False)
        link = tab.page.locator("#keep [data-link]").input_value()
        assert link.startswith("https://huggingface.co/spaces/some/book?run=")
        expect(tab.page.locator("#keep .home")).to_have_count(0)
        tab.page.close()


def test_what_is_kept_is_mirrored_and_comes_back_on_an_empty_disk(opener: Opener, house: Path) -> None:
    repo = Repo("someone/kept", {"README.md": "# Kept\n"}, kind="dataset", private=True)
    with FakeHub([repo], token="hf_" + "t" * 30) as hub:
        settings = {"hub": hub.address, "archive_repo": repo.id, "archive_token": "hf_" + "t" * 30}
        with serving(house, **settings) as app:
            tab = ran(app, opener, prompt="Kept twice")
            id = kept(tab, "Copied")
            expect(tab.page.locator("#keep .mirrored")).to_contain_text("copied to the archive repository")
            tab.page.close()
        with serving(house, **settings) as app:
            other = opener(app.address, run=id)
            expect(other.lane("keeper")).to_contain_text("Kept twice she had counted")
            other.page.close()


def _reads(route: Route) -> bool:
    """Whether a request asks to read a sample token by token."""
    return '"act":"read"' in (route.request.post_data or "")


def test_nothing_of_the_run_before_stays_when_names_are_hidden_or_another_begins(app: Served, opener: Opener) -> None:
    tab = ran(app, opener, samples=1)
    kept(tab, "Before")
    tab.page.get_by_role("button", name="token by token").first.click()
    expect(tab.page.locator(".reading")).to_contain_text("keeper")
    app.engine.scripts["keeper"] = Script([" otherwise"])
    tab.page.locator("#again").click()
    expect(tab.page.locator("#drift")).to_contain_text("keeper")
    expect(tab.page.locator(".reading")).to_have_count(0)
    late: list[tuple[Route, APIResponse]] = []
    tab.page.route("**/*", lambda route: late.append((route, route.fetch())) if _reads(route) else route.continue_())
    tab.page.get_by_role("button", name="token by token").first.click()
    while not late:  # it is answered, and the page does not know it yet
        tab.page.wait_for_timeout(50)
    tab.page.locator("#hide button").click()
    expect(tab.page.locator("form.ballot")).to_be_visible()
    expect(tab.page.locator("form.ballot h2")).to_be_focused()
    [(route, answer)] = late
    assert "keeper" in answer.text()
    with tab.page.expect_response(lambda response: response.request == route.request):
        route.fulfill(response=answer)
    tab.page.evaluate("new Promise((done) => setTimeout(done, 100))")
    tab.page.unroute("**/*")
    for part in ("#drift", "#reading", "#board", "#keep", "#ballot", "#notes"):
        assert "keeper" not in tab.page.locator(part).inner_html()
    tab.page.get_by_role("button", name="Reveal the names").click()
    expect(tab.page.locator("#keep")).to_contain_text("The same, asked again: a child of")
    app.engine.scripts["keeper"] = Script([" slow"] * 40, delay=0.05)
    tab.run()
    expect(tab.page.locator("#keep .panel > *")).to_have_count(0)
    tab.page.locator("#stop").click()
    tab.done()


def test_a_packed_link_brings_its_notes_and_the_run_has_them(app: Served, opener: Opener) -> None:
    tab = ran(app, opener, prompt="With a remark", samples=1)
    tab.page.get_by_role("button", name="Write a note").first.click()
    tab.page.locator(".composer [name=text]").fill("Mind the fog.")
    tab.page.locator(".composer [name=text]").press("Control+Enter")
    expect(tab.page.locator(".note-card")).to_contain_text("Mind the fog.")
    expect(tab.page.locator("#notes h2")).to_be_focused()
    tab.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    tab.page.get_by_role("button", name="Copy packed link").click()
    expect(tab.page.locator("#link [role=status]")).to_have_text("Copied.")
    other = opener(app.address, plain=True)
    other.page.goto(tab.page.evaluate("navigator.clipboard.readText()"))
    expect(other.page.locator(".note-card")).to_contain_text("Mind the fog.")
    other.run()
    other.done()
    expect(other.lane("keeper")).to_contain_text("With a remark she had counted")
    expect(other.page.locator(".note-card")).to_contain_text("Mind the fog.")
