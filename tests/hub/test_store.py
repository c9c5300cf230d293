"""The store of answers: what goes in comes out, the oldest goes first, and no fault costs more than a miss."""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swatchbook.hub.store import Store
from tests.hub.clock import Clock


@given(st.text(max_size=50), st.binary(max_size=500), st.none() | st.text(max_size=50))
def test_what_goes_in_comes_out(key: str, body: bytes, next: str | None) -> None:
    clock = Clock()
    store = Store(None, clock=clock)
    store.put(key.encode("utf-8", "replace").decode(), body, next and next.encode("utf-8", "replace").decode())
    kept = store.get(key.encode("utf-8", "replace").decode())
    assert kept is not None
    assert (kept.body, kept.taken) == (body, clock.now)
    store.close()


def test_it_is_there_again_after_a_restart(tmp_path: Path) -> None:
    first = Store(tmp_path)
    first.put("a", b"old")
    first.put("a", b"new", "next")
    first.close()
    again = Store(tmp_path)
    kept = again.get("a")
    assert kept is not None
    assert (kept.body, kept.next) == (b"new", "next")
    assert again.get("b") is None
    again.close()


def test_the_oldest_goes_when_room_is_short(tmp_path: Path) -> None:
    clock = Clock()
    store = Store(tmp_path, most=10_000, clock=clock)
    for number in range(40):
        clock.now += 1
        store.put(str(number), number.to_bytes(1, "big") + random_bytes(number, 999))
    there = [number for number in range(40) if store.get(str(number))]
    assert there == list(range(40 - len(there), 40))
    assert 5 <= len(there) <= 10
    store.close()


def random_bytes(seed: int, count: int) -> bytes:
    from random import Random

    return Random(seed).randbytes(count)


def test_a_damaged_file_is_begun_anew(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    Store(tmp_path).close()
    (file,) = tmp_path.glob("*.sqlite")
    file.write_bytes(b"no database at all" * 1000)
    store = Store(tmp_path)
    store.put("a", b"b")
    assert store.get("a") is not None
    assert "damaged" in caplog.text
    store.close()


def test_a_file_that_is_damaged_in_use_is_begun_anew(tmp_path: Path) -> None:
    store = Store(tmp_path)
    for number in range(200):
        store.put(str(number), random_bytes(number, 3000))
    store._database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    (file,) = tmp_path.glob("*.sqlite")
    with file.open("r+b") as damaged:
        damaged.seek(4096)
        damaged.write(b"\xaa" * (file.stat().st_size - 8192))
    store._database.execute("PRAGMA shrink_memory")
    for number in range(200):
        store.get(str(number))
    store.put("a", b"b")
    kept = store.get("a")
    assert kept is not None
    assert kept.body == b"b"
    store.close()


def test_an_answer_that_comes_after_the_end_takes_nothing_away(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.put("a", b"kept")
    store.close()
    store.put("b", b"late")
    assert store.get("a") is None
    again = Store(tmp_path)
    assert again.get("a") is not None
    again.close()


def test_a_folder_that_cannot_be_written_costs_only_the_memory(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("")
    store = Store(tmp_path / "file")
    store.put("a", b"b")
    assert store.get("a") is not None
    assert "live in memory" in caplog.text
    store.close()


def test_a_locked_file_is_a_miss(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    store = Store(tmp_path)
    store.put("a", b"old")
    store._database.execute("PRAGMA busy_timeout = 50")
    (file,) = tmp_path.glob("*.sqlite")
    other = sqlite3.connect(file)
    other.execute("BEGIN IMMEDIATE")
    store.put("a", b"new")
    assert "of no use now" in caplog.text
    kept = store.get("a")
    assert kept is not None
    assert kept.body == b"old"
    other.close()
    store.close()


def test_many_threads_share_it(tmp_path: Path) -> None:
    store = Store(tmp_path)

    def work(name: int) -> None:
        for number in range(30):
            store.put(f"{name}-{number}", b"x" * number)

    threads = [threading.Thread(target=work, args=(name,)) for name in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(store.get(f"{name}-{number}") for name in range(6) for number in range(30))
    store.close()
