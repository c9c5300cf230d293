"""Sketches as Gradio's workflows: Gradio itself opens and performs them, and what it cannot do is told."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

import gradio as gr
import pytest
from gradio.workflow_api import WorkflowExecutor, WorkflowGraph, subject_groups, topo_sort
from hypothesis import given, settings
from hypothesis import strategies as st

from swatchbook.runs import RunError
from swatchbook.sketch.grammar import Endless
from swatchbook.sketch.graph import MAX_WORKFLOW
from swatchbook.sketch.parts import Asked, Config, Input, Sketch, Step
from swatchbook.sketch.reader import read_sketch
from swatchbook.sketch.workflow import from_workflow, to_workflow
from tests.sketches import hostile, sketches

HUB = "HuggingFaceTB/SmolLM2-360M-Instruct@a10cc1512eabd3dde888204e902eca88bddb4951"
CHAIN = Sketch(
    title="Two hands",
    inputs={
        "place": Input(ask="Where?", default="the pier"),
        "topic": Input(ask="What about?", default="fog"),
        "loud": Input(ask="Loud?", kind="toggle", default="yes"),
    },
    steps=(
        Step(id="poem", prompt="{{topic}}", model=(Asked.parse(f"{HUB}:chat"),), config=Config(max_tokens=20)),
        Step(id="same", text="{{poem}}"),
        Step(id="echo", prompt="{{same}}", model=(Asked.parse("house/cook:chat"),), config=Config(top_p=0.5)),
        Step(id="sign", prompt="At {{place}},{{#if loud}} LOUD{{/if}} \\{{x}"),
    ),
    show=("echo", "sign"),
)


class Models:
    """Answers for every model; keeps what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, dict[str, Any]]] = []

    def __call__(self, data: list[Any], _request: Any, _token: Any) -> str:
        model, endpoint, given = data[0], data[1], json.loads(data[2])
        self.asked.append((model, endpoint, given))
        return json.dumps([f"<{given['text']}>"])


def performed(text: str) -> tuple[list[Any], Models]:
    """What Gradio's own executor makes of a workflow with the values that are in it."""
    graph = WorkflowGraph.from_json(text)
    assert graph is not None
    topo_sort(list(graph.node_by_id), graph.edges)
    values = {node["id"]: node["data"]["out"] for node in graph.references}
    models = Models()
    shown = [subject["id"] for group in subject_groups(graph) for subject in group]
    assert sorted(shown) == sorted(subject["id"] for subject in graph.subjects)
    found = WorkflowExecutor(graph, {"model": models}).run_many([each["id"] for each in graph.subjects], values)
    return found, models


def test_gradio_performs_a_chain_as_the_sketch_would() -> None:
    text, untold = to_workflow(CHAIN)
    found, models = performed(text)
    assert found == ["<<fog>>", "<At the pier, LOUD {{x}>"]
    name = HUB.partition("@")[0]
    warm = {"temperature": 0.9}
    assert sorted(models.asked, key=str) == sorted(
        [
            (name, "chat_completion", {"text": "fog", **warm, "max_tokens": 20}),
            ("house/cook", "chat_completion", {"text": "<fog>", **warm, "max_tokens": 80, "top_p": 0.5}),
            (name, "chat_completion", {"text": "At the pier, LOUD {{x}", **warm, "max_tokens": 80}),
        ],
        key=str,
    )
    assert untold == [
        'A workflow fills nothing in: the words of "sign" are there as they read with the usual answers.',
        "Only this house can ask house/cook; choose other models in the workflow.",
        "A workflow asks models over the network, at their newest commit, where somebody serves them.",
    ]


def test_gradio_opens_it_as_an_app(tmp_path: Path) -> None:
    file = tmp_path / "workflow.json"
    file.write_text(to_workflow(CHAIN)[0])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        app = gr.Workflow(graph=str(file))
    endpoints = app.get_api_info()["named_endpoints"]
    asked = {each["label"]: each["parameter_default"] for each in endpoints["/echo"]["parameters"]}
    assert asked == {"What about?": "fog"}
    assert [each["label"] for each in endpoints["/sign"]["returns"]] == ["Sign"]


@settings(max_examples=25)
@given(sketches())
def test_gradio_can_perform_whatever_comes_of_a_sketch(sketch: Sketch) -> None:
    try:
        text, untold = to_workflow(sketch)
    except Endless:
        return
    found, models = performed(text)
    assert len(found) == len(set(sketch.shown))
    assert len(models.asked) <= sum(step.asks for step in sketch.steps)
    assert len(set(untold)) == len(untold)
    assert all(said.endswith(".") for said in untold)
    if len(text.encode()) <= MAX_WORKFLOW:
        read_sketch(from_workflow(text)[0])


@st.composite
def chains(draw: st.DrawFn) -> Sketch:
    """Sketches in which every prompt is one value, so that a workflow can say all of it."""
    model = st.sampled_from(["house/cook:chat", HUB, f"{HUB}:chat"]).map(Asked.parse)
    config = st.builds(
        Config, temperature=st.sampled_from([0.0, 0.7]), max_tokens=st.integers(1, 512), top_p=st.sampled_from([0.5, 1])
    )
    inputs = {"a": Input(ask="A", default=draw(st.text("xy\n", max_size=5))), "n": Input(ask="N", kind="number")}
    steps: list[Step] = []
    for id in draw(st.sampled_from([["b"], ["b", "c"], ["b", "c", "d"]])):
        source = draw(st.sampled_from(["a", *(step.id for step in steps)]))
        steps.append(Step(id=id, prompt=f"{{{{{source}}}}}", model=(draw(model),), config=draw(config)))
    return Sketch(title="Chain", inputs=inputs, steps=tuple(steps), show=(steps[-1].id,))


@settings(max_examples=30)
@given(chains())
def test_a_chain_comes_back_as_it_went(sketch: Sketch) -> None:
    text, untold = from_workflow(to_workflow(sketch)[0])
    back = read_sketch(text)
    assert not untold
    assert sorted(back.steps, key=lambda step: step.id) == list(sketch.steps)
    assert back.shown == sketch.shown
    assert back.inputs["a"].default == sketch.inputs["a"].default


def node(id: str, role: str = "operator", **rest: Any) -> dict[str, Any]:
    return {"id": id, "role": role, "label": id, "inputs": [], "outputs": [], "data": {}, **rest}


def edge(*ends: str) -> dict[str, str]:
    return dict(zip(("from_node_id", "from_port_id", "to_node_id", "to_port_id"), ends, strict=True))


FOREIGN: dict[str, Any] = {
    "schema_version": "2",
    "name": "From Gradio",
    "runtime": {"default": "client"},
    "references": [
        node("Your #idea#", "reference", asset_type="text", data={"out": "a {{lamp}}\x00"}),
        node("Size", "reference", asset_type="number", outputs=[{"id": "out", "type": "number"}], data={"out": 3}),
        node("photo", "reference", asset_type="image", data={"out": None}),
        node("relay", "reference", asset_type="text"),
    ],
    "operators": [
        node("ask", kind="model", model_id="Qwen/Qwen2.5-7B-Instruct", endpoint="chat_completion"),
        node("paint", kind="model", model_id="a/flux", pipeline_tag="text-to-image", endpoint="text_to_image"),
        node(
            "old",
            kind="model",
            model_id="openai-community/gpt2",
            pipeline_tag="text-generation",
            data={"in_0": "Once #upon# a {{time}}", "max_new_tokens": 9000},
        ),
        node("bare", kind="model", model_id="a/b", endpoint="text_generation"),
    ],
    "subjects": [node("answer", "subject"), node("the size", "subject"), node("loose", "subject")],
    "edges": [
        edge("Your #idea#", "out", "relay", "in"),
        edge("relay", "out", "ask", "text"),
        edge("photo", "out", "ask", "image"),
        edge("ask", "out_0", "paint", "prompt"),
        edge("ask", "out_0", "answer", "in"),
        edge("Size", "out", "the size", "in"),
        edge("nowhere", "out", "loose", "in"),
    ],
}


def test_a_foreign_workflow_becomes_a_sketch_and_what_is_left_is_told() -> None:
    text, untold = from_workflow(json.dumps(FOREIGN))
    sketch = read_sketch(text)
    kinds = {name: (given.kind, given.default) for name, given in sketch.inputs.items()}
    assert kinds == {
        "your_idea": ("text", "a {{lamp}}"),
        "size": ("number", "3"),
        "photo": ("text", ""),
        "paint": ("text", ""),
        "bare_prompt": ("long", ""),
    }
    steps = {step.id: step.template for step in sketch.steps}
    assert steps == {
        "ask": "{{your_idea}}",
        "old": "Once \\#upon# a \\{{time}}",
        "bare": "{{bare_prompt}}",
        "the_size": "{{size}}",
    }
    assert sketch.shown == ("ask", "the_size")
    stands_in = "says no commit of the Hub, so house/cook stands in for it; choose one in the palette."
    assert sorted(untold) == sorted(
        [
            '"ask" is also given image, which a sketch cannot do.',
            f'"Qwen/Qwen2.5-7B-Instruct" {stands_in}',
            f'"openai-community/gpt2" {stands_in}',
            f'"a/b" {stands_in}',
            '"paint" is no model that writes; what it makes is asked of the visitor instead.',
            '"photo" is no text, number or switch; a text is asked for in its place.',
            'The max_new_tokens of "old" is beyond what a sketch can; it is as usual here.',
        ]
    )


def changed(**parts: Any) -> str:
    return json.dumps({**FOREIGN, **parts})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "not JSON"),
        ("[]", "no workflow of version 2"),
        ('{"version": "1", "nodes": [], "edges": []}', "open it in Gradio and save it there"),
        ('{"schema_version": "2"}', "neither asks a model to write nor shows a text"),
        ('{"schema_version": "2", "name": ' + "[" * 100_000, "not JSON"),
        ('{"schema_version": "2", "name": ' + "[" * 150 + "]" * 150 + "}", "no workflow: name"),
        (" " * (MAX_WORKFLOW + 1), "at most 256 KB"),
        (changed(references=[node("x"), node("x")]), "two of its nodes have the same id"),
        (changed(operators=[{"id": ""}]), "operators.0.id"),
        (changed(references={}), "references"),
        (changed(edges=[edge("relay", "o", "relay", "i")]), "goes around in a circle"),
        (changed(operators=[{**FOREIGN["operators"][3], "id": f"m{n}"} for n in range(10)]),
         "at most 16 steps and 12 inputs"),
        (changed(references=[node(str(n)) for n in range(101)]), "references"),
        (changed(operators=[node("old", kind="model", model_id="a/b", endpoint="chat_completion",
                                 data={"text": "long " * 3000})]), 'The prompt of "old" is too long'),
        ('{"schema_version": "2", "name": "\ud800"}', "not JSON"),
    ],
    ids=range(15),
)  # fmt: skip
def test_what_is_no_workflow_is_said(text: str, said: str) -> None:
    with pytest.raises(RunError, match=said):
        from_workflow(text)


def test_numbers_and_words_that_nobody_means_do_no_harm() -> None:
    asking = node(
        "ask \u202e", kind="model", model_id="remote/gpt", endpoint="chat_completion", data={"temperature": 7e9}
    )
    references = [node("line", data={"out": True}), node("!", label="", data={"out": 7e9})]
    text = changed(references=references, operators=[asking], subjects=[]).replace("7000000000.0", "9" * 4000)
    sketch = read_sketch(from_workflow(text)[0])
    assert sketch.steps[0].model == (Asked.parse("house/cook"),)
    assert {name: given.default for name, given in sketch.inputs.items()} == {
        "input": "yes",
        "input_2": "",
        "ask_prompt": "",
    }


values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda each: st.lists(each, max_size=3) | st.dictionaries(st.text(max_size=6), each, max_size=3),
    max_leaves=5,
)


@st.composite
def damaged(draw: st.DrawFn) -> str:
    """The foreign workflow with one of its parts exchanged for anything."""
    whole = json.loads(json.dumps(FOREIGN))
    place: Any = whole
    for _ in range(draw(st.integers(0, 3))):
        keys = list(place) if isinstance(place, dict) else list(range(len(place))) if isinstance(place, list) else []
        inside = [key for key in keys if isinstance(place[key], dict | list) and place[key]]
        if not inside:
            break
        place = place[draw(st.sampled_from(inside))]
    keys = list(place) if isinstance(place, dict) else list(range(len(place)))
    place[draw(st.sampled_from(keys))] = draw(values)
    return json.dumps(whole)


@settings(max_examples=50)
@given(damaged() | hostile.map(str) | values.map(json.dumps))
def test_every_file_is_a_sketch_or_a_sentence(text: str) -> None:
    try:
        found, untold = from_workflow(text)
    except RunError as error:
        found, untold = "", [str(error)]
    assert all(said.isprintable() and said.endswith(".") for said in untold)
    assert not found or read_sketch(found).steps


UNSAID = [
    ({"pick": ("x", "y")}, 'A workflow cannot choose an option: pick of "b" stays behind.'),
    ({"when": {"q": "x"}}, 'A workflow cannot skip a step: when of "b" stays behind.'),
    ({"each": "q"}, 'A workflow cannot go through lines: each of "b" stays behind.'),
    ({"repeat": 2}, 'A workflow cannot ask again: repeat of "b" stays behind.'),
    ({"config": Config(stop=("x",), min_p=0.1)}, "A workflow has no setting for min_p, stop."),
    ({"model": (Asked.parse("house/cook:chat"),) * 2}, 'of the models of "b" only the first is there.'),
    ({"model": (Asked.parse("house/cook"),)}, 'Models answer in a workflow; those of "b" go on from their prompts'),
    ({"prompt": "Say {{q}}"}, 'A workflow fills nothing in: the words of "b"'),
    ({"prompt": "Say {{a}}, {{q}}"}, 'A workflow puts no words around what a step wrote: "b" begins from "a" alone.'),
    ({"prompt": "Say #sky#"}, "A workflow has no grammar: its words were drawn once"),
]


@pytest.mark.parametrize(
    ("part", "said"), UNSAID, ids=[str(next(iter(part))) + str(n) for n, (part, _) in enumerate(UNSAID)]
)
def test_what_a_workflow_cannot_do_is_said_where_a_sketch_does_it(part: dict[str, Any], said: str) -> None:
    first = Step(id="a", prompt="{{q}}", model=(Asked.parse("house/cook:chat"),))
    plain = Sketch(title="t", inputs={"q": Input(ask="Q")}, steps=(first, Step(id="b", prompt="{{a}}")))
    changed = plain.steps[1].model_copy(update=part)
    grammar = {"sky": ("blue",)} if "#" in changed.template else {}
    told = to_workflow(plain.model_copy(update={"steps": (first, changed), "grammar": grammar}))[1]
    assert any(said in each for each in told)
    assert not any(said in each for each in to_workflow(plain)[1])
