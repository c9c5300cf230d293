"""Could this grammar have written this sentence?

The grammar is read as a recogniser of whole sentences: matching keeps every
place in the sentence that a phrase may have reached, with the values kept so
far. A value kept in an earlier sentence is unknown here; it is taken to be any
value the grammar could have kept, the same one wherever it is used, and what is
kept together (she, her, herself) is taken together.
"""

from __future__ import annotations

import re
from functools import cached_property

from swatchbook.kitchen.grammar import Grammar, GrammarError, Part, Phrase, Ref, Save, modified

MAX_LANGUAGE = 20_000
"""Most expansions of a rule that is used with .a, .s or .ed."""

_END = re.compile(r"[.!?][\"')]*(?=\s|$)|\n|<\|[^|<>]*\|>")

Kept = frozenset[tuple[str, str | Phrase]]
State = tuple[int, Kept, bool]
"""How far the sentence is matched, what is kept, and whether a capital comes next."""


def split_sentences(text: str) -> list[str]:
    """The sentences of a text: up to a full stop, a question or exclamation mark, a line's end or a turn's mark."""
    return [piece for _, piece in _pieces(text) if piece]


class Deriver:
    """Answers `derives(sentence)` for one grammar."""

    def __init__(self, grammar: Grammar) -> None:
        self.rules = grammar.rules
        self._language: dict[Ref, frozenset[str]] = {}

    def derives(self, sentence: str) -> bool:
        """Whether some text of the grammar holds exactly this sentence."""
        match = _Match(self, sentence)
        return any(match.whole(pattern) for pattern in self.patterns)

    @cached_property
    def patterns(self) -> list[Phrase]:
        """The phrases that make one sentence each."""
        found: dict[Phrase, None] = {}
        waiting, seen = ["origin"], {"origin"}
        while waiting:
            for phrase in self.rules[waiting.pop()]:
                for chunk in self._chunks(phrase):
                    if (inner := _alone(chunk, self.rules)) is None:
                        found[chunk] = None
                    elif inner not in seen:
                        seen.add(inner)
                        waiting.append(inner)
        return list(found)

    @cached_property
    def bundles(self) -> dict[str, list[tuple[Save, ...]]]:
        """For each kept name, the sets of values that the grammar keeps together."""
        found: dict[str, list[tuple[Save, ...]]] = {}
        for phrase in (phrase for phrases in self.rules.values() for phrase in phrases):
            saves = tuple(part for part in phrase if isinstance(part, Save))
            for save in saves:
                found.setdefault(save.name, []).append(saves)
        return found

    def language(self, ref: Ref) -> frozenset[str]:
        """Everything that a rule can expand to, modified as the reference says."""
        if ref not in self._language:
            words: set[str] = set()
            for phrase in self.rules[ref.rule]:
                words |= self.spellings(phrase)
            self._language[ref] = frozenset(modified(word, ref.modifiers) for word in words)
        return self._language[ref]

    def spellings(self, phrase: Phrase) -> set[str]:
        texts = {""}
        for part in phrase:
            if isinstance(part, Save):
                continue
            endings = {part} if isinstance(part, str) else self.language(part)
            if len(texts) * len(endings) > MAX_LANGUAGE:
                raise GrammarError(f"{part} has more than {MAX_LANGUAGE} expansions, too many to be modified.")
            texts = {text + ending for text in texts for ending in endings}
        return texts

    @cached_property
    def _closing(self) -> set[str]:
        """The rules that end a sentence whenever they end."""
        closing = set(self.rules)
        while True:
            left = {name for name in closing if all(_closes(phrase, closing) for phrase in self.rules[name])}
            if left == closing:
                return closing
            closing = left

    def _chunks(self, phrase: Phrase) -> list[Phrase]:
        chunks: list[list[Part]] = [[]]
        for part in phrase:
            if not isinstance(part, str):
                chunks[-1].append(part)
                if isinstance(part, Ref) and part.rule in self._closing:
                    chunks.append([])
                continue
            for ended, piece in _pieces(part, strip=False):
                chunks[-1].append(piece)
                if ended:
                    chunks.append([])
        stripped = [_strip(chunk) for chunk in chunks]
        return [chunk for chunk in stripped if any(not isinstance(part, Save) for part in chunk)]


class _Match:
    """One sentence being matched; remembers what each rule reached from each state."""

    def __init__(self, deriver: Deriver, text: str) -> None:
        self.deriver, self.text = deriver, text
        self.reached: dict[tuple[str, State], frozenset[State]] = {}

    def whole(self, pattern: Phrase) -> bool:
        return any(at == len(self.text) for at, _, _ in self.phrase(pattern, (0, frozenset(), False)))

    def phrase(self, phrase: Phrase, start: State) -> set[State]:
        states = {start}
        for part in phrase:
            states = {state for before in states for state in self.part(part, before)}
            if not states:
                break
        return states

    def part(self, part: Part, state: State) -> set[State] | frozenset[State]:
        at, kept, capital = state
        if isinstance(part, str):
            return self.literal(part, state)
        if isinstance(part, Save):
            return {(at, _keep(kept, part.name, part.value), capital)}
        if part.modifiers == ("capitalize",):
            return self.ref(Ref(part.rule), (at, kept, True))
        return self.ref(part, state)

    def literal(self, literal: str, state: State) -> set[State]:
        at, kept, capital = state
        if capital and literal:
            literal = modified(literal, ("capitalize",))
        if not self.text.startswith(literal, at):
            return set()
        return {(at + len(literal), kept, capital and not literal)}

    def ref(self, ref: Ref, state: State) -> set[State] | frozenset[State]:
        at, kept, capital = state
        value = next((value for name, value in kept if name == ref.rule), None)
        if isinstance(value, str):
            return self.literal(modified(value, ref.modifiers), state)
        if value is not None:
            return self.bind(ref, value, state)
        reached: set[State] = set()
        for bundle in self.deriver.bundles.get(ref.rule, []):
            known = kept
            for save in bundle:
                if not any(name == save.name for name, _ in kept):
                    known = _keep(known, save.name, save.value)
            reached |= self.ref(ref, (at, known, capital))
        return reached | self.rule(ref, state) if ref.rule in self.deriver.rules else reached

    def bind(self, ref: Ref, value: Phrase, state: State) -> set[State]:
        """Use a kept value whose wording is still open, and settle it."""
        reached: set[State] = set()
        for word in self.deriver.spellings(value):
            for at, kept, capital in self.literal(modified(word, ref.modifiers), state):
                reached.add((at, _keep(kept, ref.rule, word), capital))
        return reached

    def rule(self, ref: Ref, state: State) -> frozenset[State]:
        if ref.modifiers:
            words = self.deriver.language(ref)
            return frozenset(after for word in words for after in self.literal(word, state))
        key = (ref.rule, state)
        if key not in self.reached:
            self.reached[key] = frozenset()  # a rule that leads back to itself at the same place adds nothing
            phrases = self.deriver.rules[ref.rule]
            self.reached[key] = frozenset(after for phrase in phrases for after in self.phrase(phrase, state))
        return self.reached[key]


def _keep(kept: Kept, name: str, value: str | Phrase) -> Kept:
    return frozenset(pair for pair in kept if pair[0] != name) | {(name, value)}


def _pieces(text: str, strip: bool = True) -> list[tuple[bool, str]]:
    """The text cut after each sentence's end; the flag says whether a piece ended there."""
    pieces, at = [], 0
    for end in _END.finditer(text):
        stop = end.end() if end[0][0] in ".!?" else end.start()
        pieces.append((True, text[at:stop]))
        at = end.end()
    pieces.append((False, text[at:]))
    return [(ended, piece.strip()) for ended, piece in pieces] if strip else pieces


def _closes(phrase: Phrase, closing: set[str]) -> bool:
    last = next((part for part in reversed(phrase) if not isinstance(part, Save)), None)
    if isinstance(last, Ref):
        return last.rule in closing and not last.modifiers
    return last is not None and _pieces(last)[-1] == (False, "") and len(_pieces(last)) > 1


def _strip(chunk: list[Part]) -> Phrase:
    texts = list(chunk)
    while texts and isinstance(texts[0], str) and not texts[0].strip():
        texts.pop(0)
    while texts and isinstance(texts[-1], str) and not texts[-1].strip():
        texts.pop()
    if texts and isinstance(texts[0], str):
        texts[0] = texts[0].lstrip()
    if texts and isinstance(texts[-1], str):
        texts[-1] = texts[-1].rstrip()
    return tuple(part for part in texts if part != "")


def _alone(chunk: Phrase, rules: dict[str, tuple[Phrase, ...]]) -> str | None:
    """The rule that makes up the whole chunk, if one does."""
    refs = [part for part in chunk if not isinstance(part, Save)]
    if len(refs) == 1 and isinstance(refs[0], Ref) and not refs[0].modifiers and refs[0].rule in rules:
        return refs[0].rule
    return None
