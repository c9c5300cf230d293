"""A chain of prompts as Gradio's `workflow.json` (version 2 of its schema, gr.Workflow in Gradio 6), and back.

A workflow is a graph: references hold what a visitor gives, operators ask a model or a Space, subjects show what
came of it, and edges carry whole values. It has no templates, so that a prompt that puts words around a value can
only be there as it reads with the usual answers. A foreign graph is read as data; nothing that it names is called.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import from_json

from swatchbook.runs import RunError
from swatchbook.sketch.dice import Dice
from swatchbook.sketch.foreign import asked, made, name_of, question
from swatchbook.sketch.grammar import fill
from swatchbook.sketch.literal import literal
from swatchbook.sketch.parts import LINE, MAX_INPUTS, MAX_STEPS, MAX_VALUE, USUAL_LONGEST, Asked, Config, Input
from swatchbook.sketch.parts import Sketch, Step
from swatchbook.sketch.template import Value, names, parse, saved, symbols
from swatchbook.sketch.values import usual
from swatchbook.strict import sentence, shown

VERSION = "2"
MAX_WORKFLOW = 262_144
"""Most bytes of a workflow that is read."""
MAX_NODES = 100
ENDPOINTS = {"completion": "text_generation", "chat": "chat_completion"}
"""How a workflow asks a model, by how a sketch asks it."""
_PROMPT = {"text_generation": "prompt", "chat_completion": "text"}
"""The port that takes the prompt."""
_TAGS = {"text-generation", "text2text-generation", "conversational", ""}
"""Tasks of models that write text, where a node names no endpoint."""
_TYPES = {"number": "number", "toggle": "boolean"}
_KINDS = {"number": "number", "boolean": "toggle", "text": "text", "markdown": "text"}
_SETTINGS = {
    "temperature": "temperature",
    "max_new_tokens": "max_tokens",
    "max_tokens": "max_tokens",
    "top_p": "top_p",
    "top_k": "top_k",
    "repetition_penalty": "repetition_penalty",
}
"""Ports that hold a setting, and what it is called in a sketch."""

Source = tuple[str, str]
"""A node and its port, from which an edge begins."""


def to_workflow(sketch: Sketch) -> tuple[str, list[str]]:
    """The sketch as a workflow, and a sentence for each thing that a workflow cannot express."""
    graph = _Graph(sketch)
    for step in sketch.steps:
        graph.take(step)
    for id in sketch.shown:
        graph.show(id)
    return json.dumps(graph.document, ensure_ascii=False, indent=2) + "\n", [*graph.untold, *_unsaid(sketch)]


class _Graph:
    """A workflow as it grows, step by step. `sources` says where each name of the sketch comes from."""

    def __init__(self, sketch: Sketch) -> None:
        self.untold: list[str] = []
        self.document: dict[str, Any] = {"schema_version": VERSION, "name": sketch.title}
        for part in ("references", "operators", "subjects", "edges"):
            self.document[part] = []
        self._sketch = sketch
        self._sources: dict[str, Source] = {}
        self._values = {name: usual(given) for name, given in sketch.inputs.items()}

    def take(self, step: Step) -> None:
        """Add a step: the model that it asks first, or nothing but what leads to its text."""
        source = self._source(step)
        if not step.asks:
            self._sources[step.id] = source
            return
        first = self._sketch.asked(step)[0]
        endpoint = ENDPOINTS[first.mode]
        settings = _settings(step.config, first)
        ports = [{"id": _PROMPT[endpoint], "label": "Prompt", "type": "text", "required": True}]
        self.document["operators"].append(
            {
                **{"id": step.id, "role": "operator", "kind": "model", "label": step.id},
                **{"model_id": _address(first), "revision": first.model.commit, "endpoint": endpoint},
                "pipeline_tag": "text-generation",
                "inputs": [*ports, *({"id": key, "label": key, "type": "number"} for key in settings)],
                "outputs": [{"id": "out_0", "label": "Text", "type": "text", "output_index": 0}],
                "data": settings,
            }
        )
        self._join(source, (step.id, _PROMPT[endpoint]))
        self._sources[step.id] = (step.id, "out_0")

    def show(self, id: str) -> None:
        subject = f"{id}.shown"
        self.document["subjects"].append(_holder(subject, "subject", question(id), "text", {}))
        self._join(self._sources[id], (subject, "in"))

    def _source(self, step: Step) -> Source:
        """Where a step's prompt comes from: one value as it is, a text that is fixed, or the last of several values."""
        parts = parse(step.template)
        if len(parts) == 1 and isinstance(parts[0], Value) and parts[0].name != step.id:
            return self._named(step, parts[0].name)
        used = [name for name, _ in names(parts) if name not in self._sketch.inputs and name != step.id]
        if used:
            self.untold.append(
                f'Step "{step.id}" begins from "{used[-1]}" alone: a workflow puts no words around what a step wrote.'
            )
            return self._named(step, used[-1])
        if names(parts) or symbols(parts) or saved(parts):
            self.untold.append(
                f'The words of step "{step.id}" are fixed, as they read with the usual answers: nothing is filled in.'
            )
        text = fill(parts, self._values, self._sketch.grammar, Dice(self._sketch.seed))
        return self._reference(f"{step.id}.prompt", question(step.id), "text", text)

    def _named(self, step: Step, name: str) -> Source:
        """Where a name comes from; an input gets its reference when it is first used."""
        name = step.each if name == LINE else name
        if name not in self._sources:
            given = self._sketch.inputs[name]
            value = self._values[name]
            typed = {"number": float, "toggle": "yes".__eq__}.get(given.kind, str)(value)
            self._sources[name] = self._reference(name, given.ask, _TYPES.get(given.kind, "text"), typed)
        return self._sources[name]

    def _reference(self, id: str, label: str, type: str, value: str | float | bool) -> Source:
        self.document["references"].append(_holder(id, "reference", label, type, {"out": value}))
        return id, "out"

    def _join(self, begin: Source, end: Source) -> None:
        edge = {"from_node_id": begin[0], "from_port_id": begin[1], "to_node_id": end[0], "to_port_id": end[1]}
        edges = self.document["edges"]
        edges.append({"id": f"e{len(edges) + 1}", **edge, "type": "text"})


def _holder(id: str, role: str, label: str, type: str, data: dict[str, Any]) -> dict[str, Any]:
    """A node that holds one value: a reference or a subject."""
    ports = {f"{way}puts": [{"id": way, "label": label, "type": type}] for way in ("in", "out")}
    return {"id": id, "role": role, "label": label, "asset_type": type, **ports, "data": data}


def _address(asked: Asked) -> str:
    return str(asked.model.model_copy(update={"commit": None}))


def _settings(config: Config, asked: Asked) -> dict[str, float]:
    """Temperature and length always, the rest where it is not as usual, each under the name of its port."""
    left_out = "max_tokens" if asked.mode == "completion" else "max_new_tokens"
    usual = Config.model_fields
    found = {key: getattr(config, name) for key, name in _SETTINGS.items() if key != left_out}
    always = ("temperature", "max_tokens", "max_new_tokens")
    return {key: value for key, value in found.items() if key in always or value != usual[_SETTINGS[key]].default}


def _unsaid(sketch: Sketch) -> Iterator[str]:
    """A sentence for each thing of a sketch that no workflow has."""
    ways = {
        "pick": "choose among options",
        "when": "leave a step out",
        "each": "go through lines",
        "repeat": "ask more than once",
    }
    for key, what in ways.items():
        if said := [f'"{step.id}"' for step in sketch.steps if getattr(step, key) != Step.model_fields[key].default]:
            yield f"A workflow cannot {what}: {key} of {', '.join(said)} stays behind."
    if several := [step.id for step in sketch.steps if len(sketch.asked(step)) > 1]:
        yield f'A workflow has no columns: of the models of "{several[0]}" only the first is there.'
    if house := [model for model in sketch.models if model.source == "house"]:
        yield f"{', '.join(map(str, house))} can be asked in this house alone; choose models of the Hub in the workflow."
    if any(model.source == "hub" for model in sketch.models):
        yield "A workflow asks models over the network, at their newest commit and where somebody serves them."
    if sketch.grammar:
        yield "A workflow has no grammar: its words were drawn once, with the seed of the sketch."


class _Loose(BaseModel):
    """A part of a foreign graph, of which only what is needed is looked at."""

    model_config = ConfigDict(extra="ignore", allow_inf_nan=False)


_Id = Annotated[str, Field(min_length=1, max_length=200)]


class _Port(_Loose):
    id: _Id
    type: str = "text"


class _Node(_Loose):
    id: _Id
    label: str = ""
    kind: str = "space"
    asset_type: str = "text"
    model_id: str | None = None
    revision: str | None = None
    endpoint: str | None = None
    pipeline_tag: str | None = None
    inputs: Annotated[list[_Port], Field(max_length=100)] = []
    outputs: Annotated[list[_Port], Field(max_length=100)] = []
    data: dict[str, Any] = {}

    @property
    def type(self) -> str:
        return self.outputs[0].type if self.outputs else self.asset_type

    @property
    def asks(self) -> str:
        """The endpoint by which it asks a model to write; empty where it does something else."""
        if self.kind != "model" or not self.model_id:
            return ""
        if self.endpoint:
            return self.endpoint if self.endpoint in _PROMPT else ""
        return "text_generation" if (self.pipeline_tag or "") in _TAGS else ""


class _Edge(_Loose):
    from_node_id: _Id
    from_port_id: str = ""
    to_node_id: _Id
    to_port_id: str = ""


_Nodes = Annotated[list[_Node], Field(max_length=MAX_NODES)]


class _Workflow(_Loose):
    name: str | None = None
    references: _Nodes = []
    operators: _Nodes = []
    subjects: _Nodes = []
    edges: Annotated[list[_Edge], Field(max_length=10 * MAX_NODES)] = []


def from_workflow(text: str) -> tuple[str, list[str]]:
    """The sketch that a workflow makes, and a sentence for each thing that could not be brought along.

    Raises RunError, with one sentence, for what is no workflow or holds nothing that a sketch could.
    """
    reading = _Reading(_read(text))
    for node in reading.ordered():
        reading.take(node)
    if not reading.steps:
        raise RunError("This workflow asks no model to write and shows nothing, so that no sketch comes of it.")
    if len(reading.steps) > MAX_STEPS or len(reading.inputs) > MAX_INPUTS:
        raise RunError(f"A sketch has at most {MAX_STEPS} steps and {MAX_INPUTS} inputs; this workflow has more.")
    title = " ".join((reading.graph.name or "").split())[:120].strip() or "A workflow"
    shown_ = dict.fromkeys(id for id in reading.shown if id in {step["id"] for step in reading.steps})
    sketch = made("workflow", title=title, inputs=reading.inputs, steps=reading.steps, show=tuple(shown_))
    return sketch, reading.untold


def _read(text: str) -> _Workflow:
    if len(text.encode(errors="surrogatepass")) > MAX_WORKFLOW:
        raise RunError(f"A workflow holds at most {MAX_WORKFLOW // 1024} KB here, and this is more; take some out.")
    try:
        data = from_json(text, allow_inf_nan=False)
    except ValueError:
        raise RunError("This file is no workflow: it is not JSON, or not all of it; export it again.") from None
    if not isinstance(data, dict) or data.get("schema_version") != VERSION:
        raise RunError(
            f"This file is no workflow of version {VERSION}; open it in Gradio and save it there, which updates it."
        )
    try:
        return _Workflow.model_validate({key: value for key, value in data.items() if value is not None})
    except ValidationError as error:
        raise RunError(f"This file is no workflow: {sentence(error)}.") from None


class _Reading:
    """A sketch as it comes of a graph, node by node. `sources` says what a node's value is called."""

    def __init__(self, graph: _Workflow) -> None:
        self.graph = graph
        self.inputs: dict[str, Input] = {}
        self.steps: list[dict[str, Any]] = []
        self.shown: list[str] = []
        self.untold: list[str] = []
        self._sources: dict[str, str] = {}
        self._nodes = {node.id: node for node in (*graph.references, *graph.operators, *graph.subjects)}
        if len(self._nodes) < len(graph.references) + len(graph.operators) + len(graph.subjects):
            raise RunError("This file is no workflow: two of its nodes have the same id.")
        self._into: dict[str, dict[str, str]] = {id: {} for id in self._nodes}
        for edge in graph.edges:
            if edge.from_node_id in self._nodes and edge.to_node_id in self._nodes:
                self._into[edge.to_node_id].setdefault(edge.to_port_id, edge.from_node_id)

    def ordered(self) -> list[_Node]:
        """The nodes, each after those that lead to it. Raises RunError where they go around in a circle."""
        try:
            ids = TopologicalSorter({id: list(into.values()) for id, into in self._into.items()}).static_order()
            return [self._nodes[id] for id in ids]
        except CycleError:
            raise RunError("This workflow goes around in a circle, which a sketch cannot; take an edge out.") from None

    def take(self, node: _Node) -> None:
        """Add what a node is in a sketch: an input, a step, or nothing but a name for what leads to it."""
        into = list(self._into[node.id].values())
        if node in self.graph.subjects:
            self._show(node, into)
        elif node in self.graph.references and into:
            self._sources[node.id] = self._sources[into[0]]
        elif node in self.graph.references:
            self._sources[node.id] = self._input(node)
        elif endpoint := node.asks:
            self._sources[node.id] = self._step(node, _PROMPT[endpoint])
        else:
            self.untold.append(
                f'"{_label(node)}" is no model that writes text; what it makes is asked of the visitor instead.'
            )
            self._sources[node.id] = self._input(node.model_copy(update={"data": {}}))

    def _show(self, node: _Node, into: list[str]) -> None:
        if not into:
            return
        source = self._sources[into[0]]
        if source in self.inputs:
            id = self._name(node, "shown")
            self.steps.append({"id": id, "text": f"{{{{{source}}}}}"})
            source = id
        self.shown.append(source)

    def _input(self, node: _Node) -> str:
        name = self._name(node, "input")
        kind = _KINDS.get(node.type)
        if kind is None:
            self.untold.append(f'"{_label(node)}" is no text, number or switch; a text is asked for in its place.')
        self.inputs[name] = _input(node, kind or "text")
        return name

    def _step(self, node: _Node, port: str) -> str:
        """A step that asks a model with what leads to its prompt, or with what is written there."""
        into = self._into[node.id]
        said = node.data.get(port, node.data.get("in_0"))
        source = into.get(port, into.get("in_0"))
        if others := [key for key in into if key not in (port, "in_0")]:
            self.untold.append(f'"{_label(node)}" also takes {shown(others[0][:40])}, which stays behind.')
        if source is None and not (isinstance(said, str) and said):
            source_name = name_of(f"{node.label} prompt", [*self.inputs, *(s["id"] for s in self.steps)], "input")
            self.inputs[source_name] = Input(ask=question(source_name), kind="long")
            prompt = f"{{{{{source_name}}}}}"
        else:
            prompt = f"{{{{{self._sources[source]}}}}}" if source is not None else literal(str(said))
        address = f"{node.model_id}@{node.revision}" if node.revision else str(node.model_id)
        mode = ":chat" if node.asks == "chat_completion" else ""
        id = self._name(node, "text")
        model = asked(address + mode, self.untold)
        self.steps.append({"id": id, "prompt": prompt, "model": (model,), "config": self._config(node)})
        return id

    def _config(self, node: _Node) -> Config:
        settings: dict[str, Any] = {}
        for key, name in _SETTINGS.items():
            if isinstance(value := node.data.get(key), int | float):
                try:
                    settings[name] = getattr(Config.model_validate({name: value}), name)
                except ValidationError:
                    self.untold.append(f'"{_label(node)}" has {key} beyond what a sketch can; it is as usual.')
        return Config(**settings)

    def _name(self, node: _Node, otherwise: str) -> str:
        taken = [*self.inputs, *(step["id"] for step in self.steps)]
        return name_of(node.label or node.id, taken, otherwise)


def _label(node: _Node) -> str:
    return shown((node.label or node.id)[:60])


def _input(node: _Node, kind: str) -> Input:
    """What a reference is asked as; its value is the default, as far as a default can be long."""
    value = next((value for value in node.data.values() if isinstance(value, str | int | float)), "")
    default = "yes" if value is True else "no" if value is False else str(value)[:MAX_VALUE]
    parts: dict[str, Any] = {"ask": node.label.strip()[:200] or question(node.id), "kind": kind, "default": default}
    if kind == "text" and ("\n" in default or len(default) > USUAL_LONGEST["text"]):
        parts |= {"kind": "long", "longest": max(len(default), USUAL_LONGEST["long"])}
    return Input(**parts)
