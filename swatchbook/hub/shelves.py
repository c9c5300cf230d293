"""The shelves of a first visit: models chosen by hand, with one line of reason each.

They are read from `assets/shelves.yaml`, so that the page has something to show
before it has asked anybody. The house models' shelf has a title and a line here
and its models elsewhere. Knows no network, and not what runs on this machine.
"""

from __future__ import annotations

from datetime import date
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from swatchbook.hub.facts import Facts, Parent, repo_name
from swatchbook.settings import ROOT

FILE = ROOT / "assets" / "shelves.yaml"


def _owned(value: str) -> str:
    if "/" not in value or repo_name(value) is None:
        raise ValueError(f"{value[:100]!r} is no repository's name: owner/name")
    return value


def _one_line(value: str) -> str:
    if not value.isprintable() or not value.endswith("."):
        raise ValueError("this has to be one line that ends in a full stop")
    return value


Repo = Annotated[str, AfterValidator(_owned)]
Line = Annotated[str, Field(min_length=20, max_length=160), AfterValidator(_one_line)]


class _Read(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Entry(_Read):
    """One model: why it is here, and what was known of it when the file was written.

    `beside` names the model of the same shelf that it is worth laying next to.
    """

    repo: Repo
    why: Line
    parameters: Annotated[int, Field(gt=0)]
    stored: Literal["F32", "BF16", "F16"] = "F32"
    architecture: Annotated[str, Field(min_length=1, max_length=60)]
    licence: Annotated[str, Field(pattern=r"^[a-z0-9.+-]{2,60}$")] | None = None
    languages: tuple[Annotated[str, Field(pattern=r"^[a-z]{2,4}$")], ...] = ()
    parents: tuple[Repo, ...] = ()
    chat: bool = False
    beside: Repo | None = None

    @property
    def facts(self) -> Facts:
        """The same as the Hub would state it, but of no commit; every model in the file is open to anyone."""
        return Facts(
            repo=self.repo,
            gated="",
            architecture=self.architecture,
            licence=self.licence,
            languages=self.languages,
            parents=tuple(Parent(repo, "finetune") for repo in self.parents),
            numbers=((self.stored, self.parameters),),
            chat=self.chat,
        )


class Planned(_Read):
    """A title, what the shelf is for, and its models; `house` stands for those of the house, which are not here."""

    title: Annotated[str, Field(min_length=1, max_length=40)]
    line: Line
    entries: tuple[Entry, ...] = ()
    house: bool = False

    @model_validator(mode="after")
    def _holds_together(self) -> Self:
        repos = [entry.repo for entry in self.entries]
        if self.house == bool(repos):
            raise ValueError(f"{self.title}: a shelf lists models, unless it is the house's")
        if len(set(repos)) != len(repos):
            raise ValueError(f"{self.title}: a model is listed twice")
        for entry in self.entries:
            if entry.beside is not None and (entry.beside == entry.repo or entry.beside not in repos):
                raise ValueError(f"{self.title}: {entry.repo} is to lie beside a model that is not on this shelf")
        return self


class Shelves(_Read):
    """The data file. `written` is the day on which its facts were written down."""

    written: date
    shelves: tuple[Planned, ...]


@cache
def _read(file: Path) -> Shelves:
    content: Any = yaml.safe_load(file.read_text(encoding="utf-8"))
    return Shelves.model_validate(content)


def shelves(file: Path = FILE) -> tuple[Planned, ...]:
    """The shelves in their order."""
    return _read(file).shelves


@cache
def written_facts(file: Path = FILE) -> dict[str, Facts]:
    """What the file states of each model, by its name."""
    return {entry.repo: entry.facts for shelf in shelves(file) for entry in shelf.entries}


def written(file: Path = FILE) -> str:
    """The day on which the facts of the shelves were written down, as YYYY-MM-DD."""
    return _read(file).written.isoformat()
