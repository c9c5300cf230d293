"""A chain of prompts as a workflow of Gradio (gr.Workflow, beta in Gradio 6), and a workflow as a sketch.

A workflow hands on whole values and has no templates. A prompt with words around a value can only be there as it
reads with the usual answers, and a prompt around another step's text only as that text. What a graph is, is in `graph`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from swatchbook.runs import RunError
from swatchbook.sketch import graph, parts
from swatchbook.sketch.dice import Dice
from swatchbook.sketch.foreign import asked, fits, free_name, made, question
from swatchbook.sketch.grammar import fill
from swatchbook.sketch.literal import literal
from swatchbook.sketch.parts import LINE, Config, Input, Sketch, Step
from swatchbook.sketch.template import Value, names, parse
from swatchbook.sketch.values import usual
from swatchbook.strict import shown

SETTINGS = {"temperature": "temperature", "max_tokens": "max_tokens", "top_p": "top_p"}
"""Ports that hold a setting, and what it is called in a sketch."""
_OLD_SETTINGS = {"max_new_tokens": "max_tokens", "top_k": "top_k", "repetition_penalty": "repetition_penalty"}
"""Those of a model that goes on from its prompt, which can only be read."""
_USUAL = {"top_p": 1.0}
"""Left out where it is as usual; the others are always said, as others have other defaults for them."""
_TYPES = {"number": "number", "toggle": "boolean"}
_KINDS = {"number": "number", "boolean": "toggle", "text": "text", "markdown": "text", "json": "text", "any": "text"}

_Source = tuple[str, str]
"""A node and its port, from which an edge begins."""


def to_workflow(sketch: Sketch) -> tuple[str, list[str]]:
    """The sketch as a workflow, and a sentence for each thing that a workflow cannot express.

    Raises Endless where a grammar goes on for too long.
    """
    drawing = _Drawing(sketch)
    for step in sketch.steps:
        drawing.take(step)
    for id in dict.fromkeys(sketch.shown):
        drawing.show(id)
    return json.dumps(drawing.document, ensure_ascii=False, indent=2) + "\n", [*drawing.untold(), *_unsaid(sketch)]


def from_workflow(text: str) -> tuple[str, list[str]]:
    """The sketch that a workflow makes, and a sentence for each thing that could not be brought along.

    Raises RunError, with one sentence, for what is no workflow or holds nothing that a sketch could.
    """
    reading = _Reading(graph.read_graph(text))
    if not reading.steps:
        raise RunError("This workflow neither asks a model to write nor shows a text, so no sketch comes of it.")
    if len(reading.steps) > parts.MAX_STEPS or len(reading.inputs) > parts.MAX_INPUTS:
        most = f"{parts.MAX_STEPS} steps and {parts.MAX_INPUTS} inputs"
        raise RunError(f"A sketch has at most {most}, and this workflow has more; take some out.")
    title = " ".join(reading.graph.name.split())[:120].strip() or "A workflow"
    whole = made("workflow", title=title, inputs=reading.inputs, steps=tuple(reading.steps), show=reading.shown)
    return whole, reading.untold


class _Drawing:
    """A workflow as it grows, step by step."""

    def __init__(self, sketch: Sketch) -> None:
        self.document: dict[str, Any] = {"schema_version": graph.VERSION, "name": sketch.title}
        self.document |= {part: [] for part in ("references", "operators", "subjects", "edges")}
        self._sketch = sketch
        self._sources: dict[str, _Source] = {}
        self._values = {name: usual(given) for name, given in sketch.inputs.items()}
        self._fixed: list[str] = []
        self._bare: list[str] = []

    def take(self, step: Step) -> None:
        """Add a step: the model that it asks first, or nothing but what leads to its text."""
        source = self._source(step)
        self._sources[step.id] = source
        if step.asks:
            self.document["operators"].append(_operator(step, self._sketch.asked(step)[0]))
            self._join(source, (step.id, graph.PROMPTS[graph.CHAT]))
            self._sources[step.id] = (step.id, "out_0")

    def show(self, id: str) -> None:
        """Show what a step wrote."""
        subject = f"{id}.shown"
        self.document["subjects"].append(_holder(subject, "subject", question(id), "text", {}))
        self._join(self._sources[id], (subject, "in"))

    def untold(self) -> Iterator[str]:
        """What became of prompts that are more than one value."""
        if self._fixed:
            those = _listed(self._fixed)
            yield f"A workflow fills nothing in: the words of {those} are there as they read with the usual answers."
        if self._bare:
            yield f"A workflow puts no words around what a step wrote: {'; '.join(self._bare)} alone."

    def _source(self, step: Step) -> _Source:
        """Where a prompt comes from: one value as it is, or the last of several, or a text that is fixed."""
        template = parse(step.template)
        used = [name for name, _ in names(template) if name != step.id]
        later = [name for name in used if name not in self._sketch.inputs]
        if len(template) == 1 and isinstance(template[0], Value) and used:
            return self._named(step, used[0])
        if later:
            self._bare.append(f'"{step.id}" begins from "{later[-1]}"')
            return self._named(step, later[-1])
        text = fill(template, self._values, self._sketch.grammar, Dice(self._sketch.seed))
        if text != step.template:
            self._fixed.append(step.id)
        return self._reference(f"{step.id}.prompt", question(step.id), "text", text)

    def _named(self, step: Step, name: str) -> _Source:
        """Where a name comes from; an input gets its reference when it is first used."""
        name = step.each if name == LINE else name
        if name not in self._sources:
            given, value = self._sketch.inputs[name], self._values[name]
            typed = float(value) if given.kind == "number" else value == "yes" if given.kind == "toggle" else value
            self._sources[name] = self._reference(name, given.ask, _TYPES.get(given.kind, "text"), typed)
        return self._sources[name]

    def _reference(self, id: str, label: str, type: str, value: str | float | bool) -> _Source:
        self.document["references"].append(_holder(id, "reference", label, type, {"out": value}))
        return id, "out"

    def _join(self, begin: _Source, end: _Source) -> None:
        edges = self.document["edges"]
        ends = {"from_node_id": begin[0], "from_port_id": begin[1], "to_node_id": end[0], "to_port_id": end[1]}
        edges.append({"id": f"e{len(edges) + 1}", **ends, "type": "text"})


def _holder(id: str, role: str, label: str, type: str, data: Mapping[str, Any]) -> dict[str, Any]:
    """A node that holds one value: a reference or a subject."""
    ports = {f"{way}puts": [{"id": way, "label": label, "type": type}] for way in ("in", "out")}
    return {"id": id, "role": role, "label": label, "asset_type": type, **ports, "data": data}


def _operator(step: Step, model: parts.Asked) -> dict[str, Any]:
    """A node that asks a model. Gradio's canvas keeps ports besides the prompt's where they are `custom`."""
    settings = {key: getattr(step.config, name) for key, name in SETTINGS.items()}
    settings = {key: value for key, value in settings.items() if value != _USUAL.get(key)}
    prompt = {"id": graph.PROMPTS[graph.CHAT], "label": "Prompt", "type": "text", "required": True}
    return {
        "id": step.id,
        "role": "operator",
        "kind": "model",
        "label": question(step.id),
        "model_id": str(model.model.model_copy(update={"commit": None})),
        "swatchbook": str(model),
        "endpoint": graph.CHAT,
        "pipeline_tag": "image-text-to-text",
        "inputs": [prompt, *({"id": key, "label": key, "type": "number", "custom": True} for key in settings)],
        "outputs": [{"id": "out_0", "label": "Answer", "type": "text", "output_index": 0}],
        "data": settings,
    }


def _unsaid(sketch: Sketch) -> Iterator[str]:
    """A sentence for each thing of a sketch that no workflow has."""
    ways = {"pick": "choose an option", "when": "skip a step", "each": "go through lines", "repeat": "ask again"}
    for key, what in ways.items():
        if said := [step.id for step in sketch.steps if getattr(step, key) != Step.model_fields[key].default]:
            yield f"A workflow cannot {what}: {key} of {_listed(said)} stays behind."
    if said := [step.id for step in sketch.steps if len(sketch.asked(step)) > 1]:
        yield f"A workflow has no columns: of the models of {_listed(said)} only the first is there."
    if house := [str(model) for model in sketch.models if model.source == "house"]:
        yield f"Only this house can ask {', '.join(house)}; choose other models in the workflow."
    if any(model.source == "hub" for model in sketch.models):
        yield "A workflow asks models over the network, at their newest commit, where somebody serves them."
    asking = [step for step in sketch.steps if step.asks]
    if said := [step.id for step in asking if any(each.mode == "completion" for each in sketch.asked(step)[:1])]:
        yield f"Models answer in a workflow; those of {_listed(said)} go on from their prompts here."
    left = [name for name in Config.model_fields if name not in SETTINGS.values()]
    if said := [name for name in left if any(getattr(s.config, name) != getattr(Config(), name) for s in asking)]:
        yield f"A workflow has no setting for {', '.join(said)}."
    if sketch.grammar:
        yield "A workflow has no grammar: its words were drawn once, with the seed of the sketch."


def _listed(ids: list[str]) -> str:
    return ", ".join(f'"{id}"' for id in ids)


class _Reading:
    """A sketch as it comes of a graph, node by node."""

    def __init__(self, whole: graph.Graph) -> None:
        self.graph = whole
        self.inputs: dict[str, Input] = {}
        self.steps: list[Step] = []
        self.untold: list[str] = []
        self._into = whole.leading()
        self._called: dict[str, str] = {}
        """What the value of a node is called in the sketch."""
        roles = {"references": self._reference, "operators": self._operator, "subjects": self._subject}
        nodes = {node.id: (take, node) for part, take in roles.items() for node in getattr(whole, part)}
        for id in graph.ordered(self._into):
            take, node = nodes[id]
            take(node)

    @property
    def shown(self) -> tuple[str, ...]:
        """The steps that the subjects show."""
        ids = {step.id for step in self.steps}
        called = (self._called.get(subject.id, "") for subject in self.graph.subjects)
        return tuple(dict.fromkeys(name for name in called if name in ids))

    def _source(self, node: graph.Node) -> str:
        """What is called that leads to a node, by whatever port; empty where nothing does."""
        return next((self._called[id] for id in self._into[node.id].values()), "")

    def _reference(self, node: graph.Node) -> None:
        self._called[node.id] = self._source(node) or self._ask(node)

    def _subject(self, node: graph.Node) -> None:
        source = self._source(node)
        if source in self.inputs:
            self.steps.append(Step(id=self._free(node.label, "shown"), text=f"{{{{{source}}}}}"))
            source = self.steps[-1].id
        self._called[node.id] = source

    def _operator(self, node: graph.Node) -> None:
        """A step, where a model is asked to write; anything else is asked of the visitor."""
        if not node.prompts:
            self.untold.append(f'"{node.name}" is no model that writes; what it makes is asked of the visitor instead.')
            self._called[node.id] = self._ask(node.model_copy(update={"data": {}}))
            return
        into = self._into[node.id]
        if others := [port for port in into if port not in node.prompts]:
            self.untold.append(f'"{node.name}" is also given {shown(others[0][:40])}, which a sketch cannot do.')
        lead = next((self._called[into[port]] for port in node.prompts if port in into), "")
        prompt = f"{{{{{lead}}}}}" if lead else self._written(node)
        mode = parts.CHAT if node.chats else ""
        step = Step(
            id=self._free(node.label, "text"),
            prompt=prompt,
            model=(asked(node.swatchbook or f"{node.model_id}{mode}", self.untold),),
            config=self._config(node),
        )
        self.steps.append(step)
        self._called[node.id] = step.id

    def _written(self, node: graph.Node) -> str:
        """The prompt that stands in a node itself; where there is none, the visitor is asked for it."""
        said = next((said for port in node.prompts if isinstance(said := node.data.get(port), str) and said), "")
        if len(said) > parts.MAX_TEMPLATE // 2:
            raise RunError(f'The prompt of "{node.name}" is too long for a sketch; shorten it to 10,000 characters.')
        if said:
            return literal(said)
        name = self._free(f"{node.label} prompt", "prompt")
        self.inputs[name] = Input(ask=question(name), kind="long")
        return f"{{{{{name}}}}}"

    def _config(self, node: graph.Node) -> Config:
        found: dict[str, Any] = {}
        for key, name in (SETTINGS | _OLD_SETTINGS).items():
            if key in node.data:
                try:
                    found[name] = getattr(Config.model_validate({name: node.data[key]}), name)
                except ValidationError:
                    self.untold.append(f'The {key} of "{node.name}" is beyond what a sketch can; it is as usual here.')
        return Config(**found)

    def _ask(self, node: graph.Node) -> str:
        """The name of a new input, with a node's value for its default."""
        name = self._free(node.label, "input")
        kind = _KINDS.get(node.type)
        if kind is None:
            self.untold.append(f'"{node.name}" is no text, number or switch; a text is asked for in its place.')
        value = next((each for each in node.data.values() if isinstance(each, str | int | float)), "")
        said = {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)
        if len(said) > parts.MAX_VALUE:
            self.untold.append(f'"{node.name}" is longer than {parts.MAX_VALUE:,} characters; the rest is cut off.')
        self.inputs[name] = _input(node.label.strip()[:200] or question(name), kind or "text", said[: parts.MAX_VALUE])
        return name

    def _free(self, label: str, otherwise: str) -> str:
        return free_name(label, {*self.inputs, *(step.id for step in self.steps)}, otherwise)


def _input(ask: str, kind: str, default: str) -> Input:
    """An input that takes its default."""
    given: dict[str, Any] = {"ask": ask, "kind": kind, "default": default}
    if kind == "text" and ("\n" in default or len(default) > parts.USUAL_LONGEST["text"]):
        given["kind"] = "long"
        if len(default) > parts.USUAL_LONGEST["long"]:
            given["longest"] = len(default)
    found = Input(**given)
    return found if fits(found) else Input(**{**given, "default": ""})
