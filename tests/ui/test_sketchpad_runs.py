"""The Sketchpad's piece is run: it streams, stops, asks for nothing twice, and goes to Compare and comes from there."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.fakes import Script
from tests.ui.conftest import Opener, Served, until
from tests.ui.pad import EVIL, LETTER, SAID, field, on_the_pad, run, texts


def test_it_runs_streams_stops_and_asks_for_nothing_twice(app: Served, opener: Opener) -> None:
    tab = on_the_pad(app, opener, LETTER.replace("author: Bo", "seed: 21"))  # nobody has asked with these dice yet
    assert texts(tab.page) == ["For Ada under hail"]
    app.engine.scripts["cook"] = Script([f" w{n}" for n in range(200)], delay=0.2)
    tab.page.locator("#preview [name=name]").fill("Grace")
    expect(tab.page.locator("#preview .results")).to_contain_text("For Grace under hail")
    tab.page.locator("#preview").get_by_role("button", name="Run").click()
    cook = tab.page.locator("#preview .card", has_text="cook")
    expect(cook).to_contain_text("w5")
    expect(cook).to_contain_text("writing")
    expect(tab.page.locator("#preview .card", has_text="keeper")).to_contain_text(SAID[0])
    expect(tab.page.locator("#preview").get_by_role("button", name="Run")).to_be_disabled()
    tab.page.locator("#preview").get_by_role("button", name="Stop").click()
    expect(tab.page.locator("#preview p.sr")).to_have_text("Done. 1 stopped.")
    expect(cook).to_contain_text("stopped")
    until(tab, "() => !document.querySelector('#preview .going')")
    assert app.engine.running == 0
    app.engine.scripts["cook"] = Script([" butter the tin"])
    asked = len(app.engine.asked)
    run(tab)
    assert app.engine.asked[asked:] == ["For Grace under hail, and"]
    run(tab)
    assert len(app.engine.asked) == asked + 1
    field(tab, "steps/2/text").fill("Yours, as ever.")
    field(tab, "show-tail").check()
    expect(tab.page.locator("#preview .results")).to_contain_text("Yours, as ever.")
    expect(tab.page.locator("#preview .results")).to_contain_text("butter the tin")
    run(tab)
    assert len(app.engine.asked) == asked + 1
    field(tab, "add-model-1").select_option("house/oracle")
    expect(tab.page.locator("#preview .told")).to_contain_text("2 of 3 texts are still true")
    run(tab)
    assert len(app.engine.asked) == asked + 2
    run(tab, "Another")
    assert len(app.engine.asked) == asked + 5
    tab.page.locator("#preview [name=name]").fill(EVIL)
    expect(tab.page.locator("#preview .results .text").first).to_have_text(f"For {EVIL} under hail")
    run(tab)
    tab.page.get_by_text("How each text was made").click()
    assert f"For {EVIL} under hail, and" in tab.page.locator(".behind pre.asked").all_inner_texts()
    assert tab.page.locator("#preview img").count() == 0
    tab.shot("sketchpad-run")


def test_a_run_becomes_a_sketch_and_a_step_becomes_a_run(app: Served, opener: Opener) -> None:
    tab = opener(app.address, prompt="The {door|sea} was open, and", models="house/keeper,house/cook", samples=1)
    tab.run()
    tab.done()
    tab.page.get_by_role("button", name="Make a sketch with this sample of cook").last.click()
    expect(tab.page.locator("#pad")).to_be_visible()
    expect(tab.page.locator(".pad-said")).to_contain_text("Made of the run")
    expect(field(tab, "inputs/word/choose")).to_have_value("door\nsea")
    expect(tab.page.locator("#share")).to_contain_text("word: sea")
    tab.page.locator("#preview").get_by_label("sea").check()
    run(tab)
    expect(tab.page.locator("#preview .card", has_text="cook")).to_contain_text("The sea was open, and butter the tin")
    tab.page.get_by_text("How each text was made").click()
    tab.page.get_by_role("button", name="Open in Compare").last.click()
    expect(tab.page.locator("#prompt textarea")).to_be_visible()
    expect(tab.page.locator("#prompt textarea")).to_have_value(re.compile("The sea was open, and"))
    expect(tab.lane("cook")).to_contain_text("butter the tin")
    tab.page.get_by_role("button", name="Make a sketch of this").click()
    expect(tab.page.locator("#pad")).to_be_visible()
    expect(tab.page.locator("#share")).to_contain_text("Frozen results")


def test_how_it_was_made_opens_within_the_frame_of_the_piece(app: Served, opener: Opener) -> None:
    tab = on_the_pad(app, opener)
    run(tab)
    tab.page.set_viewport_size({"width": 1280, "height": 500})
    tab.page.get_by_text("How each text was made").click()
    expect(tab.page.locator("#preview .behind summary")).to_be_in_viewport(ratio=1)
    expect(tab.page.locator("#preview .behind article").first).to_be_in_viewport(ratio=1)
