"""The storage for large files: where each is to go, that it came whole, and what has come.

It is on the same server here, and refuses a token as the real one does.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from tests.fake_hub.errors import No, answer, bad_request
from tests.fake_hub.faults import Response

Stored = dict[str, bytes]
"""Files by their SHA-256."""


def batch(stored: Stored, body: bytes, host: str) -> Response:
    """Where each of these files is to be sent; nowhere, if it is here already."""
    asked: dict[str, Any] = json.loads(body)
    return answer({"transfer": "basic", "objects": [_object(stored, each, host) for each in asked["objects"]]})


def put(stored: Stored, oid: str, body: bytes, with_token: bool) -> Response:
    if with_token:
        raise bad_request("Only one auth mechanism allowed")
    if hashlib.sha256(body).hexdigest() != oid:
        raise bad_request("BadDigest")
    stored[oid] = body
    return answer({})


def verify(stored: Stored, body: bytes) -> Response:
    asked: dict[str, Any] = json.loads(body)
    if len(stored.get(asked["oid"], b"")) != asked["size"]:
        raise No(404, "", "Not uploaded")
    return answer({})


def _object(stored: Stored, asked: dict[str, Any], host: str) -> dict[str, Any]:
    if asked["oid"] in stored:
        return asked
    upload, check = f"http://{host}/lfs/{asked['oid']}", f"http://{host}/lfs-verify"
    return asked | {"actions": {"upload": {"href": upload}, "verify": {"href": check}}}
