"""A published piece's files: fixed code byte for byte and nothing missing, and the sketch as data alone."""

from __future__ import annotations

import ast
import io
import os
import subprocess
import sys
import zipfile
from collections.abc import Iterable, Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from swatchbook.runs import ModelRef, RunError
from swatchbook.settings import ROOT, AppSettings
from swatchbook.sketch.kept import Ancestor
from swatchbook.sketch.parts import Asked, Input, Sketch
from swatchbook.sketch.publish.bundle import FOLDER, MAX_RUNS, make
from swatchbook.sketch.publish.contents import read_contents
from swatchbook.sketch.publish.manifest import ASSETS, FILES, HOUSE_FILES, MODULES, MOVED
from swatchbook.sketch.publish.requirements import requirements
from swatchbook.sketch.publish.signing import can_sign_in
from swatchbook.sketch.publish.work import Target, Work
from swatchbook.sketch.reader import read_sketch
from swatchbook.sketch.writer import write_sketch
from tests.works import house_sketch, hub_sketch, mixed_sketch, plain_sketch, recorded, work

TARGETS: tuple[Target, ...] = ("static", "zerogpu", "cpu", "zip")
DATA = {"sketch.yaml", "runs.jsonl", "credits.json", "README.md", "index.html"}
OURS = ("swatchbook", "components")
STARTS = (ROOT / MOVED["app.py"], ROOT / "swatchbook" / "engine" / "preload.py")
"""What is started: the piece itself, and the process that its models' workers come of."""
BROUGHT = {"starlette", "httpx2", "annotated-types", "pydantic-core"}
"""Imported here, and part of what Gradio, the Hub's library and pydantic are made of."""


def unpack(made: bytes, folder: Path) -> Path:
    zipfile.ZipFile(io.BytesIO(made)).extractall(folder)
    return folder / FOLDER


def imported(nodes: Iterable[ast.AST]) -> Iterator[str]:
    """Every module that is imported when the program runs, at its top or inside a function."""
    for node in nodes:
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            yield from imported(node.orelse)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (str(node.module), *(f"{node.module}.{alias.name}" for alias in node.names))
        else:
            yield from imported(ast.iter_child_nodes(node))


def files_of(module: str) -> Iterator[Path]:
    """The module's own file, and those of the packages that it is in."""
    parts = module.split(".")
    for upto in range(1, len(parts) + 1):
        place = ROOT.joinpath(*parts[:upto])
        yield from (path for path in (place.with_suffix(".py"), place / "__init__.py") if path.is_file())


def reached() -> tuple[set[str], set[str]]:
    """The files of this repository that a piece can come to import, and the names of all other packages."""
    seen: set[Path] = set()
    others: set[str] = set()
    todo = list(STARTS)
    while todo:
        path = todo.pop()
        if path in seen:
            continue
        seen.add(path)
        for name in imported([ast.parse(path.read_text(encoding="utf-8"))]):
            if name.startswith(OURS):
                todo += files_of(name)
            else:
                others.add(name.partition(".")[0])
    return {str(path.relative_to(ROOT)) for path in seen}, others - set(sys.stdlib_module_names)


def test_the_manifest_names_all_that_a_piece_imports_and_nothing_else() -> None:
    files, others = reached()
    assert files == {*MODULES, MOVED["app.py"]}
    assert len(set(FILES)) == len(FILES)
    asked = {canonicalize_name(Requirement(line).name) for line in requirements("zip", True).splitlines()}
    named = packages_distributions()
    assert {canonicalize_name(named[name][0]) for name in others} - BROUGHT == asked


def test_every_house_file_is_named() -> None:
    for folder in (ROOT / "assets" / "house").iterdir():
        assert {path.name for path in folder.iterdir()} <= set(HOUSE_FILES)


ALONE = """
import os, sys
opened = []
sys.addaudithook(lambda event, args: opened.append(str(args[0])) if event == "open" else None)
import app
settings, contents = app.read_settings(), app.read_contents(app.ROOT)
app.page(contents, app.Stock(settings, contents.sketch.models), None, settings)
app.launch_options(settings)
assert not {"torch", "transformers"} & {name.split(".")[0] for name in sys.modules}
for name, module in sys.modules.items():
    if name.split(".")[0] in ("swatchbook", "components"):
        print("module", module.__file__ or list(module.__path__)[0])
for path in opened:
    print("file", path)
"""


def test_the_page_is_built_from_the_pieces_own_files_and_reads_all_of_them(tmp_path: Path) -> None:
    folder = unpack(make(work(plain_sketch()), "zip").zip(), tmp_path)
    told = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    shown = subprocess.run(
        [sys.executable, "-c", ALONE], cwd=folder, env=told, capture_output=True, text=True, timeout=60, check=False
    )
    assert shown.returncode == 0, shown.stderr
    lines = [line.split(" ", 1) for line in shown.stdout.splitlines()]
    modules = [place for kind, place in lines if kind == "module"]
    assert len(modules) > 50
    assert [place for place in modules if not place.startswith(str(tmp_path))] == []
    read = {str(Path(place).relative_to(folder)) for _, place in lines if place.startswith(str(folder / "assets"))}
    assert read == {name for name in ASSETS if name.endswith((".css", ".js"))}


@pytest.mark.parametrize("target", TARGETS)
def test_code_is_the_repositorys_own_byte_for_byte(target: Target) -> None:
    made = make(work(house_sketch()), target).files
    if target == "static":
        assert set(made) == {"index.html", "sketch.yaml", "README.md", "LICENSE"}
        return
    assert {name: made[name] for name in FILES} == {name: (ROOT / MOVED.get(name, name)).read_bytes() for name in FILES}
    house = {name for name in made if name.startswith("assets/house/")}
    assert house == {
        f"assets/house/lighthouse-keeper/{path.name}"
        for path in (ROOT / "assets" / "house" / "lighthouse-keeper").iterdir()
    }
    assert set(made) == {*FILES, *house, "LICENSE", "requirements.txt", *DATA - {"index.html"}}


def test_a_sketch_without_models_brings_none_and_needs_no_torch() -> None:
    for target in TARGETS[1:]:
        made = make(work(plain_sketch()), target).files
        assert not any(name.startswith("assets/house/") for name in made)
        assert b"torch" not in made["requirements.txt"]
        assert b"transformers" not in made["requirements.txt"]


def test_each_target_asks_for_what_is_not_there_already() -> None:
    names = {target: {Requirement(line).name for line in wanted(target)} for target in TARGETS[1:]}
    assert names["zip"] - names["cpu"] == {"gradio", "huggingface_hub"}
    assert names["cpu"] - names["zerogpu"] == {"torch"}
    assert "torch>=2.8" in wanted("cpu")
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    project = {each.name: each.specifier for each in map(Requirement, lines[1:])}
    asked = list(map(Requirement, wanted("zip")))
    assert {each.name: each.specifier for each in asked}.items() < project.items()
    assert not any(each.extras for each in asked)


def wanted(target: Target) -> list[str]:
    return [line for line in requirements(target, True).splitlines() if not line.startswith("--")]


def test_a_zip_is_the_same_to_the_byte_and_holds_one_folder() -> None:
    made = make(work(house_sketch()), "zip")
    assert made.zip() == make(work(house_sketch()), "zip").zip()
    entries = zipfile.ZipFile(io.BytesIO(made.zip())).infolist()
    assert [entry.filename for entry in entries] == [f"{FOLDER}/{name}" for name in sorted(made.files)]
    assert {entry.date_time for entry in entries} == {(2026, 1, 1, 0, 0, 0)}
    assert made.size == sum(entry.file_size for entry in entries)


words = st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "S", "Zs"]), min_size=1, max_size=60)


@settings(max_examples=60)
@given(
    title=words, author=words, about=words, licence=words, ask=words, option=words, target=st.sampled_from(TARGETS[1:])
)
def test_whatever_a_sketch_says_code_and_names_stay_and_its_words_are_data(
    title: str, author: str, about: str, licence: str, ask: str, option: str, target: Target
) -> None:
    mark = "∴no-code-says-this∴"
    given_ = {
        **plain_sketch().model_dump(), "title": mark + title, "author": mark + author, "about": mark + about,
        "licence": mark + licence[:30], "remix_of": mark,
        "inputs": {"name": Input(ask=mark + ask, kind="choice", choose=(mark + option, "b"), default="b")},
    }  # fmt: skip
    try:
        sketch = Sketch.model_validate(given_)
        text = write_sketch(sketch)
        assume(read_sketch(text) == sketch)
    except RunError:
        assume(False)
    made = make(Work(text, [recorded(sketch)], lineage=[Ancestor(title=mark + title)]), target).files
    usual = make(work(plain_sketch()), target).files
    assert set(made) == set(usual)
    assert {name for name in made if made[name] != usual[name]} <= DATA
    assert {name for name in made if mark.encode() in made[name]} <= DATA
    assert made["sketch.yaml"] == text.encode()


def test_what_a_piece_is_started_with_is_what_was_published(tmp_path: Path) -> None:
    made = work(house_sketch(), (Ancestor(title="The eldest", author="Cy"),))
    found = read_contents(unpack(make(made, "zip").zip(), tmp_path))
    assert (found.text, found.sketch, found.records) == (made.text, made.sketch, made.records)
    assert (found.owed.credits, found.owed.lineage) == (made.credits, list(made.lineage))
    assert found.credit(made.sketch.models[0]).author == "house"


@pytest.mark.parametrize(
    ("name", "damage", "words"),
    [
        ("sketch.yaml", None, "sketch.yaml cannot be read"),
        ("runs.jsonl", None, "runs.jsonl cannot be read"),
        ("credits.json", b"{", "credits.json is damaged"),
        ("sketch.yaml", b"\xff\xfe", "sketch.yaml is damaged"),
        ("sketch.yaml", b"sketch: 1\ntitel: x\n", "Line"),
        ("runs.jsonl", b"{}\n", "not the result of a sketch"),
    ],
)
def test_a_damaged_piece_says_what_is_damaged(tmp_path: Path, name: str, damage: bytes | None, words: str) -> None:
    folder = unpack(make(work(plain_sketch()), "zip").zip(), tmp_path)
    if damage is None:
        (folder / name).unlink()
    else:
        (folder / name).write_bytes(damage)
    with pytest.raises(RunError, match=words):
        read_contents(folder)


def with_model(ref: ModelRef) -> Work:
    sketch = house_sketch()
    step = sketch.steps[0].model_copy(update={"model": (Asked(model=ref),)})
    made = Work("")
    made.__dict__["sketch"] = sketch.model_copy(update={"steps": (step,)})
    return made


@pytest.mark.parametrize(
    ("made", "target", "words"),
    [
        (with_model(ModelRef(source="remote", repo="gpt")), "cpu", "publish a static page"),
        (with_model(ModelRef(source="hub", repo="a/b", commit="1234567")), "zip", "whole commit"),
        (with_model(ModelRef(source="house", repo="lighthouse-keeper", commit="0" * 12)), "zip", "the one here is"),
        (with_model(ModelRef(source="house", repo="nobody")), "zip", "no house model"),
        (with_model(ModelRef(source="house", repo="oracle")), "static", "run the sketch once"),
        (Work(write_sketch(plain_sketch()), [recorded(plain_sketch(), "x" * 199_000)] * (MAX_RUNS // 199_000 + 1)),
         "zip", "leave out a frozen one"),
    ],
)  # fmt: skip
def test_what_could_not_stand_alone_is_refused_with_a_sentence(made: Work, target: Target, words: str) -> None:
    with pytest.raises(RunError, match=words):
        make(made, target)


@pytest.mark.parametrize("path", sorted((ROOT / "assets" / "sketches").glob("*.yaml")), ids=lambda path: path.stem)
def test_every_sketch_of_the_gallery_can_be_published(path: Path) -> None:
    made = Work(path.read_text(encoding="utf-8"))
    written = Work(made.text, [recorded(made.sketch)])
    assert all(make(written, target).files for target in TARGETS)


def test_what_was_recorded_of_an_earlier_text_stays_behind() -> None:
    sketch = mixed_sketch()
    now, earlier = recorded(sketch), recorded(house_sketch(), "What was asked before.")
    mixed = Work(write_sketch(sketch), [earlier, now])
    assert mixed.fitting == [now]
    assert b"asked before" not in make(mixed, "static").files["index.html"]
    assert make(mixed, "zip").files["runs.jsonl"] == now.to_json().encode() + b"\n"
    stale = Work(write_sketch(sketch), [earlier])
    with pytest.raises(RunError, match="the frozen results are of an earlier text; run the sketch once first"):
        make(stale, "static")
    assert make(stale, "zip").files["runs.jsonl"] == b""


def test_a_model_of_the_hub_is_left_there() -> None:
    made = make(work(hub_sketch()), "zerogpu").files
    assert not any(name.endswith(".safetensors") for name in made)


def test_visitors_sign_in_only_where_all_for_it_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    space = AppSettings(space_id="ada/swatchbook", oauth=True)
    monkeypatch.setattr("swatchbook.sketch.publish.signing.find_spec", lambda _: object())
    assert can_sign_in(space)
    assert not can_sign_in(AppSettings(oauth=True))
    assert not can_sign_in(AppSettings(space_id="ada/swatchbook"))
    monkeypatch.setattr("swatchbook.sketch.publish.signing.find_spec", lambda _: None)
    assert not can_sign_in(space)
