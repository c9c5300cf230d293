"""Drift: what was planted between two runs is found, where it was planted, and nothing else is."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from swatchbook.archive.drift import NOISE, Drift, drift, match
from swatchbook.runs import Lane, ModelRef, Run, Sample, Settings, Trace
from tests import documents

COOK, CLERK = ModelRef(source="house", repo="cook", commit="a" * 40), ModelRef(source="hub", repo="b/clerk")
LANES = [Lane(id="a", model=COOK), Lane(id="b", model=CLERK, mode="chat")]
COUNT = 6
"""Tokens of a written sample; each writes one letter."""


def written(lane: str, index: int, ids: list[int] | None = None, **members: Any) -> Sample:
    """A sample whose tokens are letters."""
    ids = [(7 * index + place) % 26 for place in range(COUNT)] if ids is None else ids
    told = {
        "token_ids": ids,
        "ends": list(range(1, len(ids) + 1)),
        "text": "".join(chr(97 + id) for id in ids),
        "trace": Trace(surprisal=[1.0 + place for place in range(len(ids))]),
        "finish": "length",
    }
    return Sample(lane=lane, index=index, **told | members)


def a_run(samples: list[Sample] | None = None, **members: Any) -> Run:
    made = [written(lane.id, index) for lane in LANES for index in range(4)] if samples is None else samples
    return Run(**{"template": "Say", "lanes": LANES, "samples": made} | members)


def untold(sample: Sample) -> Sample:
    """The sample as an endpoint gives it that tells no tokens."""
    return sample.model_copy(update={"token_ids": [], "ends": [], "trace": Trace()})


def moved(sample: Sample, place: int, bits: float) -> Sample:
    surprisal = [value + bits * (at == place) for at, value in enumerate(sample.trace.surprisal)]
    return sample.model_copy(update={"trace": Trace(surprisal=surprisal)})


def put(run: Run, **changed: Any) -> Run:
    """The run with samples changed: `at_3=sample` puts one in the fourth place."""
    samples = list(run.samples)
    for name, sample in changed.items():
        samples[int(name.removeprefix("at_"))] = sample
    return run.model_copy(update={"samples": samples})


def said(found: Drift) -> str:
    return " ".join(found.sentences)


@settings(max_examples=40)
@given(documents.runs())
def test_a_run_has_not_drifted_from_itself(run: Run) -> None:
    found = drift(run, run)
    assert not found.of("text")
    assert not found.of("numbers")
    assert not found.missing
    assert not found.added
    assert not found.changes
    assert len(found.pairs) == len(run.samples)
    assert found.none == (bool(run.samples) and all(s.finish not in ("cancelled", "failed", None) for s in run.samples))
    assert all(line.endswith(".") for line in found.sentences)


@settings(max_examples=25)
@given(documents.runs(), documents.runs())
def test_drift_looks_the_same_from_both_sides(before: Run, after: Run) -> None:
    there, back = drift(before, after), drift(after, before)
    assert len(there.pairs) == len(back.pairs)
    assert (len(there.missing), len(there.added)) == (len(back.added), len(back.missing))
    assert len(there.pairs) + len(there.missing) == len(before.samples)
    assert len(there.pairs) + len(there.added) == len(after.samples)


@settings(max_examples=80)
@given(st.integers(0, 7), st.integers(0, COUNT - 1), st.booleans(), st.randoms(use_true_random=False))
def test_a_planted_token_is_found_where_it_is(which: int, place: int, told: bool, order: random.Random) -> None:
    before = a_run()
    sample = before.samples[which]
    ids = [*sample.token_ids[:place], 25 - sample.token_ids[place] or 1, *sample.token_ids[place + 1 :]]
    if ids == sample.token_ids:
        ids[place] = (ids[place] + 1) % 26
    after = put(before, **{f"at_{which}": written(sample.lane, sample.index, ids)})
    if not told:
        before, after = (run.model_copy(update={"samples": list(map(untold, run.samples))}) for run in (before, after))
    order.shuffle(after.samples)
    found = drift(before, after)
    (pair,) = found.of("text")
    assert (pair.before.lane, pair.before.index) == (sample.lane, sample.index)
    assert (pair.token, pair.character) == (place if told else None, place)
    assert pair.shared + pair.was == sample.text
    assert (pair.was[0], pair.became[0]) == (sample.text[place], chr(97 + ids[place]))
    where = f"{'token' if told else 'character'} {place + 1} of lane {'cook' if which < 4 else 'clerk'}"
    assert found.sentence == f"1 of 8 samples differs; the first difference is at {where}, sample {sample.index + 1}."
    assert len(found.of("same")) == 7
    assert not found.none


@settings(max_examples=60)
@given(st.integers(0, 7), st.integers(0, COUNT - 1), st.floats(-0.9, 9, allow_nan=False))
def test_planted_bits_are_found_and_noise_is_not(which: int, place: int, bits: float) -> None:
    before = a_run()
    after = put(before, **{f"at_{which}": moved(before.samples[which], place, bits)})
    found = drift(before, after)
    assert found.bits == pytest.approx(abs(bits))
    assert not found.of("text")
    if abs(bits) > NOISE * 1.001:
        (pair,) = found.of("numbers")
        assert pair.before is before.samples[which]
        assert not found.none
        assert "The text of all 8 samples is the same, but in 1 of them surprisal differs" in found.sentence
    elif abs(bits) < NOISE * 0.999:
        assert found.none
        assert found.sentence == "No drift: all 8 samples are the same, token for token."


@settings(max_examples=60)
@given(st.integers(0, 7), st.integers(0, COUNT), st.sampled_from(["cancelled", "failed", None]), st.booleans())
def test_what_was_stopped_is_no_drift(which: int, kept: int, finish: str | None, earlier: bool) -> None:
    whole = a_run()
    sample = whole.samples[which]
    cut = put(whole, **{f"at_{which}": written(sample.lane, sample.index, sample.token_ids[:kept], finish=finish)})
    found = drift(*((cut, whole) if earlier else (whole, cut)))
    (pair,) = [pair for pair in found.pairs if pair.cut]
    assert pair.kind == ("same" if kept else "nothing")
    assert not found.of("text")
    assert not found.none
    expected = "all 8 samples are the same, as far as they were written" if kept else "all 7 samples are the same"
    assert f"No drift: {expected}" in found.sentence
    assert ("1 sample was cut short" if kept else "1 sample was stopped or failed before anything") in said(found)


def test_a_stopped_sample_that_had_drifted_before_has_drifted() -> None:
    whole = a_run()
    found = drift(whole, put(whole, at_0=written("a", 0, [0, 9], finish="cancelled")))
    (pair,) = found.of("text")
    assert (pair.token, pair.cut) == (1, True)


def test_a_character_that_a_stop_cut_in_half_is_no_difference() -> None:
    whole = Sample(lane="a", text="née", finish="end")
    half = Sample(lane="a", text="n\ufffd", finish="cancelled")
    (pair,) = drift(a_run([whole]), a_run([half])).pairs
    assert (pair.kind, pair.cut) == ("same", True)


def test_a_text_that_ends_earlier_differs_from_there() -> None:
    (pair,) = drift(a_run([written("a", 0)]), a_run([written("a", 0, [0, 1], finish="end")])).pairs
    assert (pair.kind, pair.token, pair.was, pair.became) == ("text", 2, "cdef", "")


def test_tokens_may_differ_where_texts_do_not() -> None:
    other = written("a", 0, [0, 1, 99], ends=[1, 2, 6], text="abcdef", finish="length")
    found = drift(a_run([written("a", 0)]), a_run([other]))
    (pair,) = found.pairs
    assert (pair.kind, pair.token, pair.character, pair.shared, pair.was) == ("text", 2, None, "ab", "cdef")
    assert "token 3 of lane cook" in found.sentence


def test_the_same_tokens_with_other_texts_differ_too() -> None:
    (pair,) = drift(a_run([written("a", 0)]), a_run([written("a", 0, text="abcdeF")])).pairs
    assert (pair.kind, pair.token, pair.character) == ("text", None, 5)
    (pair,) = drift(
        a_run([written("a", 0, [1], ends=[2], text="a\ufffd", raw="Yf8=")]),
        a_run([written("a", 0, [1], ends=[2], text="a\ufffd", raw="Yf4=")]),
    ).pairs
    assert (pair.kind, pair.character) == ("text", 1)


def test_the_first_difference_is_the_earliest() -> None:
    whole = a_run()
    late, early = written("a", 0, [0, 1, 2, 3, 9, 9]), written("b", 2, [9, *whole.samples[6].token_ids[1:]])
    found = drift(whole, put(whole, at_0=late, at_6=early))
    assert found.sentence == "2 of 8 samples differ; the first difference is at token 1 of lane clerk, sample 3."


def test_texts_and_numbers_are_told_apart() -> None:
    whole = a_run()
    changed = moved(written("a", 1, [7, 8, 9, 9, 9, 9]), 0, 0.25)
    found = drift(whole, put(whole, at_1=changed, at_2=moved(whole.samples[2], 3, 0.5)))
    assert [pair.bits for pair in found.of("text")] == [pytest.approx(0.25)]
    assert [pair.bits for pair in found.of("numbers")] == [pytest.approx(0.5)]
    assert "1 sample has the same text in both runs, with surprisal that differs." in found.sentences
    assert "0.5 bits" in found.of("numbers")[0].sentence


def test_lanes_belong_together_by_id_or_else_by_model_and_mode() -> None:
    one, two = Lane(id="x", model=CLERK, mode="chat"), Lane(id="y", model=COOK.model_copy(update={"commit": "b" * 40}))
    assert match(LANES, [one, two]) == {"a": "y", "b": "x"}
    assert match(LANES, [Lane(id="a", model=CLERK), Lane(id="b", model=COOK)]) == {"a": "b"}
    placebo = Lane(id="p", model=COOK, repeats="a")
    assert match([LANES[0], placebo], [Lane(id="q", model=COOK, repeats="r"), Lane(id="r", model=COOK)]) == {
        "a": "r",
        "p": "q",
    }
    twice = [Lane(id="s", model=COOK, precision="bf16"), Lane(id="t", model=COOK, precision="fp32")]
    assert match(twice, [twice[1].model_copy(update={"id": "u"}), twice[0].model_copy(update={"id": "v"})]) == {
        "s": "v",
        "t": "u",
    }


def test_samples_that_are_in_one_run_only_are_told() -> None:
    before, after = a_run(), a_run([written("b", 0), written("b", 9), written("c", 0)], lanes=[
        LANES[1], Lane(id="c", model=ModelRef(source="house", repo="poet"))
    ])  # fmt: skip
    found = drift(before, after)
    assert (len(found.pairs), len(found.missing), len(found.added)) == (1, 7, 2)
    told = said(found)
    assert "7 samples are only in the earlier run." in told
    assert "2 samples are only in the later run." in told
    assert "Lane cook: in the run, now missing." in told
    assert "Lane poet: not in the run, now added." in told


@pytest.mark.parametrize(
    ("before", "after", "sentence"),
    [
        ({}, {"machine": "Zen, Linux"}, "Machine: not written down, now Zen, Linux."),
        ({"versions": {"torch": "2.1", "python": "3.11"}}, {"versions": {"torch": "2.2", "python": "3.11"}},
         "Torch: 2.1, now 2.2."),
        ({"versions": {"torch": "2.1"}}, {"versions": {"torch": "2.1", "x": "1"}}, "X: not written down, now 1."),
        ({}, {"versions": {"torch": "2.1", "x": "1"}}, "Versions: not written down, now torch 2.1, x 1."),
        ({}, {"settings": Settings(temperature=0.5)}, "Temperature: 0.9, now 0.5."),
        ({}, {"settings": Settings(stop=["\n"])}, "Stop strings: none, now '\\n'."),
        ({}, {"template": "Tell"}, "Prompt: “Say”, now “Tell”."),
        ({"template": "x" * 500}, {"template": "x" * 400 + "y"},
         f"Prompt: “…{'x' * 80}…”, now “…{'x' * 20}y”."),
        ({}, {"lanes": [Lane(id="a", model=COOK.model_copy(update={"commit": "b" * 40})), LANES[1]]},
         f"Commit of cook: {'a' * 12}, now {'b' * 12}."),
        ({}, {"lanes": [Lane(id="a", model=COOK.model_copy(update={"commit": None})), LANES[1]]},
         "Commit of cook: aaaaaaaaaaaa, now not written down."),
        ({}, {"lanes": [LANES[0].model_copy(update={"precision": "bf16"}), LANES[1]]},
         "Precision of cook: auto, now bf16."),
        ({}, {"lanes": [LANES[0].model_copy(update={"mode": "chat"}), LANES[1]]},
         "Mode of cook: completion, now chat."),
    ],
)  # fmt: skip
def test_what_changed_around_the_texts_is_told(before: dict[str, Any], after: dict[str, Any], sentence: str) -> None:
    found = drift(a_run(**before), a_run(**after))
    assert [change.sentence for change in found.changes] == [sentence]
    assert sentence in found.sentences
    assert found.none


def test_an_abbreviated_commit_is_the_same_commit() -> None:
    short = [Lane(id="a", model=COOK.model_copy(update={"commit": "a" * 7})), LANES[1]]
    assert not drift(a_run(), a_run(lanes=short)).changes


def test_another_chat_template_is_told_by_the_prompt_that_the_model_was_given() -> None:
    before, after = (a_run([written("a", n, prompt=prompt) for n in range(2)]) for prompt in ("<s>Say", "<|im|>Say"))
    found = drift(before, after)
    assert [change.sentence for change in found.changes] == ["Prompt as cook was given it: “<s>Say”, now “<|im|>Say”."]


def test_nothing_to_compare_is_said_and_not_called_the_same() -> None:
    empty, whole = a_run([]), a_run()
    for found in (drift(empty, whole), drift(whole, empty), drift(empty, empty)):
        assert "nothing to compare" in found.sentence
        assert not found.none
    failed = a_run([written(lane.id, n, [], finish="failed", error="No.") for lane in LANES for n in range(4)])
    assert "nothing was written before the samples ended" in drift(whole, failed).sentence
    assert not drift(failed, failed).none


def test_one_sample_is_spoken_of_as_one() -> None:
    one = a_run([written("a", 0)])
    assert drift(one, one).sentence == "No drift: the one sample is the same, token for token."
    bare = a_run([untold(written("a", 0))])
    assert drift(bare, bare).sentence == "No drift: the one sample is the same, character for character."
    filled = a_run([written("a", 0, filling=["nurse", "tired"])])
    assert drift(filled, filled).pairs[0].sentence == "Lane cook, sample 1 for nurse / tired is the same."
