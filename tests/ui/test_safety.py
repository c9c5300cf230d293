"""Foreign text never runs, and foreign pages and routes get no answer."""

from __future__ import annotations

import http.client
import json
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from components.guard import MAX_BODY
from swatchbook.runs import Lane, ModelRef, Run, Sample, Tag, Trace
from tests.fakes import Script
from tests.ui.conftest import Opener, Served, Tab
from tests.ui.test_kept import drop

HOSTILE = [
    "<script>window.hit=1</script>",
    "<img src=x onerror=window.hit=1>",
    '"><svg onload=window.hit=1>',
    "<svg><animate onbegin=window.hit=1 attributeName=x dur=1s>",
    "${window.hit=1}",
    "`${window.hit=1}`",
    "{{constructor.constructor('window.hit=1')()}}",
    "</textarea><script>window.hit=1</script>",
    "' onmouseover=window.hit=1 x='",
    "<iframe srcdoc='<script>parent.hit=1</script>'></iframe>",
    "<math><mtext><table><mglyph><style><img src onerror=window.hit=1>",
    "<a href=javascript:window.hit=1>press</a>",
    "<style>@import 'http://example.com/x.css'</style>",
    "<img src=http://example.com/x.png>",
    "<!--><script>window.hit=1</script>-->",
    "@children ${children} \\u003cscript\\u003ewindow.hit=1\\u003c/script\\u003e",
]


def unhurt(tab: Tab) -> None:
    tab.page.wait_for_timeout(300)
    assert tab.page.evaluate("window.hit") is None
    for kind in ("script", "img", "iframe", "style", "svg[onload]", "a[href^=javascript]", "math"):
        assert tab.page.locator(f"#board {kind}, #reading {kind}, #palette {kind}, #notice {kind}").count() == 0


def test_model_output_never_runs(app: Served, opener: Opener) -> None:
    app.engine.scripts["keeper"] = Script([f" {text}" for text in HOSTILE], delay=0.02)
    app.engine.scripts["cook"] = Script(refuse=" ".join(HOSTILE))
    tab = opener(app.address, models="house/keeper,house/cook", samples=2)
    tab.run()
    tab.done()
    for text in HOSTILE:
        expect(tab.lane("keeper")).to_contain_text(text)
        expect(tab.lane("cook")).to_contain_text(text)
    tab.page.get_by_role("button", name="token by token").click()
    expect(tab.page.locator(".reading")).to_contain_text(HOSTILE[0])
    for number in range(len(HOSTILE)):
        tab.page.locator(".token").nth(number).hover()
    unhurt(tab)


def test_a_prompt_never_runs(app: Served, opener: Opener) -> None:
    prompt = " ".join(text for text in HOSTILE if "{" not in text) + " {<b>a</b>|<img src=x onerror=window.hit=1>}"
    tab = opener(app.address, prompt=prompt, models="house/keeper", samples=1)
    expect(tab.page.locator("#prompt textarea")).to_have_value(prompt)
    tab.run()
    tab.done()
    tab.page.get_by_text("The prompt as it was rendered").click()
    expect(tab.lane("keeper").locator("pre").first).to_contain_text(HOSTILE[0])
    unhurt(tab)


def test_a_hostile_address_never_runs(app: Served, opener: Opener) -> None:
    texts = dict(zip(("models", "temperature", "stop", "seed", "tokens", "prompt"), HOSTILE, strict=False))
    tab = opener(app.address, **texts)
    expect(tab.page.locator("#notice")).to_contain_text("in the address was left out")
    expect(tab.page.locator("#prompt textarea")).to_have_value(texts["prompt"])
    unhurt(tab)


def test_a_hostile_document_never_runs(tab: Tab, tmp_path: Path) -> None:
    text = " ".join(HOSTILE)
    lane = Lane(id="lane-1", model=ModelRef(source="hub", repo="some/body"))
    sample = Sample(
        lane="lane-1",
        filling=HOSTILE[:2],
        prompt=text,
        prompt_tokens=3,
        token_ids=[1, 2],
        ends=[10, len(text.encode())],
        text=text,
        trace=Trace(
            surprisal=[1, 2], entropy=[1, 2], top_ids=[[1], [2]], top_bits=[[1], [2]], top_text=[[text], [text]]
        ),
        finish="end",
        tags=[Tag(name=HOSTILE[0], detail=HOSTILE[1], token=1)],
        error=None,
    )
    failed = Sample(lane="lane-1", finish="failed", error=text, index=1)
    file = tmp_path / "run.json"
    file.write_text(Run(template=text, lanes=[lane], samples=[sample, failed]).to_json())
    drop(tab, file)
    expect(tab.lane("body")).to_contain_text(HOSTILE[0])
    tab.page.get_by_role("button", name="token by token").click()
    tab.page.locator(".token").first.hover()
    unhurt(tab)


def ask(app: Served, method: str, path: str, body: bytes = b"", **headers: str) -> int:
    """The status of a plain request. Header names are written with underscores."""
    parts = urlsplit(app.address)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port or 80, timeout=10)
    connection.request(method, path, body or None, {name.replace("_", "-"): value for name, value in headers.items()})
    status = connection.getresponse().status
    connection.close()
    return status


JSON = {"Content_Type": "application/json"}
JOIN = "/gradio_api/queue/join"


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:1", "file://"])
def test_a_foreign_page_gets_no_answer(app: Served, origin: str) -> None:
    body = json.dumps({"data": [], "fn_index": 0, "session_hash": "x"}).encode()
    assert ask(app, "POST", JOIN, body, Origin=origin, **JSON) == 403
    assert ask(app, "GET", "/config", Origin=origin) == 403


def test_the_page_itself_is_answered(app: Served) -> None:
    assert ask(app, "GET", "/") == 200
    assert ask(app, "GET", "/config", Origin=app.address) == 200


@pytest.mark.parametrize(
    "path",
    [
        "/gradio_api/deep_link",
        "/gradio_api/file=https://example.com/x",
        "/gradio_api/file=HTTP://example.com",
        "/gradio_api/file=//example.com/x",
        "/gradio_api/proxy=https://example.com",
        "/gradio_api/process_recording",
        "/gradio_api/vibe-code/",
        "/gradio_api/runs",
        "/monitoring",
        "/gradio_api/dev/reload",
        "/gradio_api/file=/etc/passwd",
        "/gradio_api/file=app.py",
        "/gradio_api/file=/proc/self/environ",
        "/swatchbook-fonts/../css/swatchbook.css",
    ],
)
def test_what_the_app_does_not_use_is_not_served(app: Served, path: str) -> None:
    assert ask(app, "GET", path) in (403, 404, 405)


def test_an_oversized_body_is_refused(app: Served) -> None:
    assert ask(app, "POST", JOIN, b"x" * (MAX_BODY + 1), **JSON) == 413
    assert ask(app, "POST", JOIN, b"x" * (MAX_BODY + 1), Content_Type="text/plain") == 413


def test_a_body_of_unknown_length_is_refused(app: Served) -> None:
    assert ask(app, "POST", JOIN, b"", Transfer_Encoding="chunked", **JSON) in (400, 411)
