"""The Sketchpad's draft: what a reload brings back of a sketch, also where the address no longer names it."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.ui.conftest import Opener, Served, until
from tests.ui.pad import LETTER, field, on_the_pad, ready, run, texts, written


def test_a_kept_sketch_and_its_result_are_there_after_a_visit_to_compare_and_a_reload(
    app: Served, opener: Opener
) -> None:
    tab = on_the_pad(app, opener, LETTER.replace("under", "before"))
    page, share = tab.page, tab.page.locator("#share")
    kept, frozen = share.locator("[data-kept]"), share.locator("[data-act=thaw]")
    run(tab)
    shown = texts(page)
    share.locator("[data-key=freeze]").click()
    expect(frozen).to_have_count(1)
    share.locator("[data-key=keep]").click()
    expect(kept).to_contain_text("“A letter to try” is kept.")
    page.get_by_text("How each text was made").click()
    page.get_by_role("button", name="Open in Compare").first.click()
    until(tab, "() => location.search.includes('tab=compare') && !/sketch=|packed=/.test(location.search)")
    page.locator("#tabs button[data-tab-id=sketchpad]").click()
    field(tab, "title").fill("A draft of mine")
    written(tab, "A draft of mine")
    asked = len(app.engine.asked)
    page.reload()
    ready(tab)
    expect(field(tab, "title")).to_have_value("A draft of mine")
    expect(kept).to_contain_text("“A letter to try” is kept.")
    expect(share.locator("[data-key=versions]")).to_be_visible()
    expect(frozen).to_have_count(1)
    assert texts(page) == shown
    share.locator("[data-key=freeze]").click()
    expect(share).to_contain_text("This result is frozen already.")
    expect(frozen).to_have_count(1)
    share.get_by_text("Download", exact=True).click()
    with page.expect_download() as taken:
        share.locator("[data-key=take-record]").click()
    assert "she had counted" in taken.value.path().read_text()
    assert len(app.engine.asked) == asked


def test_each_tab_comes_back_to_its_own_draft_and_a_new_one_begins_with_the_last(app: Served, opener: Opener) -> None:
    tabs = [on_the_pad(app, opener), on_the_pad(app, opener, LETTER.replace("under", "below"))]
    for tab, title in zip(tabs, ("One", "Two"), strict=True):
        field(tab, "title").fill(title)
        written(tab, title)
    for tab, title in zip(tabs, ("One", "Two"), strict=True):
        tab.open(tab="sketchpad")
        ready(tab)
        expect(field(tab, "title")).to_have_value(title)
    new = opener(app.address, tab="sketchpad")
    ready(new)
    expect(field(new, "title")).to_have_value("Two")


def test_a_sketch_that_is_only_opened_takes_the_place_of_no_draft(app: Served, opener: Opener) -> None:
    tab = on_the_pad(app, opener)
    field(tab, "title").fill("Unsaved work")
    written(tab, "Unsaved work")
    tab.page.close()
    on_the_pad(app, opener, LETTER.replace("under", "behind")).page.close()
    back = opener(app.address, tab="sketchpad")
    ready(back)
    expect(field(back, "title")).to_have_value("Unsaved work")


FILL = """() => {
  localStorage.removeItem('swatchbook-sketch');
  for (let size = 1 << 22; size; ) {
    try { localStorage.setItem(`fill ${localStorage.length}`, 'x'.repeat(size)); } catch { size >>= 1; }
  }
}"""


def test_a_full_browser_still_brings_back_a_tab_with_what_was_frozen(app: Served, opener: Opener) -> None:
    tab = on_the_pad(app, opener, LETTER.replace("under", "beside"))
    frozen = tab.page.locator("#share [data-act=thaw]")
    run(tab)
    tab.page.locator("#share [data-key=freeze]").click()
    expect(frozen).to_have_count(1)
    until(tab, "() => JSON.parse(localStorage.getItem('swatchbook-sketch')).frozen")
    tab.page.evaluate(FILL)
    field(tab, "title").fill("In a full browser")
    written(tab, "In a full browser")
    expect(tab.page.locator(".pad-said")).to_contain_text("press Keep")
    tab.page.reload()
    ready(tab)
    expect(field(tab, "title")).to_have_value("In a full browser")
    expect(frozen).to_have_count(1)
