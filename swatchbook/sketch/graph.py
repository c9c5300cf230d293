"""The graph in a `workflow.json` of Gradio (gr.Workflow in Gradio 6, schema version 2), read as a stranger's data.

References hold what a visitor gives, operators do something with it, subjects show what came of it, and edges
carry whole values from one to the next. What a sketch has no use for is not looked at; nothing that is named is called.
"""

from __future__ import annotations

from graphlib import CycleError, TopologicalSorter
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import from_json

from swatchbook.runs import RunError
from swatchbook.sketch.nodes import FORBIDDEN
from swatchbook.strict import sentence, shown

VERSION = "2"
MAX_WORKFLOW = 262_144
"""Most bytes of a workflow that is read."""
MAX_NODES = 100
MAX_NUMBER = 1e15
"""The largest number, either side of zero, that is looked at."""
CHAT, COMPLETION = "chat_completion", "text_generation"
"""The endpoints by which a workflow asks a model to write."""
PROMPTS = {CHAT: "text", COMPLETION: "prompt"}
"""The port of each that takes the prompt."""
_OLD_PORT = "in_0"
_TAGS = {"text-generation": COMPLETION, "text2text-generation": COMPLETION, "conversational": COMPLETION}
"""Tasks of models that write, where a node names no endpoint."""


class _Loose(BaseModel):
    model_config = ConfigDict(extra="ignore", allow_inf_nan=False)


_Id = Annotated[str, Field(min_length=1, max_length=200)]
_Word = Annotated[str, Field(max_length=200)]


class _Port(_Loose):
    id: _Id
    type: _Word = "text"


_Ports = Annotated[list[_Port], Field(max_length=100)]


class Node(_Loose):
    """A node; `swatchbook` is how a sketch asked the model, where the workflow was made of one."""

    id: _Id
    label: Annotated[str, Field(max_length=1000)] = ""
    kind: _Word = "space"
    asset_type: _Word = "text"
    model_id: _Word = ""
    endpoint: _Word = ""
    pipeline_tag: _Word = ""
    swatchbook: _Word = ""
    outputs: _Ports = []
    data: Annotated[dict[str, Any], Field(max_length=200)] = {}

    @property
    def name(self) -> str:
        """What it is called in a sentence."""
        return shown(" ".join((self.label or self.id).split())[:60])

    @property
    def type(self) -> str:
        """What kind of value comes out of it."""
        return self.outputs[0].type if self.outputs else self.asset_type

    @property
    def prompts(self) -> tuple[str, ...]:
        """The ports that can hold its prompt; none where it asks no model to write."""
        endpoint = self.endpoint or _TAGS.get(self.pipeline_tag, "")
        if self.kind != "model" or not self.model_id or endpoint not in PROMPTS:
            return ()
        return PROMPTS[endpoint], _OLD_PORT

    @property
    def chats(self) -> bool:
        return self.endpoint == CHAT


class _Edge(_Loose):
    from_node_id: _Id
    to_node_id: _Id
    to_port_id: _Id


_Nodes = Annotated[list[Node], Field(max_length=MAX_NODES)]


class Graph(_Loose):
    name: str = ""
    references: _Nodes = []
    operators: _Nodes = []
    subjects: _Nodes = []
    edges: Annotated[list[_Edge], Field(max_length=10 * MAX_NODES)] = []

    def leading(self) -> dict[str, dict[str, str]]:
        """For each node, the node that leads to each of its ports. Raises RunError where two have the same id."""
        ids = [node.id for node in (*self.references, *self.operators, *self.subjects)]
        into: dict[str, dict[str, str]] = {id: {} for id in ids}
        if len(into) < len(ids):
            raise RunError("This file is no workflow: two of its nodes have the same id.")
        for edge in self.edges:
            if edge.from_node_id in into and edge.to_node_id in into:
                into[edge.to_node_id].setdefault(edge.to_port_id, edge.from_node_id)
        return into


def ordered(into: dict[str, dict[str, str]]) -> list[str]:
    """The nodes, each after those that lead to it. Raises RunError where they go around in a circle."""
    try:
        return list(TopologicalSorter({id: ports.values() for id, ports in into.items()}).static_order())
    except CycleError:
        raise RunError("This workflow goes around in a circle, and a sketch never does; take an edge out.") from None


def read_graph(text: str) -> Graph:
    """The graph in a file. Raises RunError, with one sentence, for what is none."""
    if len(text.encode(errors="surrogatepass")) > MAX_WORKFLOW:
        raise RunError(f"A workflow holds at most {MAX_WORKFLOW // 1024} KB here, and this is more; take some out.")
    try:
        data = from_json(text.encode(), allow_inf_nan=False)
    except ValueError:
        raise RunError("This file is no workflow: it is not JSON, or not all of it; export it again.") from None
    if not isinstance(data, dict) or data.get("schema_version") != VERSION:
        raise RunError(
            f"This file is no workflow of version {VERSION}; open it in Gradio and save it there, which updates it."
        )
    try:
        return Graph.model_validate(_clean(data))
    except ValidationError as error:
        raise RunError(f"This file is no workflow: {sentence(error)}.") from None


def _clean(data: Any) -> Any:
    """The same without what is null, which Gradio writes where it knows nothing, with texts as a sketch has them."""
    if isinstance(data, dict):
        cleaned = {key: _clean(value) for key, value in data.items()}
        return {key: value for key, value in cleaned.items() if value is not None}
    if isinstance(data, list):
        return [_clean(each) for each in data]
    if isinstance(data, int | float):
        return data if abs(data) <= MAX_NUMBER else None
    return FORBIDDEN.sub("", data.replace("\r\n", "\n").replace("\r", "\n")) if isinstance(data, str) else data
