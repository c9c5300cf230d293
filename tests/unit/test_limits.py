"""Hard limits while a stranger's file is worked through: what breaks them ends a process, and nothing else."""

from __future__ import annotations

import multiprocessing
import signal
import sys
from collections.abc import Callable, Iterator

import pytest

from swatchbook.engine import limits
from swatchbook.engine.events import EngineError
from swatchbook.engine.limits import bounded, leave_no_dump, reason, tell, verdict


@pytest.fixture
def heard() -> Iterator[list[str]]:
    parts: list[str] = []
    tell(parts.append)
    yield parts
    tell(lambda _: None)


def test_what_is_worked_through_is_told_inside_and_out(heard: list[str]) -> None:
    with bounded("tokenizer"), bounded("chat template"):
        pass
    assert heard == ["tokenizer", "chat template", "tokenizer", ""]


def test_limits_are_put_back_whatever_happens(heard: list[str]) -> None:
    resource = pytest.importorskip("resource")
    kinds = (resource.RLIMIT_CPU, resource.RLIMIT_DATA)
    before = [resource.getrlimit(kind) for kind in kinds]

    def work() -> None:
        with bounded("tokenizer"):
            assert resource.getrlimit(kinds[0]) != before[0]
            raise ValueError("no")

    with pytest.raises(EngineError):
        work()
    assert [resource.getrlimit(kind) for kind in kinds] == before
    assert heard[-1] == ""


class Panic(BaseException):
    """Not an Exception, as what a tokenizer's library raises."""


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (ValueError("it is wrong"), "This model's tokenizer failed (it is wrong); choose another model."),
        (Panic("no pattern"), "This model's tokenizer failed (no pattern); choose another model."),
        (MemoryError(), "This model's tokenizer asks for more memory than any should (512 MB); choose another model."),
        (EngineError("One sentence."), "One sentence."),
    ],
)
def test_what_is_raised_becomes_a_sentence(error: BaseException, says: str) -> None:
    with pytest.raises(EngineError) as caught, bounded("tokenizer"):
        raise error
    assert str(caught.value) == says


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (OSError("Can't load '/tmp/x/y.json', sorry"), "Can't load 'a file', sorry"),
        (OSError("Unable to open C:\\models\\secret"), "Unable to open a file"),
        (ValueError("first\nsecond"), "first"),
        (ValueError("One. Two. Three."), "One"),
        (ValueError("see https://example.org/a/b for more"), "see a file for more"),
        (ValueError("either/or\x1b[31m"), "either/or [31m"),
        (ValueError("x" * 500), "x" * 120),
        (ValueError(), "ValueError"),
        (KeyError("added_tokens"), "there is no 'added_tokens'"),
    ],
)
def test_a_reason_is_short_and_leads_nowhere(error: BaseException, says: str) -> None:
    assert reason(error) == says


def test_a_verdict_is_only_given_where_the_part_is_to_blame() -> None:
    assert "broke its process" in str(verdict("tokenizer", signal.SIGABRT))
    assert str(verdict("chat template", signal.SIGSEGV)).endswith("choose completion for it.")
    assert verdict("tokenizer", signal.SIGTERM) is None


def spin() -> None:
    leave_no_dump()
    with bounded("chat template", seconds=0.0):
        while True:
            pass


def grow() -> None:
    with pytest.raises(EngineError, match="more memory"), bounded("tokenizer"):
        bytearray(2 * limits.MEMORY)
    assert len(bytearray(2 * limits.MEMORY)) == 2 * limits.MEMORY, "what comes after has no limit"


def ending(body: Callable[[], None]) -> int | None:
    process = multiprocessing.get_context("spawn").Process(target=body)
    process.start()
    process.join()
    return process.exitcode


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has both limits")
def test_a_process_that_takes_too_much_time_is_ended_and_memory_is_refused() -> None:
    code = ending(spin)
    assert code is not None
    assert "processor time" in str(verdict("chat template", -code))
    assert ending(grow) == 0
