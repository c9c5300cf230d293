"""Whether each symbol of a sketch's grammar can come to an end.

A grammar is read as a context-free one; a symbol that can end is called productive there.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from swatchbook.sketch.template import If, Save, Tag, Template, saved

_Head = str | int
"""A symbol of the grammar, or the number of a condition, which may end either way."""
_Rule = tuple[_Head, set[_Head]]
"""What is replaced, and what has to end for its replacement to end."""


def endless(grammar: Mapping[str, Sequence[Template]], texts: Sequence[Template]) -> Iterator[list[str]]:
    """Symbols that lead around in a circle and have no rule that leads out, each circle once.

    What any of the `texts` or rules saves is taken to end, as far as can be told before it is filled in.
    """
    free = set().union(*map(saved, texts), *(saved(rule) for rules in grammar.values() for rule in rules))
    bound = grammar.keys() - free
    rules: list[_Rule] = []
    for symbol, templates in grammar.items():
        rules += [(symbol, _needs(template, bound, rules)) for template in templates]
    ended = _ended(rules)
    leads: dict[_Head, _Head] = {}
    for head, needs in rules:
        if head not in ended and head not in leads:
            leads[head] = min(needs - ended, key=str)
    for circle in _circles(leads):
        yield [symbol for symbol in grammar if symbol in circle]


def _needs(template: Template, bound: set[str], rules: list[_Rule]) -> set[_Head]:
    """What has to end for a template to end; conditions in it are added to the rules."""
    needs: set[_Head] = set()
    for part in template:
        if isinstance(part, Tag | Save):
            needs |= {part.symbol} & bound if isinstance(part, Tag) else set()
            for save in part.saves if isinstance(part, Tag) else (part,):
                needs = needs.union(*(_needs(rule, bound, rules) for rule in save.rules))
        elif isinstance(part, If):
            branches = [_needs(branch, bound, rules) for branch in (part.then, part.other)]
            needs.add(head := len(rules))
            rules += [(head, branch) for branch in branches]
    return needs


def _ended(rules: Sequence[_Rule]) -> set[_Head]:
    """Everything that can end, in time that grows with the rules' length (Dowling and Gallier, 1984)."""
    users: dict[_Head, list[int]] = defaultdict(list)
    for number, (_, needs) in enumerate(rules):
        for need in needs:
            users[need].append(number)
    left = [len(needs) for _, needs in rules]
    ready = [head for head, needs in rules if not needs]
    ended: set[_Head] = set()
    while ready:
        head = ready.pop()
        if head in ended:
            continue
        ended.add(head)
        for number in users[head]:
            left[number] -= 1
            if not left[number]:
                ready.append(rules[number][0])
    return ended


def _circles(leads: Mapping[_Head, _Head]) -> Iterator[set[_Head]]:
    """The circles that one comes to by following where each leads."""
    seen: set[_Head] = set()
    for head in leads:
        way: dict[_Head, None] = {}
        while head not in seen:
            seen.add(head)
            way[head] = None
            head = leads[head]
        if head in way:
            walked = list(way)
            yield set(walked[walked.index(head) :])
