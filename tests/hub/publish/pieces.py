"""A piece that the tests publish, and how they look at what came of it."""

from __future__ import annotations

from swatchbook.sketch.publish.bundle import Bundle
from swatchbook.sketch.publish.space import Publisher, Step
from swatchbook.sketch.publish.work import Target
from tests.fake_hub import FakeHub, Repo

TOKEN = "hf_" + "v1S1tor" * 5
FILES = {
    "README.md": b"---\ntitle: A letter\nsdk: gradio\n---\n",
    "app.py": b"print('a piece')\n",
    "assets/fonts/inter.woff2": b"wOF2\0\1\2\3" * 40,
    "assets/house/keeper/model.safetensors": bytes(range(256)) * 40,
    "assets/house/cook/model.safetensors": bytes(range(256)) * 30,
    "sketch.yaml": b"sketch: 1\n",
}
NAME, ID = "a-letter", "ada/a-letter"


def bundle(target: Target = "zerogpu") -> Bundle:
    return Bundle(target, FILES)


async def publish(publisher: Publisher, target: Target = "zerogpu", name: str = NAME, **more: bool) -> list[Step]:
    return [step async for step in publisher.publish(bundle(target), name, TOKEN, **more)]


def spaces(hub: FakeHub) -> dict[str, Repo]:
    return {name: repo for (kind, name), repo in hub.shelf.repos.items() if kind == "space"}


def is_sentence(said: str) -> bool:
    return said[:1].isupper() and said.endswith(".") and "\n" not in said and TOKEN not in said
