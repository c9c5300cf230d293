"""Compare, clicked through: what a visitor does with one prompt and several models."""

from __future__ import annotations

import time

from playwright.sync_api import expect

from components.examples import examples
from swatchbook.runs import MAX_LANES
from tests.fakes import Script
from tests.ui.conftest import Opener, Served, Tab


def test_a_first_visitor_presses_one_button_and_four_lanes_finish(tab: Tab) -> None:
    buttons = tab.page.locator("#ask button:visible")
    expect(buttons).to_have_text(["Run"])
    expect(tab.page.locator(".intro:visible")).to_contain_text("language models side by side")
    tab.run()
    tab.done()
    expect(tab.page.locator(".lane h2")).to_contain_text(["keeper", "cook", "clerk", "oracle"])
    expect(tab.lane("keeper")).to_contain_text("The door was open, and she had counted the ships")
    expect(tab.lane("keeper")).to_contain_text("ended by itself")
    expect(tab.lane("keeper")).to_contain_text("first word after")
    expect(tab.lane("keeper")).to_contain_text("tok/s")
    tab.shot("first-visit")


def test_the_plan_says_what_will_be_done(app: Served, opener: Opener) -> None:
    tab = opener(app.address, prompt="The {nurse|engineer} said", samples=8, tokens=24, seed=3)
    expect(tab.page.locator("#plan")).to_contain_text(
        "4 models × 2 fillings × 8 samples, up to 24 tokens each · seed 3"
    )
    expect(tab.page.locator("#plan")).to_contain_text("about")
    expect(tab.page.locator("#prompt .marks mark")).to_have_text(["{nurse|engineer}"])
    tab.page.locator("#prompt textarea").fill("Tonight")
    expect(tab.page.locator("#plan")).to_contain_text("4 models × 8 samples")
    expect(tab.page.locator("#prompt .marks mark")).to_have_count(0)


def test_a_run_that_is_too_large_is_refused_before_anything_runs(app: Served, opener: Opener) -> None:
    prompt = "{a|b|c|d} {e|f|g|h} said"
    tab = opener(app.address, prompt=prompt, samples=16, tokens=512)
    expect(tab.page.locator("#plan .warn")).to_contain_text("131,072 is the most")
    tab.page.locator("#run").click()
    expect(tab.page.locator("#notice [role=alert]")).to_contain_text("131,072 is the most")
    expect(tab.page.locator(".lane")).to_have_count(0)
    tab.fold("Settings")
    expect(tab.page.get_by_text("The largest run:")).to_be_visible()


def test_samples_are_grouped_by_filling_and_identical_ones_collapsed(app: Served, opener: Opener) -> None:
    tab = opener(app.address, prompt="The {nurse|engineer} said", samples=3, models="house/keeper")
    tab.run()
    tab.done()
    groups = tab.lane("keeper").locator(".group")
    expect(groups).to_have_count(2)
    expect(groups.nth(1)).to_contain_text("The engineer said she had counted")
    expect(groups.nth(0).get_by_text("the same text 3 times")).to_be_attached()
    tab.page.get_by_text("The prompt as it was rendered").click()
    expect(tab.lane("keeper").locator("pre")).to_have_text(["The nurse said", "The engineer said"])
    expect(tab.lane("keeper").locator(".prompts")).to_contain_text("3 tokens")


def test_all_samples_on_demand(app: Served, opener: Opener) -> None:
    tab = opener(app.address, prompt="The {nurse|engineer} said", samples=3, models="house/keeper")
    app.engine.scripts["keeper"] = Script([f" w{n}" for n in range(100)], delay=0.05)
    tab.run()
    hidden = tab.lane("keeper").locator(".group details .text")
    expect(hidden).to_have_count(4)
    expect(hidden.first).to_be_hidden()
    tab.page.get_by_role("button", name="Show all samples").click()
    for number in range(4):
        expect(hidden.nth(number)).to_be_visible()
    expect(hidden.first).to_contain_text("… w0 w1")
    tab.page.locator("#stop").click()
    tab.done()


def test_failures_are_tagged_with_their_rule(app: Served, opener: Opener) -> None:
    tab = opener(app.address, models="house/clerk", samples=1)
    app.engine.scripts["clerk"] = Script([" round"] * 20)
    tab.run()
    tab.done()
    expect(tab.lane("clerk").locator(".tag.fail")).to_have_count(0)  # equal words, but each token another
    tab.page.locator("#prompt textarea").fill("Say nothing")
    app.engine.scripts["clerk"] = Script(["  "])
    tab.run()
    tab.done()
    tag = tab.lane("clerk").locator(".tag.fail")
    expect(tag).to_contain_text("empty: nothing but white space")
    assert tag.get_attribute("title").startswith("nothing but white space")


def test_stop_keeps_what_was_written(app: Served, opener: Opener) -> None:
    app.engine.scripts["keeper"] = Script([f" word{n}" for n in range(400)], delay=0.05)
    tab = opener(app.address, models="house/keeper,house/cook", tokens=400, samples=2)
    tab.run()
    expect(tab.lane("keeper")).to_contain_text("word3")
    pressed = time.monotonic()
    tab.page.locator("#stop").click()
    tab.done()
    assert time.monotonic() - pressed < 2
    expect(tab.lane("keeper")).to_contain_text("word3")
    expect(tab.lane("keeper")).to_contain_text("stopped before its end")
    expect(tab.lane("cook")).to_contain_text("ended by itself")
    expect(tab.page.locator("#stop")).to_be_hidden()
    assert app.engine.running == 0


def test_a_closed_tab_ends_the_work(app: Served, opener: Opener) -> None:
    app.engine.scripts["keeper"] = Script([" and"] * 500, delay=0.1)
    tab = opener(app.address, models="house/keeper", tokens=500, samples=1)
    tab.run()
    expect(tab.lane("keeper")).to_contain_text("and and")
    tab.page.close()
    deadline = time.monotonic() + 5
    while app.engine.running and time.monotonic() < deadline:
        time.sleep(0.05)
    assert app.engine.running == 0


def test_a_lane_that_fails_says_why_and_the_others_go_on(app: Served, opener: Opener) -> None:
    app.engine.scripts["cook"] = Script(refuse="The weights are damaged; fetch the model again.")
    app.engine.scripts["oracle"] = Script([" one", " two", " three"], die_after=2)
    tab = opener(app.address)
    tab.run()
    tab.done()
    expect(tab.lane("cook").get_by_text("Failed. The weights are damaged; fetch the model again.")).to_be_visible()
    expect(tab.lane("oracle")).to_contain_text("one two")
    expect(tab.lane("oracle")).to_contain_text("The model's process died while it was writing; run again.")
    expect(tab.lane("keeper")).to_contain_text("she had counted")
    tab.shot("failed-lanes")
    app.engine.scripts["cook"] = Script([" butter"])
    tab.run()
    tab.done()
    expect(tab.lane("cook")).to_contain_text("butter")


def test_lanes_do_not_wait_for_one_another(app: Served, opener: Opener) -> None:
    app.engine.scripts["cook"] = Script([" slow"] * 3, load=30)
    tab = opener(app.address, models="house/keeper,house/cook")
    tab.run()
    expect(tab.lane("keeper")).to_contain_text("ended by itself")
    expect(tab.lane("cook").get_by_role("progressbar")).to_be_visible()
    tab.status("1 of 2 models have finished")
    tab.page.locator("#stop").click()
    tab.done()


def test_text_belongs_to_its_lane(app: Served, opener: Opener) -> None:
    for name in ("keeper", "cook", "clerk", "oracle"):
        app.engine.scripts[name] = Script([f" {name}-says"] * 6, delay=0.02)
    tab = opener(app.address, samples=2, models="house/oracle,house/keeper,house/clerk,house/cook")
    tab.run()
    tab.done()
    for name in ("oracle", "keeper", "clerk", "cook"):
        expect(tab.lane(name).locator(".text").first).to_contain_text(f"{name}-says {name}-says")


def test_settings_at_their_ends_are_taken_and_beyond_them_named(app: Served, opener: Opener) -> None:
    ends = {"temperature": 4, "top_p": 0.001, "min_p": 0.999, "penalty": 0.5, "seed": 2**31 - 1, "top_k": 1_000_000}
    tab = opener(app.address, models="house/keeper", samples=16, tokens=512, **ends)
    expect(tab.page.locator("#plan")).to_contain_text("seed 2147483647 · temperature 4")
    tab.run()
    tab.done()
    expect(tab.page.locator("#notice [role=alert]")).to_have_count(0)
    tab.fold("Settings")
    tab.page.get_by_label("Seed").fill("-1")
    expect(tab.page.locator("#plan .warn")).to_contain_text("seed: Input should be greater than or equal to 0")


def test_the_palette_takes_and_gives_back_lanes(tab: Tab) -> None:
    chips = tab.page.locator(".chip")
    expect(chips).to_have_count(4)
    tab.page.get_by_role("button", name="Remove cook from the palette").click()
    expect(chips).to_have_count(3)
    for count in range(4, MAX_LANES + 1):
        tab.page.locator("#palette .menu summary").click()
        tab.page.locator("[data-act=add]").nth(count % 3).click()
        expect(chips).to_have_count(count)
    expect(tab.page.locator("#palette .menu")).to_have_count(0)
    tab.run()
    tab.done()
    expect(tab.page.locator(".lane")).to_have_count(MAX_LANES)
    for count in range(MAX_LANES, 0, -1):
        expect(chips).to_have_count(count)
        tab.page.locator(".cross").first.click()
    expect(tab.page.locator("#plan .warn")).to_contain_text("The palette is empty")


def test_a_chat_model_can_answer_or_continue(app: Served, opener: Opener) -> None:
    tab = opener(app.address, models="house/clerk:chat")
    mode = tab.page.locator(".chip .mode")
    expect(mode).to_have_text("chat")
    mode.click()
    expect(mode).to_have_text("completion")
    tab.run()
    tab.done()
    assert "models=house/clerk&" in tab.page.url


def test_an_example_fills_everything(tab: Tab) -> None:
    tab.fold("Ten prompts to start from")
    rows = tab.page.locator(".examples li")
    expect(rows).to_have_count(10)
    tab.page.locator("[data-number='1']").click()
    expect(tab.page.locator("#prompt textarea")).to_have_value("The {nurse|engineer} said that")
    expect(tab.page.locator("#plan")).to_contain_text(f"{examples()[1].settings.samples} samples")


def test_a_sample_can_be_read_token_by_token(app: Served, opener: Opener) -> None:
    tab = opener(app.address, models="house/keeper", samples=1)
    tab.run()
    tab.done()
    tab.page.get_by_role("button", name="token by token").click()
    reading = tab.page.locator(".reading")
    expect(reading).to_be_focused()
    expect(reading).to_contain_text("13 tokens, 26.0 bits in all")
    tab.page.keyboard.press("Tab")
    expect(reading.locator(".about")).to_contain_text("“ she”: 2.0 bits (chance 25 %)")
    tab.shot("token-by-token")


def test_only_the_keyboard(app: Served, opener: Opener) -> None:
    app.engine.scripts["keeper"] = Script([" on"] * 300, delay=0.05)
    tab = opener(app.address, models="house/keeper,house/cook", tokens=300)
    keyboard = tab.page.keyboard
    reach(tab, "#prompt textarea")
    keyboard.press("Control+A")
    keyboard.type("Only keys")
    keyboard.press("Control+Enter")
    tab.status("Running")
    reach(tab, "#stop")
    keyboard.press("Enter")
    tab.done()
    expect(tab.page.locator("#run")).to_be_focused()
    reach(tab, ".prompts summary")
    keyboard.press("Enter")
    expect(tab.lane("keeper").locator("pre")).to_have_text("Only keys")
    tab.page.locator("body").focus()
    reach(tab, "[data-act=remove]", back=True)
    keyboard.press("Enter")
    expect(tab.page.locator(".chip")).to_have_count(1)


def reach(tab: Tab, selector: str, back: bool = False) -> None:
    """Press Tab until the focus is there, and visibly so."""
    for _ in range(80):
        tab.page.keyboard.press("Shift+Tab" if back else "Tab")
        if tab.page.evaluate("s => document.activeElement?.matches(s) ?? false", selector):
            outline = tab.page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
            assert outline != "none", f"{selector} has the focus and does not show it"
            return
    raise AssertionError(f"{selector} cannot be reached by keyboard")
