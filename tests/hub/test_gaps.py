"""What a maker does not say: found in metadata, headings and phrases, never in a template's filler."""

from __future__ import annotations

import time
from typing import Any

import pytest
from huggingface_hub import ModelCard, ModelCardData
from hypothesis import given
from hypothesis import strategies as st

from swatchbook.hub.facts import Facts, Parent
from swatchbook.hub.gaps import METADATA, Gap, gaps, stated
from tests.hub.strategies import facts

PLAIN = Facts(repo="maker/model")
DERIVED = Facts(repo="maker/model-instruct")
EVERYTHING = [
    "licence",
    "training data",
    "languages",
    "which model it was made from",
    "intended uses",
    "known limits and failures",
    "who chose or labelled the data",
    "evaluation results",
    "training hardware and time",
    "energy used",
    "how to reach the maker",
]


def missing(card: str | None, facts: Facts = DERIVED, extras: dict[str, Any] | None = None) -> set[str]:
    return {gap.name for gap in gaps(facts, card, extras or {}) if gap.open}


def said(card: str, facts: Facts = DERIVED) -> set[str]:
    return set(EVERYTHING) - missing(card, facts)


def found(name: str, card: str, facts: Facts = DERIVED, extras: dict[str, Any] | None = None) -> Gap:
    return next(gap for gap in gaps(facts, card, extras or {}) if gap.name == name)


def test_an_empty_card_says_nothing() -> None:
    assert [gap.name for gap in gaps(DERIVED, "", {})] == EVERYTHING
    assert missing("") == set(EVERYTHING)


def test_the_untouched_template_says_nothing() -> None:
    card = ModelCard.from_template(ModelCardData())
    assert len(card.text) > 4000
    assert missing(card.text) == set(EVERYTHING)


def test_a_trainers_own_card_says_only_what_it_knows() -> None:
    card = (
        "# model-instruct\n\nThis model is a fine-tuned version of [a/b](https://example.org) on an unknown dataset.\n"
        "It achieves the following results on the evaluation set:\n- Loss: 2.31\n\n## Model description\n\n"
        "More information needed\n\n## Intended uses & limitations\n\nMore information needed\n\n"
        "## Training and evaluation data\n\nMore information needed\n"
    )
    assert said(card) == {"which model it was made from", "evaluation results"}


@pytest.mark.parametrize(
    ("card", "name"),
    [
        ("## License\nYours for the asking.", "licence"),
        ("- **License:** by letter", "licence"),
        ("## Training Data\n\nTwo diaries.", "training data"),
        ("It was trained on 3 million sentences of a web corpus.", "training data"),
        ("## Données d'entraînement\nDeux journaux.", "training data"),
        ("## 训练数据\n两本日记。", "training data"),
        ("- **Language(s) (NLP):** Occitan", "languages"),
        ("It supports 29 languages.", "languages"),
        ("- **Finetuned from model:** a/b", "which model it was made from"),
        ("A fine-tuned version of [a/b](https://example.org).", "which model it was made from"),
        ("### Direct Use\nLetters to nobody.", "intended uses"),
        ("<h2>Uses</h2>\nLetters to nobody.", "intended uses"),
        ("It is intended for letters.", "intended uses"),
        ("**Limitations**\n\nIt cannot count.", "known limits and failures"),
        ("## Bias, Risks, and Limitations\n### Recommendations\nRead it twice.", "known limits and failures"),
        ("It may sometimes produce offensive text.", "known limits and failures"),
        ("## Einschränkungen\nZählt nicht.", "known limits and failures"),
        ("## Limitaciones\nNo cuenta.", "known limits and failures"),
        ("## 制限\n数えられない。", "known limits and failures"),
        ("#### Annotation process\nThree readers.", "who chose or labelled the data"),
        ("The sentences were labelled by three readers.", "who chose or labelled the data"),
        ("## Evaluation\n| a | b |\n|---|---|\n| hm | 3 |", "evaluation results"),
        ("Its perplexity is 12.4.", "evaluation results"),
        ("- **Hardware Type:** one laptop", "training hardware and time"),
        ("Trained on 8x A100.", "training hardware and time"),
        ("It trained for 30 hours.", "training hardware and time"),
        ("- **Carbon Emitted:** 12 kg", "energy used"),
        ("That took 3.5 kWh.", "energy used"),
        ("## Model Card Contact\nRing twice.", "how to reach the maker"),
        ("Questions: someone@example.org", "how to reach the maker"),
    ],
)
def test_each_matter_is_found_where_makers_write_it(card: str, name: str) -> None:
    gap = found(name, card)
    assert not gap.open
    assert gap.said
    assert str(gap.where).startswith("the card")
    assert missing("Nothing of the kind.") == set(EVERYTHING)


@pytest.mark.parametrize(
    "card",
    [
        "## Limitations\n[More Information Needed]",
        "## Limitations\nTODO",
        "## Limitations\n\n## Something else\nText.",
        "## Limitations\n<!-- Say what it cannot do. -->",
        "<!-- ## Limitations\nIt cannot count. -->",
        "## Limitations\n- **Hardware:** one laptop",
        "```\n# Limitations\nIt cannot count.\n```",
        "## Limitations\n![](https://example.org/x.png)\n***",
        "## Rate of fire\nIt may rain.",
    ],
)
def test_a_heading_over_nothing_says_nothing(card: str) -> None:
    assert "known limits and failures" in missing(card)


def test_what_is_said_is_quoted_with_its_place() -> None:
    gap = found(
        "known limits and failures", "## ⚠️ **Known limits**\n\nIt cannot count [past](x) `ten`.\n\n## Next\nNo."
    )
    assert (gap.said, gap.where) == ("It cannot count past ten .", "the card, under “⚠️ Known limits”")
    long = found("energy used", "word " * 200 + "took 3 kWh in all " + "word " * 200)
    assert "took 3 kWh in all" in str(long.said)
    assert len(str(long.said)) < 170


def test_metadata_speaks_first() -> None:
    full = Facts(
        repo="maker/model",
        licence="mit",
        languages=("fr", "oc"),
        datasets=("a/diary",),
        parents=(Parent("a/b", "finetune"),),
    )
    extras = {
        "co2_eq_emissions": {"emissions": 12.5},
        "model-index": [
            {"results": [{"dataset": {"name": "d"}, "task": {"type": "t"}, "metrics": [{"type": "m", "value": 1}]}]}
        ],
    }
    told = {gap.name: gap.said for gap in gaps(full, "", extras) if gap.where == METADATA}
    assert told == {
        "licence": "MIT",
        "training data": "a/diary",
        "languages": "French, Occitan",
        "which model it was made from": "a/b",
        "evaluation results": "1 result",
        "energy used": "12.5 g of CO2 equivalent",
    }


@pytest.mark.parametrize("value", [None, "", [], {}, True, {"emissions": None}, float("nan")])
def test_energy_of_the_wrong_type_is_not_stated(value: object) -> None:
    assert "energy used" in missing("", extras={"co2_eq_emissions": value, "model-index": value, "evalResults": value})


def test_an_unknown_licence_is_not_stated() -> None:
    assert "licence" in missing("", Facts(repo="a/b", licence="unknown"))


@pytest.mark.parametrize(
    ("facts", "applies"),
    [
        (PLAIN, False),
        (Facts(repo="maker/chatterbox"), False),
        (Facts(repo="maker/model-7b-chat"), True),
        (Facts(repo="maker/Model-3.GGUF"), True),
        (Facts(repo="maker/distilmodel"), True),
        (Facts(repo="maker/model", tags=("MergeKit",)), True),
        (Facts(repo="maker/model", quantised="gptq"), True),
        (Facts(repo="maker/model", parents=(Parent("a/b"),)), True),
    ],
)
def test_a_parent_is_missed_only_where_one_is_suggested(facts: Facts, applies: bool) -> None:
    assert ("which model it was made from" in {gap.name for gap in gaps(facts, "", {})}) == applies


def test_without_a_card_nothing_is_held_against_the_maker() -> None:
    told = gaps(Facts(repo="maker/model", licence="mit"), None, {})
    assert [gap.name for gap in told if gap.said] == ["licence"]
    assert not any(gap.open for gap in told)
    assert any(gap.unread for gap in told)


def test_stated_facts_are_counted() -> None:
    assert stated(PLAIN) == 0
    assert stated(Facts(repo="a/b", downloads=7, likes=3, gated="", tags=("x",))) == 0
    assert stated(Facts(repo="a/b", licence="mit", languages=("fr",), task="text-generation")) == 3


@given(
    facts,
    st.none() | st.text(max_size=300),
    st.dictionaries(
        st.sampled_from(["co2_eq_emissions", "model-index"]), st.text() | st.integers() | st.lists(st.none())
    ),
)
def test_anything_can_be_read(any_facts: Facts, card: str | None, extras: dict[str, Any]) -> None:
    told = gaps(any_facts, card, extras)
    assert len(told) >= len(EVERYTHING) - 1
    assert all((gap.said is None) == (gap.where is None) for gap in told)
    assert any(gap.unread for gap in told) <= (card is None)
    assert 0 <= stated(any_facts) <= 9


HOSTILE = [
    *(
        "#",
        "# bias\n",
        "# a\n## bias\n",
        "**",
        "**a**\n",
        "- ",
        "<!--",
        "<h1 ",
        "[",
        "[a](b ",
        "\n",
        "a",
        "1 ",
        "a@",
        "a!",
    ),
    *(
        "trained on ",
        "may ",
        "may be ",
        "may a be ",
        "fine-tuned from ",
        "supports ",
        "accuracy ",
        "# " + "data " * 40 + "\n",
    ),
]


@pytest.mark.parametrize("piece", HOSTILE)
def test_five_hostile_megabytes_are_read_within_a_second(piece: str) -> None:
    card = piece * (5_000_000 // len(piece))
    start = time.process_time()
    gaps(DERIVED, card, {})
    assert time.process_time() - start < 1


def test_a_row_of_a_table_is_no_statement() -> None:
    table = "| what | value |\n| --- | --- |\n| of a rival, trained on the same texts | 0.3 |\n"
    told = {gap.name: gap for gap in gaps(Facts("a/b"), f"# A model\n\n{table}", {})}
    assert told["training data"].open
    told = {gap.name: gap for gap in gaps(Facts("a/b"), f"# A model\n\n{table}\nIt was trained on 50 texts.\n", {})}
    assert told["training data"].said == "It was trained on 50 texts."
