"""What a maker says about a model and what not: neutral facts, never a score.

Each matter is looked for in the card's metadata first, then in its text, by
headings and phrases in a few languages; a heading over a template's filler says
nothing. Whether what is said is true or enough is not judged. Knows no network
and no page.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from swatchbook.hub.evidence import energy, evaluations
from swatchbook.hub.facts import Facts, mapping
from swatchbook.hub.languages import language_name
from swatchbook.hub.licences import read_licence
from swatchbook.hub.sections import Sections

METADATA = "the card's metadata"
_LIST_FACTS = (
    "task",
    "library",
    "architecture",
    "licence",
    "licence_link",
    "languages",
    "datasets",
    "parents",
    "numbers",
)


@dataclass(frozen=True, slots=True)
class Gap:
    """One matter: what is said of it and where, or None for both.

    `unread` says that only the card could tell, and that none could be read.
    """

    name: str
    said: str | None = None
    where: str | None = None
    unread: bool = False

    @property
    def open(self) -> bool:
        """Whether the maker does not say."""
        return self.said is None and not self.unread


@dataclass(frozen=True, slots=True)
class _Matter:
    """Where a matter is looked for: a reader of the metadata, headings and phrases of the text."""

    name: str
    headings: re.Pattern[str]
    phrases: re.Pattern[str] | None = None
    stated: Callable[[Facts, Mapping[str, Any]], str | None] = lambda _facts, _extras: None
    applies: Callable[[Facts], bool] = lambda _facts: True


def gaps(facts: Facts, card: str | None, extras: Mapping[str, Any]) -> tuple[Gap, ...]:
    """What the maker says and does not say, matter by matter.

    `card` is the card without its front matter, None when none could be read;
    `extras` the card's metadata with `model-index` and `evalResults` of the model's info.
    """
    read = None if card is None else Sections(card, [matter.headings for matter in _MATTERS])
    wanted = ((number, matter) for number, matter in enumerate(_MATTERS) if matter.applies(facts))
    return tuple(_gap(number, matter, facts, read, mapping(extras)) for number, matter in wanted)


def stated(facts: Facts) -> int:
    """How many facts the maker states, of those that a list of models carries."""
    return sum(bool(getattr(facts, name)) for name in _LIST_FACTS)


def _gap(number: int, matter: _Matter, facts: Facts, card: Sections | None, extras: Mapping[str, Any]) -> Gap:
    if said := matter.stated(facts, extras):
        return Gap(matter.name, said, METADATA)
    if card is None:
        return Gap(matter.name, unread=True)
    if found := card.under(number):
        label, text = found
        return Gap(matter.name, text, f"the card, under “{label}”")
    if matter.phrases and (phrase := card.phrase(matter.phrases)):
        return Gap(matter.name, phrase, "the card")
    return Gap(matter.name)


def _licence(facts: Facts, _extras: Mapping[str, Any]) -> str | None:
    licence = read_licence(facts)
    return licence.name if licence.id else None


def _languages(facts: Facts, _extras: Mapping[str, Any]) -> str | None:
    return ", ".join(map(language_name, facts.languages[:40])) or None


def _datasets(facts: Facts, _extras: Mapping[str, Any]) -> str | None:
    return ", ".join(facts.datasets[:40]) or None


def _parents(facts: Facts, _extras: Mapping[str, Any]) -> str | None:
    return ", ".join(parent.repo for parent in facts.parents[:10]) or None


def _evaluations(_facts: Facts, extras: Mapping[str, Any]) -> str | None:
    count = len(evaluations(extras))
    return f"{count} result{'' if count == 1 else 's'}" if count else None


def _derived(facts: Facts) -> bool:
    """Whether there is a parent, or the name or a tag suggests one."""
    marked = facts.quantised is not None or bool(_DERIVED_TAGS & {tag.lower() for tag in facts.tags})
    return bool(facts.parents) or marked or _DERIVED_NAME.search(facts.name) is not None


def _pattern(*alternatives: str) -> re.Pattern[str]:
    """Any of these. Every repetition in them is bounded, so a search takes time in proportion to the text."""
    return re.compile("|".join(alternatives), re.IGNORECASE)


_DERIVED_TAGS = frozenset(
    ["merge", "mergekit", "trl", "sft", "dpo", "lora", "peft", "adapter", "generated_from_trainer", "gguf", "quantized"]
)
_DERIVED_NAME = _pattern(
    r"(?:^|[-_.])(?:instruct|chat|it|sft|dpo|orpo|rlhf|ft|fine-?tuned?|q?lora|gguf|awq|gptq|exl2|[48]-?bit)(?:$|[-_.\d])",
    r"merge|distil|abliterated|uncensored|quanti[sz]ed",
)

_MATTERS = (
    _Matter("licence", _pattern(r"licen[cs]", "lizenz", "licença", "许可", "ライセンス"), stated=_licence),
    _Matter(
        "training data",
        _pattern(
            r"training (?:and evaluation )?data",
            r"training (?:set|corp)",
            r"^(?:(?!eval|test|benchmark).){0,60}\b(?:data ?sets?|data ?sources?|corpus|corpora|data used)\b",
            r"donn[ée]es d.entra[iî]nement|jeux? de donn[ée]es",
            "trainingsdaten|datens[aä]tz",
            r"datos de entrenamiento|dados de treinamento",
            "训练数据|数据集|学習データ|データセット",
        ),
        _pattern(
            r"\b(?:trained|fine-?tuned)(?: \w{1,20}){0,3} (?:on|with|using) (?!an unknown|the none|unknown)"
            r"[^.\n]{0,80}\b(?:data ?sets?|data|corpus|corpora|texts?|tokens)\b",
        ),
        stated=_datasets,
    ),
    _Matter(
        "languages",
        _pattern(r"\blanguages?\b(?! model)", r"\blangues?\b|\bsprachen?\b|\bidiomas?\b", "语言|言語"),
        _pattern(r"\b(?:supports?|speaks?|covers?|understands?) [^.\n]{0,60}\blanguages\b"),
        stated=_languages,
    ),
    _Matter(
        "which model it was made from",
        _pattern(r"fine-?tuned from", r"(?:base|parent|teacher) model", "modèle de base|basismodell|modelo base|基座"),
        _pattern(
            r"\bfine-?tun\w{1,4} (?:(?:version|variant|model|copy) )?(?:of|from)\b",
            r"\b(?:distilled|quanti[sz]ed|converted|adapted|derived|merged?) (?:(?:version|copy) )?(?:of|from)\b",
        ),
        stated=_parents,
        applies=_derived,
    ),
    _Matter(
        "intended uses",
        _pattern(
            r"\bintended\b|\bdirect use|\bdownstream use|\buse[- ]?cases?\b|^uses?$|\bpurpose",
            r"utilisation pr[ée]vue|usages? pr[ée]vus?|verwendungszweck|uso previsto|用途|使用目的",
        ),
        _pattern(r"\b(?:intended|designed|meant) (?:for|to|as|use)\b"),
    ),
    _Matter(
        "known limits and failures",
        _pattern(
            r"\blimit(?:s|ation|ations)?\b|\bbias|\brisks?\b|\bknown (?:issue|problem|failure)|\bcaveat|\bfailure",
            r"\bweakness|out-of-scope",
            r"\blimites\b|\bbiais\b|einschr[aä]nkungen|\bgrenzen\b|limitaciones|sesgos?|limitações",
            "局限|偏见|限制|制限|限界|バイアス",
        ),
        _pattern(
            r"\b(?:may|can|might|will) (?:\w{1,20} )?(?:hallucinate|(?:be|produce|generate|contain|output) "
            r"[^.\n]{0,40}(?:bias|offensive|inaccura|incorrect|harmful|toxic|false|wrong|stereotyp|unreliable))",
            r"\bknown (?:failures?|issues|limitations)|\bmust not be used|\bnot suitable for",
        ),
    ),
    _Matter(
        "who chose or labelled the data",
        _pattern(
            r"annotat|curat|\blabell?(?:ed|ers?|ing)\b|data collection|crowd ?work|human feedback",
            r"annotation|annotateurs|annotatoren|anotaci|标注|アノテーション",
        ),
        _pattern(
            r"\b(?:annotated|labell?ed|rated|curated|selected|collected|written|chosen) by\b",
            r"\bannotators?\b|\bcrowd ?workers?\b|\bhuman (?:raters|labell?ers|feedback)\b",
        ),
    ),
    _Matter(
        "evaluation results",
        _pattern(
            r"\bevaluat(?!ion data)|benchmark|\bresults?\b|\bperformance\b|\bmetrics?\b|\bmeasured\b",
            r"[ée]valuation\b(?! data)|auswertung|ergebnisse|evaluaci|评估|评测|評価",
        ),
        _pattern(r"\b(?:accuracy|perplexity|f1|bleu|rouge|mmlu|hellaswag|loss|bits per byte)\b[^.\n]{0,30}\d"),
        stated=_evaluations,
    ),
    _Matter(
        "training hardware and time",
        _pattern(
            r"\bhardware\b(?! req)|infrastructure|\btraining time|\bcompute\b|\bhours used|\bcloud provider",
            r"mat[ée]riel|rechenaufwand|硬件|ハードウェア|計算資源",
        ),
        _pattern(
            r"\b\d{1,6} ?[x×]? ?(?:nvidia |amd )?(?:[abhv]\d00|a10g?|l40?s?|t4|p100|rtx ?\d{4}|mi\d{3}x?|tpus?)\b",
            r"\b(?:gpu|tpu|cpu)[- ]?(?:hours?|days?)\b|\btpu ?v\d",
            r"\btrained (?:for|in|over) (?:about |around |~ ?)?\d[\d.,]{0,10} ?(?:hours?|days?|weeks?|minutes?)\b",
        ),
    ),
    _Matter(
        "energy used",
        _pattern(
            r"\bcarbon|environmental impact|\bco2|\bco₂|\benergy (?:use|cons)|\bemissions?\b",
            r"empreinte|[ée]nergie|energ[ií]a|umwelt|碳|能耗|環境",
        ),
        _pattern(
            r"\b\d[\d.,]{0,20} ?[kmg]?wh\b",
            r"\b\d[\d.,]{0,20} ?(?:kg|g|t|tons?|tonnes?|kilograms?|grams?) ?(?:of )?co(?:2|₂)",
        ),
        stated=lambda _facts, extras: energy(extras.get("co2_eq_emissions")),
    ),
    _Matter(
        "how to reach the maker",
        _pattern(r"\bcontacts?\b|\bkontakt\b|\bcontacto\b|\bcontato\b|联系|問い合わせ|連絡先"),
        _pattern(
            r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}\.[a-z]{2,}",
            r"\b(?:contact (?:us|me)|reach out|get in touch|open an issue)\b",
        ),
    ),
)
