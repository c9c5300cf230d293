"""The family tree: whole, bounded, and standing whatever the Hub answers."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st

from swatchbook.hub import lineage
from swatchbook.hub.errors import Absent, Away
from swatchbook.hub.facts import Facts, Parent, Relation
from swatchbook.hub.kin import GONE, Bounds
from swatchbook.hub.lineage import ABOVE, BELOW, CUT, OLDER, PENDING, UNASKED, Family, Row

Answer = Facts | None | Exception


def model(name: str, *parents: str, relation: Relation = "finetune", licence: str | None = "mit") -> Facts:
    return Facts(repo=name, licence=licence, parents=tuple(Parent(parent, relation) for parent in parents))


@dataclass
class FakeHub:
    """Answers from dictionaries, and remembers what it was asked."""

    models: Mapping[str, Answer]
    children: Mapping[str, tuple[tuple[Facts, ...], int | None] | Exception] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)
    at_once: int = 0
    _now: int = 0

    async def about(self, repo: str) -> Facts | None:
        await self._waited("about", repo)
        found = self.models.get(repo)
        if isinstance(found, Exception):
            raise found
        return found

    async def children_of(self, repo: str) -> tuple[tuple[Facts, ...], int | None]:
        await self._waited("children", repo)
        found = self.children.get(repo, ((), 0))
        if isinstance(found, Exception):
            raise found
        return found

    async def _waited(self, kind: str, repo: str) -> None:
        self.asked.append((kind, repo))
        self._now += 1
        self.at_once = max(self.at_once, self._now)
        await asyncio.sleep(0)
        self._now -= 1


def hub(*models: Facts, **children: tuple[tuple[Facts, ...], int | None]) -> FakeHub:
    return FakeHub({each.repo: each for each in models}, children)


async def grown(facts: Facts, asked: FakeHub, bounds: Bounds = lineage.BOUNDS) -> list[Family]:
    return [family async for family in lineage.grow(facts, asked.about, asked.children_of, bounds)]


def tree(facts: Facts, asked: FakeHub, bounds: Bounds = lineage.BOUNDS) -> Family:
    return asyncio.run(grown(facts, asked, bounds))[-1]


def drawn(family: Family) -> list[str]:
    """The tree as a person sees it: guides, name, and a star on the model itself."""
    return [f"{row.guides}{row.repo or row.note}{'*' if row.own else ''}" for row in family.rows]


def row(family: Family, repo: str) -> Row:
    return next(each for each in family.rows if each.repo == repo)


def test_ancestors_stand_above_and_descendants_below() -> None:
    base, tuned, own = model("base"), model("tuned", "base"), model("own", "tuned")
    kids = (model("kid-a", "own"), model("kid-b", "own", relation="quantized"))
    asked = hub(base, tuned, own=(kids, 41), **{"kid-a": ((model("grandkid", "kid-a"),), 0)})
    family = tree(own, asked)
    assert drawn(family) == [
        "base",
        "└─ tuned",
        "   └─ own*",
        "      ├─ kid-a",
        "      │  └─ grandkid",
        "      ├─ kid-b",
        "      └─ 41 more made from it",
    ]
    assert [each.depth for each in family.rows] == [0, 1, 2, 3, 4, 3, 3]
    assert row(family, "kid-b").relation == "quantised"
    assert row(family, "base").relation is None
    assert family.asked == len(asked.asked) == 5


def test_the_tree_grows_level_by_level() -> None:
    base, tuned, own = model("base"), model("tuned", "base"), model("own", "tuned")
    asked = hub(base, tuned, own=((model("kid", "own"),), 0))
    stages = asyncio.run(grown(own, asked))
    assert [len(stage.rows) for stage in stages] == [2, 4, 4]
    assert [stage.done for stage in stages] == [False, False, True]
    assert row(stages[0], "tuned").note == PENDING
    assert row(stages[1], "base").note == PENDING
    assert asked.at_once == 2, "who is above and who is below are asked at the same time"


def test_a_merge_has_several_roots_and_stands_once() -> None:
    own = model("own", "left", "right", relation="merge")
    family = tree(own, hub(model("left", "base"), model("right"), model("base"), own=((model("kid", "own"),), 0)))
    assert drawn(family) == ["base", "└─ left", "   └─ own*", "      └─ kid", "right", "└─ own"]
    assert family.rows[-1].note == ABOVE
    assert family.rows[-1].relation == "merged"


def test_an_original_reached_by_two_paths_stands_once() -> None:
    own = model("own", "left", "right", relation="merge")
    family = tree(own, hub(model("left", "base"), model("right", "base"), model("base")))
    assert drawn(family) == ["base", "├─ left", "│  └─ own*", "└─ right", "   └─ own"]


def test_a_circle_is_broken_and_said() -> None:
    one, two = model("one", "two"), model("two", "one")
    family = tree(one, hub(one, two, one=((two,), 0)))
    assert drawn(family) == ["two", "└─ one*", "   └─ two"]
    assert [each.note for each in family.rows] == [None, None, ABOVE]


def test_a_model_that_is_its_own_parent() -> None:
    own = model("own", "own")
    family = tree(own, hub(own, own=((own,), 0)))
    assert drawn(family) == ["own*", "└─ own"]
    assert family.rows[1].note == ABOVE


def test_two_ancestors_of_one_level_that_descend_from_each_other() -> None:
    own = model("own", "a", "b")
    family = tree(own, hub(model("a", "b"), model("b", "a")))
    assert drawn(family) == ["a", "├─ own*", "└─ b", "b", "├─ own", "└─ a"]
    assert [each.note for each in family.rows] == [None, None, BELOW, None, ABOVE, ABOVE]


def test_a_child_that_turns_out_to_be_an_old_ancestor_moves_up() -> None:
    own, child = model("own", "p1"), model("child", "own")
    line = [model("p1", "p2"), model("p2", "p3"), model("p3", "child")]
    family = tree(own, hub(*line, own=((child,), 0), child=((model("grandchild", "child"),), 7)))
    assert drawn(family) == [
        "child",
        "└─ p3",
        "   └─ p2",
        "      └─ p1",
        "         └─ own*",
        "            └─ child",
    ]


def test_a_renamed_parent_is_known_by_its_new_name() -> None:
    new = model("house/base")
    family = tree(model("own", "base"), FakeHub({"base": new}))
    assert drawn(family) == ["house/base", "└─ own*"]
    assert row(family, "own").relation == "finetuned"
    again = model("own", "old-own")
    assert drawn(tree(again, FakeHub({"old-own": again}))) == ["own*", "└─ own"]


def test_who_is_gone_or_cannot_be_asked_leaves_the_rest_standing() -> None:
    own = model("own", "gone", "missing", "slow", "fine", relation="merge")
    answers: dict[str, Answer] = {
        "gone": None,
        "missing": Absent("x"),
        "slow": Away("No answer."),
        "fine": model("fine"),
    }
    family = tree(own, FakeHub(answers, {"own": Away("The Hub sleeps.")}))
    notes = {each.repo: each.note for each in family.rows if each.depth == 0}
    assert notes == {"gone": GONE, "missing": GONE, "slow": "No answer.", "fine": None}
    assert row(family, "gone").licence is None
    assert [each.note for each in family.rows if each.repo is None] == ["The Hub sleeps."]
    assert family.done


def test_a_change_of_licence_and_a_conflict_are_marked_on_the_way() -> None:
    base, tuned = model("base", licence="cc-by-nc-4.0"), model("tuned", "base", licence="mit")
    family = tree(model("own", "tuned", licence="mit"), hub(base, tuned))
    assert [each.licence for each in family.rows] == ["CC BY-NC 4.0", "MIT", "MIT"]
    assert [each.changes for each in family.rows] == [False, True, False]
    assert "earn money" in str(family.rows[1].conflict)
    assert family.rows[2].conflict is None


def test_a_crowd_of_children_is_cut_and_counted() -> None:
    crowd = tuple(model(f"kid-{number}", "own") for number in range(20))
    assert drawn(tree(model("own"), FakeHub({}, {"own": (crowd * 2, 100)})))[-1] == "└─ 114 more made from it"
    family = tree(model("own"), FakeHub({}, {"own": (crowd, None)}))
    assert drawn(family)[-1] == "└─ 14 or more others made from it"
    assert len(family.rows) == 1 + 6 + 1


def test_a_long_line_is_cut_and_says_so() -> None:
    line = [model(f"m{number}", f"m{number + 1}") for number in range(9)]
    family = tree(line[0], hub(*line))
    assert drawn(family)[0] == "m4"
    assert family.rows[0].note == OLDER


def test_when_the_questions_run_out_the_rest_is_not_looked_up() -> None:
    own = model("own", "a", "b", "c", relation="merge")
    asked = hub(model("a"), model("b"), model("c"))
    family = tree(own, asked, Bounds(questions=2))
    assert [row(family, repo).note for repo in "abc"] == [None, None, UNASKED]
    assert (family.note, family.asked, len(asked.asked)) == (CUT, 2, 2)


def test_a_change_of_licence_and_a_conflict_stand_on_the_row_of_the_child() -> None:
    base, own = model("base", licence="cc-by-nc-4.0"), model("own", "base", licence="mit")
    above, below, more = tree(own, FakeHub({"base": base}, {"own": ((), 3)})).rows
    assert (above.repo, above.licence, above.changes, above.conflict) == ("base", "CC BY-NC 4.0", False, None)
    assert (below.repo, below.own, below.relation, below.licence, below.changes) == (
        "own", True, "finetuned", "MIT", True,
    )  # fmt: skip
    assert below.conflict == ("base is under CC BY-NC 4.0, which does not let people earn money with it; MIT does.")
    assert (more.repo, more.depth, more.note) == (None, 2, "3 more made from it")


names = st.sampled_from([f"m{number}" for number in range(9)])
relations = st.sampled_from(["finetune", "quantized", "adapter", "merge", "unknown"])
anyone = st.builds(Facts, repo=names, parents=st.lists(st.builds(Parent, names, relations), max_size=4).map(tuple))
trouble = st.sampled_from([Absent("There is no such model."), Away("The Hub is silent.")])
hubs = st.builds(
    FakeHub,
    st.dictionaries(names, anyone | st.none() | trouble),
    st.dictionaries(names, st.tuples(st.lists(anyone, max_size=8).map(tuple), st.none() | st.integers(0, 9)) | trouble),
)
bounds = st.builds(
    Bounds, st.integers(0, 4), st.integers(0, 3), st.integers(0, 4), st.integers(0, 4), st.integers(0, 14)
)


@settings(max_examples=150)
@given(anyone, hubs, bounds)
def test_any_graph_becomes_a_bounded_tree(facts: Facts, asked: FakeHub, within: Bounds) -> None:
    stages = asyncio.run(grown(facts, asked, within))
    assert [stage.done for stage in stages] == [False] * (len(stages) - 1) + [True]
    assert len(asked.asked) == len(set(asked.asked)) == stages[-1].asked <= within.questions
    assert not any(each.note == PENDING for each in stages[-1].rows)
    for stage in stages:
        full = [each for each in stage.rows if each.note not in (ABOVE, BELOW) and each.repo is not None]
        assert len({each.repo for each in full}) == len(full)
        assert [each.repo for each in stage.rows if each.own] == [facts.repo]
        assert max(each.depth for each in full) <= within.up + within.down
        assert_hangs_together(stage)


def assert_hangs_together(family: Family) -> None:
    """Every row hangs from the nearest shallower row above it, which is a model drawn in full."""
    path: list[Row] = []
    for each in family.rows:
        assert each.depth <= len(path)
        assert len(each.guides) == 3 * each.depth
        path = [*path[: each.depth], each]
        assert (each.relation is None) == (each.depth == 0 or each.repo is None)
        assert all(above.note not in (ABOVE, BELOW) and above.repo is not None for above in path[:-1])
