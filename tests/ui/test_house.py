"""The whole of it: the real engine and the house models, behind the real page."""

from __future__ import annotations

import os
import re
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import expect

from components.page import build, launch_options
from swatchbook.engine.engine import Engine
from swatchbook.house import house_models
from swatchbook.settings import AppSettings
from tests.ui.conftest import Opener, Tab, free_port
from tests.ui.program import started

LONG = 60_000
"""Milliseconds for what loads real models on a busy machine."""


@dataclass
class Real:
    address: str
    engine: Engine


@pytest.fixture(scope="module")
def real() -> Iterator[Real]:
    engine, port = Engine(cores=2), free_port()
    settings = AppSettings(cores=2, port=port)
    demo = build(engine, settings)
    demo.launch(prevent_thread_lock=True, quiet=True, **launch_options(settings))
    yield Real(f"http://127.0.0.1:{port}", engine)
    demo.close(verbose=False)
    engine.close()


def wait_done(tab: Tab) -> None:
    tab.page.locator("#board [role=status]", has_text="has ended").wait_for(state="attached", timeout=LONG)


def texts(tab: Tab) -> list[str]:
    return tab.page.locator(".lane .text").all_inner_texts()


def test_the_app_as_a_stranger_starts_it(opener: Opener) -> None:
    """`python app.py`, one press on Run, four house models; and nothing is left when it is ended."""
    port = free_port()
    with started(port) as address:
        tab = opener(address)
        expect(tab.page.locator(".chip")).to_have_count(4)
        tab.run()
        wait_done(tab)
        expect(tab.page.locator(".lane")).to_have_count(4)
        expect(tab.page.locator(".lane .failed")).to_have_count(0)
        # A lane whose words came all at once states no speed; four at once would be a fault.
        expect(tab.page.locator(".lane header", has_text=re.compile(r"\d tok/s")).first).to_be_visible()
        tab.shot("house-models")


def test_the_same_seed_writes_the_same_texts_again(real: Real, opener: Opener) -> None:
    names = ",".join(f"house/{model.ref.repo}" for model in house_models()[:2])
    tab = opener(real.address, prompt="Tonight the {door|sea}", models=names, samples=3, seed=21)
    tab.run()
    wait_done(tab)
    first = texts(tab)
    assert len(set(first)) > 4
    tab.page.reload()
    tab.page.locator("#plan .plan").wait_for()
    tab.run()
    wait_done(tab)
    assert texts(tab) == first


def test_a_lane_whose_process_is_killed_says_so_and_the_next_run_works(real: Real, opener: Opener) -> None:
    victim, other = (model.ref.repo for model in house_models()[:2])
    tab = opener(
        real.address,
        prompt="The {a|b|c|d}",
        models=f"house/{victim},house/{other}",
        samples=16,
        tokens=512,
        temperature=2,
    )
    before = real.engine.processes().get(victim)
    tab.run()
    expect(tab.lane(victim)).to_contain_text("writing", timeout=LONG)
    pid = real.engine.processes()[victim]
    os.kill(pid, signal.SIGKILL)
    wait_done(tab)
    expect(tab.lane(victim).locator(".failed").first).to_contain_text(re.compile("process|died|ended"))
    expect(tab.lane(other).locator(".failed")).to_have_count(0)
    tab.shot("killed-worker")
    assert before in (None, pid)
    tab.page.locator("#prompt textarea").fill("Tonight")
    tab.run()
    wait_done(tab)
    expect(tab.lane(victim)).to_contain_text("first word after")
    expect(tab.page.locator(".lane .failed")).to_have_count(0)


def test_stop_is_obeyed_within_half_a_second(real: Real, opener: Opener) -> None:
    name = house_models()[0].ref.repo
    tab = opener(real.address, prompt="The {a|b|c|d}", models=f"house/{name}", samples=16, tokens=512, temperature=2)
    tab.run()
    expect(tab.lane(name)).to_contain_text("writing", timeout=LONG)
    tab.page.locator("#stop").click()
    pressed = time.monotonic()
    wait_done(tab)
    assert time.monotonic() - pressed < 1.5  # the page's own way there and back is in it
    expect(tab.lane(name)).to_contain_text("stopped before its end")
    assert any(len(text) > 20 for text in texts(tab))


def test_a_real_text_is_read_token_by_token(real: Real, opener: Opener) -> None:
    name = house_models()[0].ref.repo
    tab = opener(real.address, models=f"house/{name}", samples=1)
    tab.run()
    wait_done(tab)
    shown = tab.lane(name).locator(".text").first.inner_text()
    tab.page.get_by_role("button", name="token by token").click()
    tokens = tab.page.locator(".token").all_inner_texts()
    assert shown.endswith("".join(tokens).removesuffix(" [end]").strip())
    tab.page.locator(".token").nth(2).hover()
    expect(tab.page.locator(".about")).to_contain_text(re.compile(r"bits \(chance .*Likeliest: “"))
    tab.shot("house-token-by-token")
