"""Which files are chosen: what a model needs, by name, and nothing else whatever is in the repository."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swatchbook.hub.errors import Refused
from swatchbook.hub.facts import File
from swatchbook.hub.plan import MAX_PARTS, Plan, check_index, plan

BASE = {"config.json": 600, "tokenizer.json": 5000, "model.safetensors": 70_000}


def files(sizes: dict[str, int]) -> list[File]:
    return [File(path, size, sha256="ab" * 32) for path, size in sizes.items()]


def names(chosen: Plan) -> list[str]:
    return [file.path for file in chosen.files]


def parts(count: int, of: int | None = None) -> dict[str, int]:
    return {f"model-{at:05}-of-{count if of is None else of:05}.safetensors": 1000 + at for at in range(1, count + 1)}


def test_what_a_model_needs_and_says_is_chosen_small_files_first() -> None:
    more = {
        "README.md": 900, "LICENSE": 11_000, "NOTICE.txt": 20, "USE_POLICY.md": 30, "generation_config.json": 100,
        "tokenizer_config.json": 200, "special_tokens_map.json": 90, "added_tokens.json": 10, "chat_template.jinja": 50,
    }  # fmt: skip
    chosen = plan(files(BASE | more))
    assert set(names(chosen)) == BASE.keys() | more.keys()
    assert names(chosen)[-1] == "model.safetensors"
    assert chosen.total == sum((BASE | more).values())


@pytest.mark.parametrize(
    "name",
    [
        "pytorch_model.bin", "model.fp16.safetensors", "consolidated.safetensors", "model.gguf", "modeling_evil.py",
        "onnx/model.onnx", "sub/model.safetensors", "sub/config.json", "../config.json", "/config.json", "./x",
        "adapter_model.safetensors", "tf_model.h5", "rust_model.ot", "training_args.bin", "merges.txt", "vocab.json",
        "LICENSE.py", "LICENSE.bin", "NOTICE/evil", "LICENSE\n", "config.json\0", "CONFIG.JSON", "setup.py", ".env",
        "model-00001-of-00002.safetensors", "model.safetensors.index.json", "custom_generate/generate.py",
    ],
)  # fmt: skip
def test_anything_else_is_left_where_it_is(name: str) -> None:
    assert names(plan(files(BASE | {name: 5}))) == names(plan(files(BASE)))


def test_weights_in_parts_come_with_their_index_and_in_order() -> None:
    shards = parts(3)
    listed = {"config.json": 1, "tokenizer.json": 1, "model.safetensors.index.json": 50, **shards}
    chosen = plan(files(dict(reversed(listed.items()))))
    assert names(chosen) == [*list(listed)[:3], *sorted(shards)]
    assert [file.path for file in chosen.weights] == sorted(shards)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"config.json": None}, "no config.json"),
        ({"tokenizer.json": None}, "no tokenizer.json"),
        ({"model.safetensors": None}, "no weights as safetensors"),
        ({"model.safetensors": None, "pytorch_model.bin": 9}, "no weights as safetensors"),
        ({"config.json": 1_000_001}, "config.json is larger than 1.0 MB"),
        ({"tokenizer.json": 40_000_001}, "tokenizer.json is larger than 40 MB"),
        ({"model.safetensors": None, **parts(2)}, "index.json that joins them is missing"),
        ({"model.safetensors": None, "model.safetensors.index.json": 9, **parts(2, of=3)}, "lack part 3 of 3"),
        ({"model.safetensors": None, "model.safetensors.index.json": 9, **parts(1), **parts(2)}, "more than once"),
        ({"model.safetensors": None, "model.safetensors.index.json": 9, **parts(2, of=99_999)}, f"most {MAX_PARTS}"),
        ({"model.safetensors": None, "model.safetensors.index.json": 9, **parts(3, of=2)}, "numbered oddly"),
        ({"model.safetensors": None, "model.safetensors.index.json": 9, **parts(2, of=0)}, "in 0 parts"),
    ],
)
def test_what_cannot_be_run_from_these_files_is_one_sentence(change: dict[str, int | None], words: str) -> None:
    left = {name: size for name, size in (BASE | change).items() if size is not None}
    with pytest.raises(Refused, match=re.escape(words)) as caught:
        plan(files(left))
    assert str(caught.value).endswith(".")
    assert "\n" not in str(caught.value)


def test_a_large_card_or_licence_is_left_out_and_stops_nothing() -> None:
    assert names(plan(files(BASE | {"README.md": 5_000_000, "LICENSE": 2_000_000}))) == names(plan(files(BASE)))


def test_what_the_hubs_scanners_call_unsafe_is_refused() -> None:
    listed = [*files(BASE), File("model.safetensors", 5, sha256="cd" * 32, security="unsafe")]
    with pytest.raises(Refused, match=r"scanners call model\.safetensors unsafe"):
        plan(listed)


def test_what_could_not_be_verified_is_refused() -> None:
    with pytest.raises(Refused, match=r"no checksum for config\.json"):
        plan([*files(BASE), File("config.json", 5)])


def test_names_that_differ_only_in_case_are_taken_once() -> None:
    chosen = names(plan(files(BASE | {"LICENSE": 5, "License": 6, "license": 7})))
    assert len([name for name in chosen if name.lower() == "license"]) == 1


STEMS = ["model", "config", "tokenizer", "README", "LICENSE", "pytorch_model", "modeling", "model-00001-of-00002",
         "model-00002-of-00002", "model-00001-of-00001", "consolidated.00", "added_tokens", "NOTICE"]  # fmt: skip
ENDS = ["", ".json", ".safetensors", ".bin", ".py", ".pkl", ".gguf", ".md", ".txt", ".safetensors.index.json", ".jinja"]
FOLDERS = ["", "", "", "onnx/", "../", "/", "a/b/", "C:\\"]
paths = st.builds("".join, st.tuples(*map(st.sampled_from, (FOLDERS, STEMS, ENDS)))) | st.text(max_size=30)
listings = st.lists(st.builds(File, paths, st.integers(0, 30_000_000), st.just("ab" * 32)), max_size=40)
WANTED = re.compile(
    r"(config|generation_config|tokenizer|tokenizer_config|special_tokens_map|added_tokens|model\.safetensors\.index)"
    r"\.json|chat_template\.jinja|README\.md|(?i:LICEN[CS]E|NOTICE|USE_POLICY)[\w-]*(?i:\.txt|\.md)?"
    r"|model(-\d{5}-of-\d{5})?\.safetensors"
)


@given(listings, st.booleans())
def test_no_list_of_files_makes_it_choose_another_name(listed: list[File], whole: bool) -> None:
    if whole:
        listed = listed + files(BASE)
    try:
        chosen = plan(listed)
    except Refused:
        return
    assert all(WANTED.fullmatch(name) for name in names(chosen))
    assert len(set(names(chosen))) == len(names(chosen))
    assert set(chosen.files) <= set(listed)
    assert chosen.total == sum(file.size for file in chosen.small) + sum(file.size for file in chosen.weights)
    assert chosen.weights


@pytest.mark.parametrize(
    "document",
    [
        b"", b"[]", b"null", b"{}", b'{"weight_map": 3}', b'{"weight_map": {"a": null}}', b"\xff", b"[" * 50_000,
        b'{"weight_map": {"a": "../model-00001-of-00002.safetensors"}}',
        b'{"weight_map": {"a": "model-00001-of-00002.safetensors"}}',
        b'{"weight_map": {"a": "model-00001-of-00002.safetensors", "b": "model-00002-of-00002.safetensors", "c": "x"}}',
        b'{"weight_map": {"a": {"model-00001-of-00002.safetensors": 1}}}',
    ],
)  # fmt: skip
def test_an_index_that_names_other_files_is_refused(document: bytes) -> None:
    chosen = plan(files({"config.json": 1, "tokenizer.json": 1, "model.safetensors.index.json": 50, **parts(2)}))
    with pytest.raises(Refused, match=r"index\.json"):
        check_index(document, chosen)


def test_an_index_that_names_the_chosen_files_is_fine() -> None:
    chosen = plan(files({"config.json": 1, "tokenizer.json": 1, "model.safetensors.index.json": 50, **parts(2)}))
    places = {
        "a": "model-00001-of-00002.safetensors",
        "b": "model-00002-of-00002.safetensors",
        "c": next(iter(parts(2))),
    }
    check_index(json.dumps({"weight_map": places}).encode(), chosen)
