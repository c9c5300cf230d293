"""A piece's README: a header that the Hub takes, and foreign words that stay words."""

from __future__ import annotations

import re
from html import unescape
from string import ascii_letters, digits
from typing import Any

import pytest
import yaml
from huggingface_hub import SpaceCard
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from swatchbook.runs import Credit
from swatchbook.sketch.kept import Ancestor
from swatchbook.sketch.parts import Asked, Sketch, Step
from swatchbook.sketch.publish.card import body, header, plain, readme, short
from swatchbook.sketch.publish.work import Target, Work
from swatchbook.sketch.writer import write_sketch
from tests.works import COMMIT, house_sketch, hub_sketch, plain_sketch, work

PLAIN = {*ascii_letters, *digits, *"._-"}
TARGETS: tuple[Target, ...] = ("static", "zerogpu", "cpu", "zip")
foreign = st.text(st.characters(codec="utf-8"), max_size=80) | st.sampled_from(
    [
        "---", "- a", "1. b", "# c", "> d", "a: b", "[x](javascript:alert(1))", "<script>alert(1)</script>", "`x`",
        "yes", "null", "2026-11-20", "!!python/object:os.system", "&a *a", "{{name}}", "#rule#", "a\n---\nb", "%PDF",
        "www.example.org", "https://example.org", "@somebody", "~~x~~", "a | b", "![x](y)", "&lt;b&gt;", "\\", "=== x",
    ]
)  # fmt: skip


def front(text: str) -> dict[str, Any]:
    """The header as the Hub's own library reads it."""
    found: dict[str, Any] = SpaceCard(text, ignore_metadata_errors=False).data.to_dict()
    return found


@pytest.mark.parametrize("target", TARGETS)
def test_the_header_is_what_the_hub_asks_for(target: Target) -> None:
    told = front(readme(work(house_sketch()), target))
    assert told["title"] == "A letter from the lamp"
    assert told["sdk"] == ("static" if target == "static" else "gradio")
    assert told["license"] == "cc-by-4.0"
    assert told["tags"] == ["sketch"]
    assert told["datasets"] == ["lantern/harbour-letters"]
    assert 0 < len(told["short_description"]) <= 60
    assert "hf_oauth" not in told
    assert "models" not in told
    assert told.get("app_file") == (None if target == "static" else "app.py")
    assert told.get("python_version") == ("3.12.12" if target in ("zerogpu", "cpu") else None)
    assert told.get("suggested_hardware") == {"zerogpu": "zero-a10g", "cpu": "cpu-basic"}.get(target)


def test_models_of_the_hub_are_named_and_fetched_beforehand_at_their_commits() -> None:
    sketch = hub_sketch()
    made = work(sketch)
    assert front(readme(made, "zerogpu"))["models"] == ["lantern/ember"]
    assert "preload_from_hub" not in header(made, "zerogpu")
    told = Work(made.text, files={sketch.models[0]: ["config.json", "model.safetensors"]})
    assert header(told, "cpu")["preload_from_hub"] == [f"lantern/ember config.json,model.safetensors {COMMIT}"]
    assert "preload_from_hub" not in header(told, "static") | header(told, "zip")


@given(st.lists(st.text(min_size=1, max_size=20) | st.sampled_from(["config.json", "a,b", "a b", "a\n"]), max_size=4))
def test_files_to_fetch_beforehand_are_told_as_they_are_or_not_at_all(names: list[str]) -> None:
    sketch = hub_sketch()
    told = front(readme(Work(work(sketch).text, files={sketch.models[0]: names}), "cpu"))
    for line in told.get("preload_from_hub", []):
        repo, files, commit = line.split(" ")
        assert (repo, files.split(","), commit) == ("lantern/ember", names, COMMIT)
    assert ("preload_from_hub" in told) == (bool(names) and not any(set(name) - PLAIN for name in names))


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("", {}),
        ("CC BY 4.0", {"license": "cc-by-4.0"}),
        ("apache-2.0", {"license": "apache-2.0"}),
        ("Ask me first!", {"license": "other", "license_name": "ask-me-first"}),
        ("问我", {"license": "other"}),
    ],
)
def test_a_licence_is_told_as_the_hub_knows_it_or_by_its_own_name(said: str, told: dict[str, str]) -> None:
    found = header(work(plain_sketch().model_copy(update={"licence": said})), "static")
    assert {name: value for name, value in found.items() if name.startswith("license")} == told


@settings(max_examples=80)
@given(title=foreign.filter(str.strip), author=foreign, about=foreign, licence=foreign, whom=foreign)
def test_foreign_words_change_no_other_field_of_the_header(
    title: str, author: str, about: str, licence: str, whom: str
) -> None:
    sketch = Sketch.model_validate(
        {**plain_sketch().model_dump(), "title": title, "author": author, "about": about, "licence": licence[:60]}
    )
    made = Work("", credits=[Credit(model=model, author=whom) for model in sketch.models])
    made.__dict__["sketch"] = sketch  # as if it had been read
    for target in TARGETS:
        written = readme(made, target)
        told = yaml.safe_load(written.split("\n---\n", 1)[0])
        assert told == header(made, target)
        assert told["title"] == " ".join(title.split()) if title.isprintable() else True
        assert set(told) <= {
            "title", "emoji", "colorFrom", "colorTo", "sdk", "sdk_version", "python_version", "app_file",
            "short_description", "license", "license_name", "models", "datasets", "tags", "suggested_hardware",
        }  # fmt: skip
        assert front(written)["sdk"] == told["sdk"]


def words(markdown: str) -> str:
    """What a reader sees of one line of Markdown, with its structure flattened."""
    html = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).render(markdown)
    assert re.fullmatch(r"(<p>[^<]*</p>\n)?", html), html
    return unescape(re.sub("<[^>]+>", "", html)).strip()


@settings(max_examples=300)
@given(foreign)
def test_a_foreign_text_in_markdown_is_shown_as_it_is(text: str) -> None:
    line = " ".join(text.split())
    shown = "".join(letter if letter.isprintable() else "�" for letter in line)
    assert words(plain(text)) == shown.strip()


def test_the_words_below_say_whom_it_is_owed_to() -> None:
    eldest = Ancestor(id="x", title="The *first* letter", author="Cy")
    sketch = house_sketch().model_copy(update={"remix_of": "cy/letters@1234567"})
    said = body(work(sketch, (eldest,)), "zip")
    for part in (r"By Bo.", r"A remix of cy/letters\@1234567", r"The \*first\* letter, by Cy", "cc0-1.0", "house/"):
        assert part in said
    assert sketch.models[0].commit in said
    assert "py -m venv" in said
    assert ".venv/bin/python app.py" in said
    assert "app.py" not in body(work(sketch), "static")


def test_a_house_model_is_credited_for_what_it_is_and_where_it_lies() -> None:
    model = house_sketch().models[0].model_copy(update={"commit": None})
    step = Step(id="letter", prompt="Once", model=(Asked(model=model),))
    sketch = house_sketch().model_copy(update={"steps": (step,)})
    credits = [Credit(model=model, datasets=[f"house/{model.repo}"])]
    there, alone = (body(Work(write_sketch(sketch), credits=credits), each) for each in ("zip", "static"))
    for said in (there, alone):
        assert "made for Swatchbook, from texts grown from a grammar" in said
        assert "commit" not in said.partition("## Credits")[2]
    assert ("lies in this folder" in there, "lies in this folder" in alone) == (True, False)


@settings(max_examples=50)
@given(st.text(max_size=200))
def test_a_short_description_is_short_and_begins_alike(text: str) -> None:
    told = short(text)
    assert len(told) <= 60
    assert " ".join(text.split()).startswith(told.removesuffix("…"))
