"""One prompt as a .prompt file and back: Google's dotprompt, a head in YAML and a template in Handlebars.

What the other side does not have is told, a sentence each. The head is read as strictly as a sketch is:
texts, lists and mappings, no aliases, no tags. The format: https://google.github.io/dotprompt/reference
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from swatchbook.runs import MAX_TOKENS, RunError
from swatchbook.sketch import handlebars
from swatchbook.sketch.faults import Fault, SketchError, suggestion
from swatchbook.sketch.foreign import STAND_IN, Names, asked, fits, free_name, made, question
from swatchbook.sketch.nodes import FORBIDDEN, Lines, compose
from swatchbook.sketch.parts import CHAT, LINE, MAX_SKETCH, USUAL_LONGEST, Asked, Config, Input, Kind, Sketch, Step
from swatchbook.sketch.rewrite import data
from swatchbook.sketch.stumbles import clipped, forbidden
from swatchbook.sketch.template import names, parse, saved, symbols
from swatchbook.sketch.values import usual
from swatchbook.sketch.writer import lines
from swatchbook.strict import sentence

_HEAD = re.compile(r"---[ \t]*\n(?:(?P<head>.*?)\n)?---[ \t]*(?:\n|\Z)", re.DOTALL)
_CONFIG = {
    "temperature": "temperature",
    "maxOutputTokens": "max_tokens",
    "topP": "top_p",
    "topK": "top_k",
    "stopSequences": "stop",
}
_KINDS: dict[str, Kind] = {"number": "number", "integer": "number", "boolean": "toggle", "array": "long"}
_TYPES: dict[Kind, str] = {"number": "number", "toggle": "boolean"}
_ANSWERS = {"true": "yes", "false": "no"}
_STEP = "answer"


@dataclass(frozen=True)
class _Variable:
    """One thing that a prompt is given, as a schema describes it."""

    path: str
    type: str = "string"
    about: str = ""
    options: tuple[str, ...] = ()


def from_dotprompt(text: str) -> tuple[str, list[str]]:
    """A .prompt file as a sketch's text, and a sentence for each thing that a sketch does not have.

    Raises RunError, with one sentence, when the file cannot be read, or holds more than a sketch can.
    """
    head, body = _read(text)
    took, untold = handlebars.taken(body), list[str]()
    title = clipped(" ".join(str(head.get("name", "")).split()), 119) or "A prompt"
    try:
        inputs = _inputs(head.get("input"), took.names, untold)
        model, config = _model(head.get("model"), untold), _config(head.get("config"), untold)
        step = Step(id=free_name(_STEP, inputs, _STEP), prompt=took.template, model=(model,), config=config)
    except ValidationError as error:
        raise RunError(f"This prompt makes no sketch ({sentence(error)}); make it smaller, or simpler.") from None
    others = [key for key in head if key not in ("name", "model", "config", "input")]
    untold += [f'"{clipped(key)}" is left out; a sketch has nothing like it.' for key in others]
    return made("prompt", title=title, inputs=inputs, steps=(step,)), took.untold + untold


def to_dotprompt(sketch: Sketch, step: str) -> tuple[str, list[str]]:
    """A step's prompt as a .prompt file, and a sentence for each thing that does not go along.

    Raises RunError for a step that asks no model.
    """
    asking = [each.id for each in sketch.steps if each.asks]
    if step not in asking:
        raise RunError(f'No model is asked in the step "{clipped(step)}".{suggestion(step, asking)}')
    part = sketch.step(step)
    used = list(dict.fromkeys(name for name, _ in names(parse(part.template))))
    there = {"schema": dict(_schema(sketch, used)), "default": dict(_defaults(sketch, used))}
    head: dict[str, Any] = {
        "name": sketch.title,
        "model": "".join(str(asked.model) for asked in sketch.asked(part)[:1]),
        "config": _config_there(part.config),
        "input": {key: value for key, value in there.items() if value},
    }
    written = "\n".join(lines({key: value for key, value in head.items() if value}))
    return f"---\n{written}\n---\n\n{handlebars.given(part.template).strip()}\n", list(_left(sketch, part, used))


def _read(text: str) -> tuple[dict[str, Any], str]:
    """The head of a file and its template."""
    text = io.StringIO(text.removeprefix("\ufeff"), newline=None).read()
    if len(text.encode(errors="surrogatepass")) > MAX_SKETCH:
        raise _fault(f"A prompt's file holds at most {MAX_SKETCH // 1024} KB here, and this is more; shorten it.")
    if found := FORBIDDEN.search(text):
        raise SketchError([Lines(text).fault(found.start(), forbidden(found[0]))])
    cut = _HEAD.match(text)
    if not cut and text.startswith("---"):
        raise _fault("The head of this prompt is never closed; write --- on a line of its own below it.")
    head, body = (cut["head"] or "", text[cut.end() :].strip()) if cut else ("", text.strip())
    if not body:
        raise _fault("This prompt is empty; write below its head what the model is asked.")
    if not re.search(r"^[ \t]*[^ \t#\n]", head, re.MULTILINE):
        return {}, body
    found_head = data(compose(Lines(f"\n{head}")))
    if not isinstance(found_head, dict):
        raise _fault('The head of a prompt holds lines such as "model: owner/name"; write a name before each colon.')
    return found_head, body


def _fault(said: str) -> SketchError:
    return SketchError([Fault(0, 0, said)])


def _model(name: Any, untold: list[str]) -> Asked:
    """The model that the prompt is for, which answers it; those of the house go on from it."""
    if not isinstance(name, str) or not name:
        untold.append(f"It names no model, so {STAND_IN} stands in for one; choose one in the palette.")
        return STAND_IN
    return asked(name if name.startswith("house/") else f"{name}{CHAT}", untold)


def _config(given: Any, untold: list[str]) -> Config:
    """Those settings that a sketch has, as far as their values can be."""
    good: dict[str, Any] = {}
    for key, value in (given if isinstance(given, dict) else {}).items():
        name = _CONFIG.get(key, "")
        if name == "max_tokens" and str(value).isdecimal() and float(value) > MAX_TOKENS:
            untold.append(f"A step writes {MAX_TOKENS} tokens at most here, not {clipped(value)}.")
            value = MAX_TOKENS
        try:
            good[name] = getattr(Config.model_validate({name: value}), name)
        except ValidationError:
            shown = f" {clipped(value)}" if isinstance(value, str) else ""
            untold.append(f'The setting "{clipped(key)}{shown}" is left out; a sketch has none like it.')
    return Config(**good)


def _inputs(given: Any, names: Names, untold: list[str]) -> dict[str, Input]:
    """What a visitor is asked: what the head describes, and what the template uses besides."""
    given = given if isinstance(given, dict) else {}
    schema = given.get("schema")
    if isinstance(schema, str):
        untold.append(f'The schema "{clipped(schema)}" is in another file; say here what is asked.')
    described = {each.path: each for each in _described(schema)}
    defaults = dict(_flat(given.get("default")))
    found: dict[str, Input] = {}
    for path in dict.fromkeys([*described, *defaults, *names]):
        name, default = names.of(path), defaults.get(path, "")
        if not name:
            untold.append(f'"{clipped(path)}" is left out; no name in a sketch can be made of it.')
            continue
        found[name] = _input(name, described.get(path, _Variable(path)), default)
        if not fits(found[name]):
            untold.append(f'What {name} is without a word, "{clipped(default)}", is left out; it cannot be that.')
            found[name] = found[name].model_copy(update={"default": ""})
    return found


def _described(schema: Any, above: str = "") -> Iterator[_Variable]:
    """The variables of a schema, in the short notation of dotprompt or as JSON Schema; those of objects one by one."""
    if not isinstance(schema, dict):
        return
    if isinstance(properties := schema.get("properties"), dict):
        for key, each in properties.items():
            yield from _property(f"{above}{key}", each)
        return
    for key, value in schema.items():
        name, type_, about = _field(key)
        path = f"{above}{name}"
        if isinstance(value, list):
            yield _Variable(path, "enum", about, tuple(each for each in value if isinstance(each, str)))
        elif isinstance(value, dict) and type_ != "array":
            yield from _described(value, f"{path}.")
        else:
            first, _, rest = value.partition(",") if isinstance(value, str) else ("", "", "")
            yield _Variable(path, type_ or first.strip(), about or rest.strip())


def _field(key: str) -> tuple[str, str, str]:
    """A key of dotprompt's short notation, `name?(type, about)`, as its name, its type and what it is about."""
    name, _, rest = " ".join(key.split()).partition("(")
    type_, _, about = rest.strip().removesuffix(")").partition(",")
    return name.strip().removesuffix("?").strip(), type_.strip(), about.strip()


def _property(path: str, given: Any) -> Iterator[_Variable]:
    """A property of a JSON Schema."""
    given = given if isinstance(given, dict) else {}
    if "properties" in given:
        yield from _described(given, f"{path}.")
        return
    type_, about, options = (given.get(key) for key in ("type", "description", "enum"))
    chosen = tuple(each for each in options if isinstance(each, str)) if isinstance(options, list) else ()
    yield _Variable(path, str(type_), about if isinstance(about, str) else "", chosen)


def _flat(given: Any, above: str = "") -> Iterator[tuple[str, str]]:
    """Defaults by their paths. Lists are lines."""
    for key, value in (given if isinstance(given, dict) else {}).items():
        if isinstance(value, dict):
            yield from _flat(value, f"{above}{key}.")
        else:
            yield f"{above}{key}", value if isinstance(value, str) else "\n".join(map(str, value))


def _input(name: str, variable: _Variable, default: str) -> Input:
    options = tuple(dict.fromkeys(option for option in variable.options if option))
    kind: Kind = "choice" if len(options) > 1 else _KINDS.get(variable.type, "text")
    if kind == "text" and (len(default) > USUAL_LONGEST["text"] or "\n" in default):
        kind = "long"
    default = _ANSWERS.get(default, default) if kind == "toggle" else default
    chosen = {"choose": options} if kind == "choice" else {}
    ask = (variable.about or question(name))[:200]
    return Input.model_validate({"ask": ask, "kind": kind, "default": default, **chosen})


def _config_there(config: Config) -> dict[str, Any]:
    """A step's settings by the names that they have there: those that are usual there too are left out."""
    found = {there: getattr(config, here) for there, here in _CONFIG.items()}
    usual = {"topP": 1, "topK": 0, "stopSequences": ()}
    kept = {key: value for key, value in found.items() if value != usual.get(key)}
    return kept | ({"stopSequences": list(config.stop)} if config.stop else {})


def _schema(sketch: Sketch, used: Sequence[str]) -> Iterator[tuple[str, Any]]:
    """What is filled in, in dotprompt's short notation."""
    for name in used:
        given = sketch.inputs.get(name)
        ask = " ".join((given.ask if given else _origin(name)).split())
        if given and given.kind == "choice":
            yield f"{name}(enum, {re.sub('[()]', '', ask)})", list(given.choose)
        else:
            yield name, f"{_TYPES.get(given.kind if given else 'text', 'string')}, {ask}"


def _origin(name: str) -> str:
    return "One line" if name == LINE else f"What the step {name} wrote"


def _defaults(sketch: Sketch, used: Sequence[str]) -> Iterator[tuple[str, Any]]:
    for name in used:
        given = sketch.inputs.get(name)
        if given and given.kind == "toggle":
            yield name, usual(given) == "yes"
        elif given and (value := usual(given)):
            yield name, float(value) if given.kind == "number" else value


def _left(sketch: Sketch, step: Step, used: Sequence[str]) -> Iterator[str]:
    """A sentence for everything about a step that a .prompt file does not say."""
    asked = sketch.asked(step)
    if len(asked) > 1:
        yield f"Only the first of its {len(asked)} models goes along."
    if asked and asked[0].model.source == "house":
        yield f"{asked[0].model} is a model of this house; name another where the prompt is used."
    if asked and asked[0].mode == "completion":
        yield "The model goes on from the prompt here; there it answers it."
    for name in used:
        if name not in sketch.inputs:
            yield f"{{{{{name}}}}} is filled by whoever uses the prompt: {_origin(name).lower()} here."
    said = parse(step.template)
    if symbols(said) or saved(said):
        yield "The grammar stays here; its tags are text there."
    for key in ("pick", "when", "repeat", "each"):
        if getattr(step, key) != Step.model_fields[key].default:
            yield f'"{key}" stays here; a single prompt has nothing like it.'
    for key in ("min_p", "repetition_penalty"):
        if getattr(step.config, key) != Config.model_fields[key].default:
            yield f'The setting "{key}" stays here; there is none like it there.'
