"""Palettes, as the archive keeps them."""

from __future__ import annotations

from swatchbook.archive.documents import Kind, Words
from swatchbook.archive.kinds.run import plain
from swatchbook.palettes import FORMAT, Palette, read_palette


def _models(palette: Palette) -> list[str]:
    return list(dict.fromkeys(plain(lane.model) for lane in palette.lanes))


KIND = Kind(
    name="palette",
    parameter="palette_id",
    version=FORMAT,
    read=read_palette,
    words=lambda palette: Words(palette.title, text="\n".join(_models(palette))),
    models=_models,
    brief=lambda palette: ", ".join(lane.model.name for lane in palette.lanes),
    packed=lambda palette: palette.model_copy(update={"parent": None}),
)
