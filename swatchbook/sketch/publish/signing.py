"""Whether visitors can sign in with Hugging Face here, so that a piece is published in their own name.

They can on a Space whose README says `hf_oauth: true`. Gradio's button for it ends the
app where anything for it is missing, so that is asked first.
"""

from __future__ import annotations

from importlib.util import find_spec

from swatchbook.settings import AppSettings

LIBRARIES = ("authlib", "itsdangerous")
"""What Gradio needs for it: `gradio[oauth]`."""
SCOPES = ("contribute-repos",)
"""The least that lets an app make a Space, and touch none but those it made."""


def can_sign_in(settings: AppSettings) -> bool:
    """Whether the page may show a button to sign in."""
    return settings.on_space and settings.oauth and all(find_spec(name) is not None for name in LIBRARIES)
