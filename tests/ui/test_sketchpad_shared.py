"""A sketch is shared and kept: visitors see the piece alone, each keep is a version, and a reload brings all back."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.ui.conftest import ARTIFACTS, Opener, Served, Tab, until
from tests.ui.pad import EVIL, LETTER, SAID, copied, field, on_the_pad, ready, run, texts, visited, written
from tests.ui.test_access import serious, sideways


def test_a_visitor_sees_the_piece_alone(app: Served, opener: Opener) -> None:
    tab = on_the_pad(app, opener)
    tab.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = visited(tab, copied(tab, "Copy the link for visitors"))
    assert page.locator("[role=tab], #pad, #share, #palette").count() == 0
    expect(page.locator(".asks").get_by_role("button", name="Stop")).to_be_hidden()
    page.get_by_label("Who is it for?").fill(EVIL)
    page.get_by_label("With all my heart?").check()
    page.get_by_role("button", name="Run").click()
    expect(page.locator("#visit p.sr")).to_have_text("Done.")
    assert texts(page)[0] == f"For {EVIL} under hail"
    assert page.locator("#visit img").count() == 0
    for text, said in zip(texts(page)[1:], SAID, strict=True):
        assert said in text
    page.get_by_text("How each text was made").click()
    page.get_by_text("What it is made of").click()
    expect(page.locator(".made")).to_contain_text("# A letter to try")
    expect(page.locator(".made")).to_contain_text("cc0-1.0")
    phone = Tab(page, app.address)
    phone.shot("visit-dark-390")
    assert sideways(phone) <= 0
    assert not serious(phone)
    with page.expect_navigation():
        page.get_by_role("link", name=re.compile("Open it in the Sketchpad")).click()
    expect(page.locator("#preview .piece-title")).to_have_text("A letter to try")
    assert page.evaluate("swatchbook.pad.text()") == LETTER
    phone.shot("sketchpad-dark-390")
    assert sideways(phone) <= 0
    garbage = opener(app.address, tab="sketchpad", packed="1.sketch.AAAAAAAA.AAAA")
    expect(garbage.page.locator(".pad-said")).to_contain_text("link")
    page.goto(f"{app.address}/visit?sketch=nobody")
    expect(page.locator("#visit [role=alert]")).to_contain_text("There is nothing under this link")
    expect(page.get_by_role("button", name="Run")).to_have_count(0)


def test_each_keep_is_a_version_and_a_reload_brings_all_back(app: Served, opener: Opener) -> None:
    tab = on_the_pad(app, opener)
    tab.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    keep = tab.page.locator("#share [data-key=keep]")
    keep.click()
    expect(tab.page.locator("#share")).to_contain_text("“A letter to try” is kept.")
    until(tab, "() => location.search.includes('sketch=')")
    field(tab, "title").fill("A better letter")
    field(tab, "add-model-1").select_option("house/oracle")
    written(tab, "oracle")
    tab.page.get_by_role("button", name="Take cook off this step").click()
    until(tab, "() => !swatchbook.pad.text().includes('cook')")
    run(tab)
    tab.page.get_by_role("button", name="Freeze the last result").click()
    expect(tab.page.locator("#share [data-part=frozen] .share-told")).to_contain_text("Frozen: it goes along")
    expect(tab.page.locator("#share .share-told")).to_have_count(1)
    tab.page.locator("#share [name=listed]").check()
    keep.click()
    expect(tab.page.locator("#share")).to_contain_text("“A better letter” is kept. It is listed in the Archive.")
    tab.page.get_by_role("button", name="Show earlier versions").click()
    versions = tab.page.locator(".version-list > li")
    expect(versions).to_have_count(2)
    expect(versions.first).to_contain_text("A better letter")
    expect(versions.first).to_contain_text("oracle")
    tab.page.locator("#share").screenshot(path=ARTIFACTS / "sketchpad-versions.png")
    field(tab, "title").fill("Not kept yet")
    written(tab, "Not kept yet")
    tab.page.reload()
    ready(tab)
    expect(field(tab, "title")).to_have_value("Not kept yet")
    expect(tab.page.locator(".pad-said")).to_contain_text("What you changed since it was kept is back")
    expect(tab.page.locator("#preview [name=name]")).to_have_value("Ada")
    tab.page.locator("#pad").get_by_role("button", name="Undo").click()
    expect(field(tab, "title")).to_have_value("A better letter")
    tab.page.get_by_role("button", name="Show earlier versions").click()
    versions.last.get_by_role("button", name="Go back to it").click()
    expect(field(tab, "title")).to_have_value("A letter to try")
    written(tab, "model: [house/keeper, house/cook]")
    page = visited(tab, copied(tab, "Copy its short link"))
    expect(tab.page.locator("#share [data-part=keep] .said")).to_contain_text("Copied.")
    expect(page.locator("#visit .piece-title")).to_have_text("A better letter")
    expect(page.locator(".results")).to_contain_text(SAID[0])
    expect(page.locator(".told")).to_contain_text("Press Run for one of your own")
    tab.page.get_by_role("button", name="New", exact=True).click()
    expect(field(tab, "title")).to_have_value("A new sketch")
    assert "sketch=" not in tab.page.url.replace("tab=sketchpad", "")
    field(tab, "title").fill("A draft of mine")
    written(tab, "A draft of mine")
    tab.page.reload()
    ready(tab)
    expect(field(tab, "title")).to_have_value("A draft of mine")
    tab.page.locator("#tabs button[data-tab-id=archive]").click()
    entry = tab.page.locator("#archive .entry", has_text="A better letter").first
    entry.locator("a.open").click()
    expect(field(tab, "title")).to_have_value("A better letter")
    expect(tab.page.locator("#pad")).to_be_visible()
