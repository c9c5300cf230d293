"""Publishing a sketch in the name of a visitor who signed in, step by step, on the page.

The token comes with the press and is handed on; nothing here holds it.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

import gradio as gr

from components.pad_session import PadSession
from components.piece_actions import posted
from components.share_actions import Sharing, text_in
from components.sketch_files import target_in
from components.views.publish import step_html
from components.views.share import notice_html
from swatchbook.archive.errors import ArchiveError
from swatchbook.runs import RunError
from swatchbook.sketch.publish.bundle import make
from swatchbook.sketch.publish.naming import check_name
from swatchbook.sketch.publish.space import Publisher

SIGN_IN = "Sign in with Hugging Face first; the button is above the sketch."


@dataclass
class Publishing:
    sharing: Sharing
    publisher: Publisher

    def handler(self) -> Callable[..., AsyncIterator[dict[str, Any]]]:
        """The event's function: Gradio finds the sign-in by the annotation of a plain function's argument."""

        async def publish(
            session: PadSession, event: gr.EventData, token: gr.OAuthToken | None
        ) -> AsyncIterator[dict[str, Any]]:
            async for shown in self.publish(session, posted(event), token.token if token else ""):
                yield shown

        return publish

    async def publish(self, session: PadSession, data: dict[str, Any], token: str) -> AsyncIterator[dict[str, Any]]:
        """Everything under the piece, with how far the publishing is. Closing it takes back what is not whole."""
        origin = session.at(data.get("of"))
        if origin.lost:
            yield self.sharing.panel(origin)
            return
        try:
            if not token:
                raise RunError(SIGN_IN)
            name, target, text = str(data.get("name", "")).strip(), str(data.get("target", "")), text_in(data)
            bundle = await asyncio.to_thread(make, self.sharing.work(origin, text, data), target_in(target))
            check_name(name)
        except (RunError, ArchiveError) as error:
            yield self.sharing.panel(origin, notice_html(str(error), bad=True))
            return
        steps = self.publisher.publish(bundle, name, token, private=not data.get("public"))
        async with contextlib.aclosing(steps):  # type: ignore[type-var]
            async for step in steps:
                yield self.sharing.panel(origin, publishing=step_html(step), name=name, target=target)
