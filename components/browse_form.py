"""The controls of Browse: what is looked for, as a query and as an address.

Events read and write them in the order of `FIELDS`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from typing import Any, get_args
from urllib.parse import urlencode

import gradio as gr

from swatchbook.engine.architectures import FUSED, JOINED, SOLO
from swatchbook.hub.catalogue import SIZES, Query, Sort, is_address, read_name, size_key
from swatchbook.hub.errors import BadName
from swatchbook.hub.languages import COMMON, language_code, language_name
from swatchbook.hub.licences import known_licences, licence_id

FIELDS = tuple(field.name for field in fields(Query))
PARAMETERS = {"search": "q", "least": "from", "most": "to", "everything": "all"}
"""Names in the address, where they differ from the query's own."""
SORTS: dict[Sort, str] = {
    "trending": "Trending now",
    "downloads": "Most downloaded",
    "likes": "Most liked",
    "newest": "Newest",
    "unsung": "Unsung: says much, used little",
}
ANY = ("any", "")


def looking() -> tuple[gr.Textbox, gr.Dropdown]:
    """What everybody uses, inside the current row: the words looked for, and the order."""
    search = gr.Textbox(
        label="Search",
        placeholder="Part of a model's name, or owner/name",
        max_lines=1,
        scale=5,
        elem_id="search",
        container=False,
    )
    orders = [(said, name) for name, said in SORTS.items()]
    return search, gr.Dropdown(orders, value="trending", label="Order", scale=2, min_width=220, container=False)


def filters() -> dict[str, gr.components.Component]:
    """The finer controls, inside the current block, by name."""
    with gr.Row():
        language = _choice("Language", [(language_name(code), code) for code in COMMON], "that the maker states")
        least = _choice("At least", [(name, name) for name in SIZES], "parameters")
        most = _choice("At most", [(name, name) for name in SIZES], "parameters")
        licence = _choice("Licence", _by_name(known_licences()), "as stated")
    with gr.Row():
        kinds = [(name, name) for name in sorted(FUSED | JOINED | SOLO)]
        architecture = _choice("Architecture", kinds, "that can run here")
        author = gr.Textbox(label="Maker", info="a person or organisation", max_lines=1)
        dataset = gr.Textbox(label="Trained on", info="a dataset, owner/name", max_lines=1)
        gates = [ANY, ("open to all", "no"), ("gated", "yes")]
        gated = gr.Dropdown(gates, value="", label="Gate", info="who is let in")
    with gr.Row():
        originals = gr.Checkbox(False, label="Originals only", info="not made from another model")
        everything = gr.Checkbox(False, label="All kinds", info="also models that do not write text")
    return {
        "language": language, "least": least, "most": most, "licence": licence, "architecture": architecture,
        "author": author, "dataset": dataset, "gated": gated, "originals": originals, "everything": everything,
    }  # fmt: skip


def read(values: Sequence[Any]) -> Query:
    """The controls' values as a query. Raises BadName with one sentence."""
    said: dict[str, Any] = {name: value for name, value in zip(FIELDS, values, strict=True) if value is not None}
    said |= {name: value.strip() for name, value in said.items() if isinstance(value, str)}
    if is_address(str(said.get("search", ""))):
        said["search"] = read_name(said["search"]).repo
    return _settled(Query(**said))


def write(query: Query) -> list[Any]:
    """A query as the controls' values."""
    return [getattr(query, name) for name in FIELDS]


def names() -> list[str]:
    """The names that a query has in an address."""
    return [PARAMETERS.get(name, name) for name in FIELDS]


def address(query: Query) -> str:
    """The query as it stands in an address; what asks for nothing is left out, but for the order."""
    usual = Query()
    pairs = [
        (PARAMETERS.get(name, name), "1" if value is True else str(value))
        for name in FIELDS
        if (value := getattr(query, name)) != getattr(usual, name) or name == "sort"
    ]
    return urlencode(pairs, safe="/,")


def from_address(params: Mapping[str, str]) -> Query | None:
    """The query in an address, or None where it holds none. Raises BadName with one sentence."""
    said: dict[str, Any] = {}
    for field in fields(Query):
        value = params.get(PARAMETERS.get(field.name, field.name))
        if value is not None:
            said[field.name] = value == "1" if field.type == "bool" else value[:200]
    if not said:
        return None
    if said.get("sort", "trending") not in get_args(Sort) or said.get("gated", "") not in ("", "no", "yes"):
        said = {name: value for name, value in said.items() if name not in ("sort", "gated")}
    return _settled(Query(**said))


def _settled(query: Query) -> Query:
    """The query with its language and licence by their codes, also where they were typed by name. Raises BadName."""
    language = query.language and language_code(query.language)
    licence = query.licence and licence_id(query.licence)
    for kind, typed, found in (("language", query.language, language), ("licence", query.licence, licence)):
        if typed and not found:
            raise BadName(f"No {kind} that is known here is called {typed[:60]!r}; choose one from the list.")
    least, most = size_key(query.least), size_key(query.most)
    query = replace(query, language=language or "", licence=licence or "", least=least, most=most)
    query.check()
    return query


def _by_name(licences: Mapping[str, str]) -> list[tuple[str, str]]:
    """Licences as choices, by the names that people know."""
    return sorted((name, key) for key, name in licences.items())


def _choice(label: str, choices: list[tuple[str, str]], info: str) -> gr.Dropdown:
    """A list to choose from that takes what is typed as well."""
    return gr.Dropdown([ANY, *choices], value="", label=label, info=info, allow_custom_value=True, filterable=True)
