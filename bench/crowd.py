"""A Hub of a hundred thousand made-up models, for the bench of Browse: `python -m bench.crowd` serves it.

Lists them page by page, answers for one of them, and hands out its files. Every
answer has the size and shape of a real one.
"""

from __future__ import annotations

import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

COUNT = 100_000
COMMIT = "c0ffee" * 6 + "c0ff"
CARD = "# A made-up model\n\n" + "It has read nothing and says so at some length. " * 200


def model(number: int) -> dict[str, Any]:
    """One entry of a list."""
    architecture = ("llama", "gpt2", "qwen2", "gpt_neox", "mamba")[number % 5]
    return {
        "_id": f"{number:024x}",
        "id": f"maker-{number % 900}/{architecture}-{number}",
        "author": f"maker-{number % 900}",
        "sha": COMMIT,
        "createdAt": "2025-06-01T12:00:00.000Z",
        "lastModified": "2025-07-01T12:00:00.000Z",
        "downloads": COUNT - number,
        "likes": number % 97,
        "gated": False,
        "library_name": "transformers",
        "pipeline_tag": "text-generation",
        "tags": ["transformers", "safetensors", architecture, "text-generation", "license:mit", "en", "region:us"],
        "config": {"architectures": ["X"], "model_type": architecture, "tokenizer_config": {"bos_token": "<s>"}},
        "cardData": {"license": "mit", "language": ["en", "fr"], "datasets": ["some/texts", "more/texts"]},
        "safetensors": {"parameters": {"BF16": 135_000_000 + number}, "total": 135_000_000 + number},
    }


def header() -> bytes:
    """The head of a weight file of 272 tensors."""
    tensors = {
        f"model.layers.{at // 9}.part_{at % 9}.weight": {
            "dtype": "BF16", "shape": [576, 1000], "data_offsets": [at * 1_152_000, (at + 1) * 1_152_000],
        }
        for at in range(272)
    }  # fmt: skip
    body = json.dumps({"__metadata__": {"format": "pt"}, **tensors}).encode()
    return len(body).to_bytes(8, "little") + body


FILES = {"README.md": CARD.encode(), "model.safetensors": header()}


class Crowd(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        if parts.path == "/api/models":
            self._list({name: values[-1] for name, values in parse_qs(parts.query).items()})
        elif parts.path.startswith("/api/models/"):
            self._about(parts.path.removeprefix("/api/models/"))
        else:
            self._send(FILES.get(parts.path.rpartition("/")[2], b""), "application/octet-stream")

    do_HEAD = do_GET

    def _list(self, params: dict[str, str]) -> None:
        limit, start = int(params.get("limit", 60)), int(params.get("cursor", 0))
        end = min(start + limit, COUNT)
        link = (
            f'<http://{self.headers["Host"]}/api/models?limit={limit}&cursor={end}>; rel="next"' if end < COUNT else ""
        )
        self._send(json.dumps([model(number) for number in range(start, end)]).encode(), link=link)

    def _about(self, path: str) -> None:
        if "/tree/" in path:
            sizes = {
                "config.json": 700,
                "tokenizer.json": 2_000_000,
                "model.safetensors": 270_000_000,
                "README.md": 9_000,
            }
            files = [{"type": "file", "path": name, "size": size, "oid": "0" * 40} for name, size in sizes.items()]
            self._send(json.dumps(files).encode())
        else:
            self._send(json.dumps(model(int(path.partition("/revision/")[0].rpartition("-")[2]))).encode())

    def _send(self, body: bytes, kind: str = "application/json", link: str = "") -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("X-Repo-Commit", COMMIT)
        self.send_header("ETag", '"0000"')
        if link:
            self.send_header("Link", link)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, format: str, *arguments: Any) -> None:
        """Nothing: a bench prints its own lines."""


if __name__ == "__main__":
    with ThreadingHTTPServer(("127.0.0.1", 0), Crowd) as server:
        sys.stdout.write(f"http://127.0.0.1:{server.server_address[1]}\n")
        sys.stdout.flush()
        server.serve_forever()
