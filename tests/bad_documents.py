"""Documents and links that no one should have to read, and what it costs to refuse each of them.

Run as a program, it reads each row in a process of its own and prints one line of
JSON for it: what was said, the processor time in seconds, and how many MB the
process grew by above what it held before, the document itself included.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import resource
import sys
import tempfile
import time
import zlib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np

from swatchbook.archive import links
from swatchbook.archive.errors import ArchiveError
from swatchbook.palettes import read_palette
from swatchbook.runs import MAX_DOCUMENT, MAX_RUN_TOKENS, RunError, read_run
from swatchbook.sketch.kept import MAX_KEPT, read_kept
from swatchbook.sketch.record import MAX_CELLS, read_record

Read = Callable[[bytes], object]
LANE = b'{"id":"a","model":{"source":"house","repo":"cook"}}'
HEAD = b'{"swatchbook":2,"template":"x","lanes":[' + LANE + b"]"
CELL = b'{"step":"a"}'
MILLION = 1_000_000
SAMPLES = 2048
LARGEST = Path("largest.json")
"""The largest run, which takes seconds to write; in the folder where the program works."""
LIMIT = 700_000_000
"""Bytes of addresses that a reading process may take more than it began with."""


def run(rest: bytes) -> bytes:
    return HEAD + b"," + rest + b"}"


def sample(rest: bytes) -> bytes:
    return run(b'"samples":[{"lane":"a",' + rest + b"}]")


def result(rest: bytes) -> bytes:
    return b'{"record":1,"sketch":"x",' + rest + b"}"


def examples(rest: bytes, count: int) -> bytes:
    """A kept sketch with so many results alike."""
    return b'{"sketch":1,"text":"x","examples":[' + many(result(rest), count) + b"]}"


def largest_result() -> bytes:
    """As much as a result can hold of what takes most memory for its size."""
    tag, share = b'{"name":"a"}', b'{"option":"a","share":0,"bits":0}'
    rest = b',"tags":[' + many(tag, 40) + b'],"split":[' + many(share, 20) + b"]}"
    return result(b'"cells":[' + many(CELL[:-1] + rest, MAX_CELLS) + b"]")


def largest_kept() -> bytes:
    """A kept sketch with as many of the largest results as it can hold."""
    one = largest_result()
    count = MAX_KEPT // len(one)
    return b'{"sketch":1,"text":"x","examples":[' + many(one, count) + b"]}"


def many(item: bytes, count: int) -> bytes:
    return b",".join([item] * count)


def fill(start: bytes, stuff: bytes, end: bytes) -> bytes:
    """As much of something as the largest document can hold."""
    return start + stuff * ((MAX_DOCUMENT - len(start) - len(end)) // len(stuff)) + end


def keys(count: int) -> bytes:
    return b",".join(b'"%d":1' % number for number in range(count))


def nested(depth: int) -> bytes:
    return run(b'"machine":' + b"[" * depth + b"]" * depth)


def forged(plain: bytes, kind: str = "run", version: int = 1, after: bytes = b"") -> str:
    """A link with a mark that agrees, whatever it holds; `after` follows the deflated document."""
    squeezing = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    return marked(squeezing.compress(plain) + squeezing.flush() + after, kind, version)


def marked(squeezed: bytes, kind: str = "run", version: int = 1) -> str:
    body = base64.urlsafe_b64encode(squeezed).decode().rstrip("=")
    mark = hashlib.blake2b(f"{version}.{kind}.{body}".encode(), digest_size=6).digest()
    return f"{version}.{kind}.{base64.urlsafe_b64encode(mark).decode()}{body}"


def zeros(count: int) -> bytes:
    """So many million zeros, deflated: the same piece again and again, and then an end."""
    squeezing = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    return (squeezing.compress(bytes(MILLION)) + squeezing.flush(zlib.Z_FULL_FLUSH)) * count + b"\x03\x00"


def largest() -> bytes:
    """The largest run that Compare allows: numbers and words differ, and many a character needs more than a byte."""
    count, draw = MAX_RUN_TOKENS // SAMPLES, np.random.default_rng(7)
    bits = [f"{value / 10_000:.4f}" for value in draw.integers(1, 300_000, 60_000).tolist()]
    ids = [str(value) for value in draw.integers(1000, 150_000, 60_000).tolist()]
    words = [f'"“{value}\\"[{{"' for value in ids]
    samples = []
    for number in range(SAMPLES):
        at = int(draw.integers(0, len(bits) - 7 * count))
        told, rows = words[at : at + count], range(at + 2 * count, at + 7 * count, 5)
        ends = np.cumsum([len(json.loads(word).encode()) for word in told]).tolist()
        trace = {
            "surprisal": _row(bits[at : at + count]),
            "entropy": _row(bits[at + count : at + 2 * count]),
            **{f"top_{name}": _row(_row(pool[row : row + 5]) for row in rows) for name, pool in
               (("ids", ids), ("bits", bits), ("text", words))},
        }  # fmt: skip
        text, prompt = "".join(word[1:-1] for word in told), number // 16
        columns = {"token_ids": _row(ids[at : at + count]), "ends": _row(map(str, ends)), "trace": _object(trace)}
        place = f'"lane":"{_LANES[prompt // 16]}","filling":["word {prompt % 16}"],"index":{number % 16}'
        samples.append(f'{{{place},"prompt_at":{prompt},"text":"{text}",{_object(columns)[1:]}')
    lanes = [LANE.decode().replace('"a"', f'"{name}"') for name in _LANES]
    prompts = [json.dumps(f"{number} {'é' * 19_990}", ensure_ascii=False) for number in range(128)]
    lists = {"lanes": _row(lanes), "prompts": _row(prompts), "samples": _row(samples)}
    return _object({"swatchbook": "2", "template": '"x"', **lists}).encode()


_LANES = "abcdefgh"


def _row(values: Iterable[str]) -> str:
    return f"[{','.join(values)}]"


def _object(members: dict[str, str]) -> str:
    return "{" + ",".join(f'"{name}":{value}' for name, value in members.items()) + "}"


def unpack(packed: bytes) -> object:
    return links.unpack(packed.decode("latin-1"))


def full_of(text: str) -> bytes:
    """As many samples as a run may have, each with a long text in which one character needs four bytes."""
    one = ('{"lane":"a","text":"😀' + text * (23_000 // len(text)) + '"}').encode()
    return run(b'"samples":[' + many(one, SAMPLES) + b"]")


ROWS: dict[str, tuple[Read, Callable[[], bytes]]] = {
    "the largest run": (read_run, LARGEST.read_bytes),
    "the largest run, wrong at its end": (read_run, lambda: LARGEST.read_bytes()[:-3] + b',"extra":1}]}'),
    "50 MB": (read_run, lambda: HEAD + b" " * 50 * MILLION + b"}"),
    "48 MB of text": (read_run, lambda: fill(HEAD + b',"samples":[{"lane":"a","text":"', b"x", b'"}]}')),
    "48 MB of title": (read_run, lambda: fill(HEAD + b',"title":"', b"x", b'"}')),
    "48 MB of name": (read_run, lambda: fill(HEAD + b',"', b"x", b'":1}')),
    "48 MB of backslashes": (read_run, lambda: fill(HEAD + b',"title":"', b"\\\\", b'"}')),
    "48 MB of quotes": (read_run, lambda: fill(HEAD, b'"', b"}")),
    "48 MB of commas": (read_run, lambda: fill(HEAD, b",", b"}")),
    "48 MB of a number": (read_run, lambda: fill(HEAD + b',"samples":[{"lane":"a","index":', b"9", b"}]}")),
    "48 MB of lists": (read_run, lambda: fill(HEAD + b',"samples":[{"lane":"a","filling":[', b"[[[]]],", b"[]]}]}")),
    "texts that take four times their bytes": (read_run, lambda: full_of("x")),
    "a million samples": (read_run, lambda: run(b'"samples":[' + many(b'{"lane":"a"}', MILLION) + b"]")),
    "a million numbers for samples": (read_run, lambda: run(b'"samples":[' + many(b"1", MILLION) + b"]")),
    "a million lanes": (read_run, lambda: b'{"template":"x","lanes":[' + many(LANE, 800_000) + b"]}"),
    "a million notes": (read_run, lambda: run(b'"notes":[' + many(b'{"text":"x"}', MILLION) + b"]")),
    "a million keys": (read_run, lambda: run(keys(MILLION))),
    "a million keys in a sample": (read_run, lambda: sample(keys(MILLION))),
    "as many keys in a sample as are read": (read_run, lambda: sample(keys(100_000))),
    "as many versions as are read": (read_run, lambda: run(b'"versions":{' + keys(100_000) + b"}")),
    "a million tokens": (read_run, lambda: sample(b'"token_ids":[' + many(b"1", MILLION) + b"]")),
    "tokens that are words": (read_run, lambda: sample(b'"token_ids":[' + many(b'"a"', 240_000) + b"]")),
    "too many tokens in all": (
        read_run,
        lambda: run(b'"samples":[' + many(b'{"lane":"a","token_ids":[' + many(b"1", 512) + b"]}", 300) + b"]"),
    ),
    "lists in a note": (read_run, lambda: run(b'"notes":[{"text":"x","z":[' + many(b"[[[[]]]]", 100_000) + b"]}]")),
    "objects in a tag": (read_run, lambda: sample(b'"tags":[' + many(b"{}", 300_000) + b"]")),
    "a value of no use": (read_run, lambda: run(b'"x":[' + many(b"[]", 3 * MILLION) + b"]")),
    "lists 5,000 deep": (read_run, lambda: nested(5000)),
    "lists 20,000,000 deep": (read_run, lambda: nested(20 * MILLION)),
    "objects 3,000,000 deep": (read_run, lambda: run(b'"machine":' + b'{"a":' * 3_000_000 + b"1" + b"}" * 3_000_000)),
    "nothing but brackets": (read_run, lambda: b"[" * MAX_DOCUMENT),
    "a palette of 48 MB": (read_palette, lambda: fill(b'{"palette":1,"lanes":[', LANE + b",", LANE + b"]}")),
    "a result of a million cells": (read_record, lambda: result(b'"cells":[' + many(CELL, 500_000) + b"]")),
    "a million keys in a cell": (read_record, lambda: result(b'"cells":[{"step":"a",' + keys(90_000) + b"}]")),
    "a result of 48 MB": (read_record, lambda: fill(b'{"record":1,"sketch":"', b"a", b'"}')),
    "the largest result": (read_record, largest_result),
    "the largest sketch": (read_kept, largest_kept),
    "a sketch of a million examples": (read_kept, lambda: examples(b'"cells":[]', 200_000)),
    "a sketch with an example of 10 MB": (read_kept, lambda: examples(many(b'"a":1', MILLION), 1)),
    "a sketch with an example full of lists": (
        read_kept,
        lambda: examples(b'"versions":{"a":[' + many(b"[[]]", 1_200_000) + b"]}", 1),
    ),
    "examples of too many cells": (read_kept, lambda: examples(b'"cells":[' + many(CELL, 60_000) + b"]", 8)),
    "a link of a billion zeros": (unpack, lambda: marked(zeros(1000)).encode()),
    "a link full of zeros": (unpack, lambda: marked(zeros(2)).encode()),
    "a link in a link": (unpack, lambda: forged(forged(bytes(MILLION)).encode()).encode()),
    "a link of 48 MB": (unpack, lambda: fill(b"1.run.", b"A", b"")),
}  # fmt: skip
READ = ("the largest run", "the largest result", "the largest sketch")
"""Rows that are no bad documents, though they are as large as any."""


def cost(read: Read, file: Path) -> dict[str, Any]:
    """What reading takes, in this process; it should be a fresh one."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    document, started = file.read_bytes(), time.process_time()
    try:
        read(document)
        said, kind = "", "read"
    except (RunError, ArchiveError) as refusal:
        said, kind = str(refusal), "refused"
    except Exception as error:  # noqa: BLE001 - the table tells it
        said, kind = repr(error)[:500], "broken"
    seconds = time.process_time() - started
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1000
    return {"kind": kind, "said": said, "seconds": seconds, "mb": grown, "size": len(document) / 1e6}


def apart(work: Callable[[], object]) -> None:
    """Do something in a process of its own; whatever it takes ends with it. Raises RuntimeError when that fails."""
    child = os.fork()
    if child == 0:
        done = 1
        try:
            work()
            sys.stdout.flush()
            done = 0
        finally:
            os._exit(done)
    if os.waitpid(child, 0)[1]:
        raise RuntimeError("a row could neither be written nor be read")


def measure(name: str, file: Path) -> None:
    read, build = ROWS[name]
    apart(lambda: file.write_bytes(build()))

    def tell() -> None:
        size = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (size + LIMIT, size + LIMIT))
        print(json.dumps({"name": name, **cost(read, file)}))

    apart(tell)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        apart(lambda: LARGEST.write_bytes(largest()))
        for row in sys.argv[1:] or ROWS:
            measure(row, Path("document.json"))
