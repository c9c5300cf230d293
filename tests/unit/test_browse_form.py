"""What the controls of Browse ask for: as typed, as chosen, and as an address has it."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components import browse_form
from swatchbook.hub.catalogue import SIZES, Query
from swatchbook.hub.errors import BadName
from swatchbook.hub.languages import COMMON
from swatchbook.hub.licences import known_licences


def typed(**said: Any) -> Query:
    return browse_form.read(browse_form.write(Query(**said)))


def test_a_language_and_a_licence_may_be_typed_by_name() -> None:
    query = typed(language="Welsh", licence="Apache 2.0")
    assert (query.language, query.licence) == ("cy", "apache-2.0")


@pytest.mark.parametrize(("said", "size"), [("500M", "500M"), ("500 m", "500M"), ("0.5B", "500M"), ("8b", "8B")])
def test_a_size_may_be_typed_as_people_write_it(said: str, size: str) -> None:
    assert typed(most=said).most == size


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"language": "Wlsh"}, "No language that is known here is called 'Wlsh'; choose one from the list."),
        ({"licence": "Apachy"}, "No licence that is known here is called 'Apachy'; choose one from the list."),
        (
            {"most": "500"},
            "'500' is not one of the sizes that are offered (1M, 10M, 50M, 150M, 500M, 1B, 3B, 8B, 70B); choose one.",
        ),
    ],
)
def test_what_nobody_offers_is_refused_and_not_looked_for(said: dict[str, str], words: str) -> None:
    with pytest.raises(BadName) as caught:
        typed(**said)
    assert str(caught.value) == words
    with pytest.raises(BadName):
        browse_form.from_address({browse_form.PARAMETERS.get(name, name): value for name, value in said.items()})


@pytest.mark.parametrize(
    "search", ["https://huggingface.co/old/oak", "hf.co/old/oak", "huggingface.co/old/oak/tree/main"]
)
def test_a_pasted_address_is_looked_for_by_its_name(search: str) -> None:
    assert typed(search=search).search == "old/oak"


queries = st.builds(
    Query,
    search=st.sampled_from(["", "oak", "old/oak"]),
    author=st.sampled_from(["", "lantern"]),
    licence=st.sampled_from(["", *known_licences()]),
    language=st.sampled_from(["", *COMMON]),
    least=st.sampled_from(["", *list(SIZES)[:4]]),
    most=st.sampled_from(["", *list(SIZES)[4:]]),
    originals=st.booleans(),
    gated=st.sampled_from(["", "no", "yes"]),
    sort=st.sampled_from(list(browse_form.SORTS)),
)


@given(queries)
def test_a_query_comes_back_from_its_address_and_from_its_controls(query: Query) -> None:
    params = dict(parse_qsl(browse_form.address(query)))
    assert browse_form.from_address(params) == query
    assert browse_form.read(browse_form.write(query)) == query
