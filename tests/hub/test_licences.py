"""Licences in plain words, and conflicts that follow from their keys."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from swatchbook.hub.facts import Facts
from swatchbook.hub.licences import FILE, Terms, book, changed, conflict, known_licences, licence_id, read_licence
from tests.hub.strategies import facts, on_file

keys = st.frozensets(st.sampled_from("abcdef"))
terms = st.builds(Terms, keys, keys, keys, keys, st.frozensets(keys, max_size=2))


def under(licence: str | None, name: str | None = None, link: str | None = None, repo: str = "maker/model") -> Facts:
    return Facts(repo=repo, licence=licence, licence_name=name, licence_link=link)


def verdict(child: str | None, parent: str | None) -> str | None:
    return conflict(under(child), under(parent, repo="maker/parent"))


@pytest.mark.parametrize("name", on_file)
def test_every_licence_on_file_reads_in_plain_words(name: str) -> None:
    licence = read_licence(under(name))
    assert licence.known
    assert licence.summary.endswith(".")
    assert licence.may, "a licence that permits nothing is none"
    assert len(licence.may) == len(licence.terms.may)
    assert len(licence.must) == len(licence.terms.must)
    assert len(licence.may_not) == len(licence.terms.may_not)


@pytest.mark.parametrize("name", on_file)
def test_a_licence_goes_with_itself_unless_it_forbids_changed_copies(name: str) -> None:
    licence = read_licence(under(name))
    forbidden = "share changed copies" in licence.may_not
    assert (verdict(name, name) is not None) == forbidden
    assert forbidden == ("share changed copies" not in licence.may)


def test_permissive_and_not() -> None:
    apache, rail = read_licence(under("apache-2.0")), read_licence(under("creativeml-openrail-m"))
    assert "earn money with it" in apache.may
    assert "say what you changed" in apache.must
    assert apache.may_not == ()
    assert rail.may_not == ("use it for what its rules forbid",)
    assert "earn money with it" in read_licence(under("cc-by-nc-4.0")).may_not
    assert "ask first above 700 million users a month" in read_licence(under("llama3.2")).must


@pytest.mark.parametrize(
    ("child", "parent", "says"),
    [
        ("apache-2.0", "cc-by-nc-4.0", "does not let people earn money with it; Apache 2.0 does"),
        ("mit", "cc-by-nc-nd-4.0", "lets nobody share changed copies"),
        ("other", "cc-by-nd-4.0", "lets nobody share changed copies"),
        ("mit", "cc-by-sa-4.0", "which changed copies have to stay under; this one is under MIT"),
        ("cc-by-nc-sa-4.0", "cc-by-sa-4.0", "have to stay under"),
        ("gpl-3.0", "agpl-3.0", "over a network; GPL 3.0 does not"),
        ("mit", "gemma", "its rules of use; MIT does not"),
        ("apache-2.0", "creativeml-openrail-m", "its rules of use; Apache 2.0 does not"),
        ("apache-2.0", "llama3.2", "its rules of use"),
        ("apache-2.0", "llama3", "train models outside its family on what it writes; Apache 2.0 does"),
        ("cc-by-nc-4.0", "apple-amlr", "for anything but research"),
        ("mit", None, "states no licence"),
        ("mit", "unknown", "states no licence"),
        ("mit", "apache-2.0 and cc-by-nc-4.0", "earn money"),
    ],
)
def test_a_conflict_is_one_sentence_that_names_the_parent(child: str, parent: str | None, says: str) -> None:
    said = verdict(child, parent)
    assert said is not None
    assert says in said
    assert said.startswith("maker/parent ")
    assert said.endswith(".")
    assert said.count(". ") == 0


@pytest.mark.parametrize(
    ("child", "parent"),
    [
        ("cc-by-nc-4.0", "apache-2.0"),
        ("gpl-3.0", "apache-2.0"),
        ("gpl-3.0", "lgpl-3.0"),
        ("agpl-3.0", "gpl-3.0"),
        ("gpl-3.0", "cc-by-sa-4.0"),
        ("cc-by-sa-4.0", "cc-by-sa-3.0"),
        ("llama3.3", "llama3.1"),
        ("cc-by-nc-sa-4.0", "cc-by-nc-4.0"),
        ("apache-2.0", "other"),
        (None, "cc-by-nc-4.0"),
        (None, None),
        ("other", "cc-by-sa-4.0"),
    ],
)
def test_no_conflict_where_the_keys_show_none(child: str | None, parent: str | None) -> None:
    assert verdict(child, parent) is None


def test_what_is_not_stated_permits_nothing() -> None:
    for licence in (read_licence(under(None)), read_licence(under("unknown"))):
        assert (licence.id, licence.known, licence.may, licence.name) == (None, False, (), "not stated")
        assert "nobody has given permission" in licence.summary


def test_a_licence_of_its_own_is_named_and_not_guessed_at() -> None:
    named = read_licence(under("other", "pond-terms", "https://example.org/terms"))
    assert named.summary == "A licence of its own: pond-terms; read its text before you publish."
    assert (named.known, named.may, named.url) == (False, (), "https://example.org/terms")
    assert read_licence(under("frog-1.0")).summary.startswith("A licence of its own: frog-1.0;")
    assert "without a name" in read_licence(under("other")).summary


def test_a_makers_name_for_a_licence_on_file_is_recognised() -> None:
    assert read_licence(under("other", "Qwen-Research")).known
    assert read_licence(under("other", "llama3.2")) == read_licence(under("llama3.2"))
    assert not read_licence(under("mit", "qwen-research")).may_not


@pytest.mark.parametrize(
    "link", ["javascript:alert(1)", "data:text/html,x", "//x.org", "LICENSE", "http://[", "https://a b"]
)
def test_only_a_web_address_becomes_a_link(link: str) -> None:
    assert read_licence(under("other", "pond", link)).url is None


def test_several_licences_hold_together() -> None:
    both = read_licence(under("apache-2.0 and cc-by-nc-4.0"))
    assert both.known
    assert both.name == "Apache 2.0 and CC BY-NC 4.0"
    assert "earn money with it" not in both.may
    assert "earn money with it" in both.may_not
    assert {"hand on a copy of the licence", "name the maker and link the licence"} <= set(both.must)
    assert not read_licence(under("mit and pond-terms")).known


@given(terms, terms, terms)
def test_joining_cuts_permissions_and_adds_duties(a: Terms, b: Terms, c: Terms) -> None:
    both = a & b
    assert both.may <= a.may
    assert both.must >= a.must
    assert both.may_not >= a.may_not
    assert (a & b, a & a, (a & b) & c) == (b & a, a, a & (b & c))


@given(facts, facts)
def test_anything_can_be_read_and_compared(child: Facts, parent: Facts) -> None:
    licence = read_licence(child)
    assert licence.summary
    assert licence.url is None or licence.url.startswith(("http://", "https://"))
    assert changed(child, parent) == changed(parent, child)
    assert not changed(child, child)
    assert conflict(child, parent) is None or parent.repo in str(conflict(child, parent))


@given(facts)
def test_a_model_goes_with_its_own_licence_unless_changed_copies_are_forbidden(any_facts: Facts) -> None:
    forbids = "share-changed" in read_licence(any_facts).terms.may_not
    assert (conflict(any_facts, any_facts) is not None) == forbids


def test_a_change_of_licence_is_seen() -> None:
    assert changed(under("mit"), under("apache-2.0"))
    assert changed(under("mit"), under(None))
    assert changed(under("other", "a"), under("other", "b"))
    assert not changed(under("mit", "a"), under("mit", "b"))
    assert not changed(under(None), under(None))


def test_the_filter_offers_the_hubs_identifiers_by_name() -> None:
    offered = known_licences()
    assert offered["apache-2.0"] == "Apache 2.0"
    assert "qwen-research" not in offered, "the Hub files these under other"
    assert list(offered.values()) == sorted(offered.values(), key=str.casefold)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"may": ["use", "fly"]}, "no phrase"),
        ({"may": ["sell"], "may_not": ["sell"]}, "forbidden as well"),
        ({"must": ["share-alike"]}, "needs a family"),
        ({"ids": {}}, "no name"),
        ({"ids": {"mit": {"name": "Mine"}}}, "listed twice"),
        ({"ids": {"x": {"name": "X", "url": "http://example.org"}}}, "pattern"),
    ],
)
def test_a_mistake_in_the_file_is_refused(tmp_path: Path, change: dict[str, object], says: str) -> None:
    content = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    content["licences"].append({"ids": {"x": {"name": "X"}}, "summary": "S.", "may": ["use"]} | change)
    broken = tmp_path / "licences.yaml"
    broken.write_text(yaml.safe_dump(content), encoding="utf-8")
    with pytest.raises(ValidationError, match=says):
        book(broken)


def test_every_phrase_is_used() -> None:
    said = book()
    assert set(said.may) == {key for entry in said.licences for key in entry.may}
    assert set(said.must) == {key for entry in said.licences for key in entry.must}
    assert set(said.may_not) == {key for entry in said.licences for key in entry.may_not}


@pytest.mark.parametrize(
    ("licence", "says"),
    [
        ("mit", ["claims nothing of its texts"]),
        ("cc-by-nc-4.0", ["earn money", "ask first"]),
        ("gemma", ["forbidden uses holds for the texts too"]),
        ("llama3", ["forbidden uses", "train models outside its family"]),
        ("llama3.1", ["forbidden uses", "begin its name with “Llama”"]),
        ("gemma and cc-by-nc-4.0", ["earn money", "forbidden uses"]),
        ("frog-1.0", ["Nothing is on file"]),
        (None, ["Nobody has said"]),
    ],
)
def test_it_says_what_holds_for_what_the_model_writes(licence: str | None, says: list[str]) -> None:
    said = read_licence(under(licence)).writes
    assert all(words in said for words in says)
    assert ("claims nothing" in said) == (licence == "mit")


def test_a_licence_that_follows_the_texts_never_claims_nothing_of_them() -> None:
    said = read_licence(Facts("a/b", licence="other", licence_name="qwen")).writes
    assert "words of credit" in said
    assert "claims nothing" not in said
    for name in on_file:
        licence = read_licence(Facts("a/b", licence="other", licence_name=name))
        follows = {"credit-trained", "name-after-llama"} & licence.terms.must or licence.terms.may_not - {
            "share-changed"
        }
        assert bool(follows) != ("claims nothing" in licence.writes), name


def test_a_licence_is_known_by_its_name_or_its_identifier() -> None:
    for key, name in known_licences().items():
        assert licence_id(key) == key
        assert known_licences()[str(licence_id(f" {name.upper()} "))] == name
    assert (licence_id("other"), licence_id("eupl-1.2"), licence_id("Apache"), licence_id("CC")) == (
        "other", "eupl-1.2", "apache-2.0", "cc",
    )  # fmt: skip
    assert licence_id("GNU is") is None
