"""Whether this kind of model can run here at all, told from its facts and file names before anything is fetched.

Each kind that cannot has its own plain sentence and what to try instead. Sizes
and memory are judged elsewhere, and so is what only the fetched files show:
None means that nothing speaks against a model yet, which is little where
`is_undecided`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from swatchbook.engine.architectures import kind_of
from swatchbook.engine.events import EngineError
from swatchbook.hub.facts import Facts, File

TEXT_MODEL = "a model that writes text; the shelf “Start here” has some"
SAFETENSORS = "a copy with its weights as safetensors"
WHOLE_MODEL = "the whole model that it belongs to"
FULL_VERSION = "the full version"

_ADAPTER = "This is an adapter, a small change to another model, and not a whole model."
_GGUF = "The weights are there only as GGUF, for llama.cpp and its kin, which is not read here."
_ONNX = "The weights are there only as ONNX, which is not read here."
_PICKLE = "The weights are there only as pickle files, which can hide programs and are never fetched."
_OTHER_FRAMEWORK = "The weights are there only for TensorFlow or Flax, which are not read here."
_MLX = "This copy is converted to MLX, for Apple's processors, which is not read here."
_QUANTISED = "The weights are quantised{how}, which is not read here."
_ENCODER = "This model reads texts and answers with numbers or labels; it writes none."

_ADAPTER_MARKS = frozenset(["peft", "adapter", "lora", "adapter-transformers"])
_QUANTISED_MARKS = (
    "gptq",
    "awq",
    "bitsandbytes",
    "exl2",
    "exl3",
    "compressed-tensors",
    "hqq",
    "aqlm",
    "4-bit",
    "8-bit",
)
_PICTURE_MARKS = frozenset(["diffusers", "timm", "open_clip", "ultralytics"])
_SOUND_MARKS = frozenset(["espnet", "speechbrain", "pyannote-audio", "asteroid", "nemo"])
_ENCODER_MARKS = frozenset(["sentence-transformers", "setfit", "spacy", "flair", "fasttext", "span-marker"])
_SIGHT = (
    "image",
    "video",
    "visual",
    "depth",
    "object-detection",
    "3d",
    "document-question",
    "keypoint",
    "mask-generation",
)
_SOUND = ("audio", "speech", "voice", "music")
_ENCODER_TASKS = frozenset(
    [
        "feature-extraction",
        "fill-mask",
        "sentence-similarity",
        "text-classification",
        "text-ranking",
        "token-classification",
        "zero-shot-classification",
    ]
)
_PICKLED = (".bin", ".pt", ".pth", ".ckpt", ".pkl", ".pickle")


@dataclass(frozen=True, slots=True)
class Unsuited:
    """Why a model does not run here, in a sentence, and what to try instead, which completes "Try …"."""

    why: str
    instead: str


def unsuited(facts: Facts, files: Sequence[File] | None = None) -> Unsuited | None:
    """The first thing that speaks against running this model here, or None. `files` may be not known yet."""
    names = None if files is None else frozenset(file.path.lower() for file in files)
    return (
        _gated(facts)
        or _by_package(facts, names)
        or _by_purpose(facts)
        or _by_config(facts)
        or (None if names is None else _by_files(facts, names))
    )


def is_undecided(facts: Facts) -> bool:
    """Whether no architecture is stated, so that nobody can tell before the config is here."""
    return facts.architecture is None


def _gated(facts: Facts) -> Unsuited | None:
    if not facts.gated:
        return None
    return Unsuited(
        "Gated: the maker asks for your name and agreement on the Hub first; Swatchbook fetches only what is open to "
        "all.",
        "a model that is open to all; its family tree may have one",
    )


def _by_package(facts: Facts, names: frozenset[str] | None) -> Unsuited | None:
    """What its library and tags say it is packed as, unless whole weights are there as well."""
    marks = _marks(facts)
    whole = _has_weights(names) if names is not None else bool(facts.numbers and facts.architecture)
    if "mlx" in marks:
        return Unsuited(_MLX, _original(facts, "the version it was converted from"))
    if whole:
        return None
    if marks & _ADAPTER_MARKS or any(parent.relation == "adapter" for parent in facts.parents):
        return Unsuited(_ADAPTER, _original(facts, WHOLE_MODEL))
    if "gguf" in marks:
        return Unsuited(_GGUF, _original(facts, SAFETENSORS))
    if "onnx" in marks and facts.library != "transformers":  # there, ONNX lies beside other weights
        return Unsuited(_ONNX, _original(facts, SAFETENSORS))
    return None


def _by_purpose(facts: Facts) -> Unsuited | None:
    """What it was made to do, by its task and its library."""
    task, library = (facts.task or "").lower(), (facts.library or "").lower()
    if library in _PICTURE_MARKS or "diffusers" in _marks(facts) or any(word in task for word in _SIGHT):
        return Unsuited("This model reads or makes pictures; only models of text run here.", TEXT_MODEL)
    if library in _SOUND_MARKS or any(word in task for word in _SOUND):
        return Unsuited("This model hears or makes sounds; only models of text run here.", TEXT_MODEL)
    if task == "any-to-any":
        return Unsuited("This model also reads or makes pictures or sounds; only models of text run here.", TEXT_MODEL)
    if library in _ENCODER_MARKS or task in _ENCODER_TASKS:
        return Unsuited(_ENCODER, TEXT_MODEL)
    return None


def _by_config(facts: Facts) -> Unsuited | None:
    """What the summary of its config says; code first, since such models have architectures of their own."""
    if facts.needs_code:
        return Unsuited("This model needs code of its own from the repository, which is never run here.", TEXT_MODEL)
    marks = _marks(facts)
    if how := facts.quantised or next((mark for mark in _QUANTISED_MARKS if mark in marks), None):
        said = "" if how == "quantised" else f" ({how})"
        return Unsuited(_QUANTISED.format(how=said), _original(facts, FULL_VERSION))
    if facts.architecture is None:
        return None
    try:
        kind_of({"model_type": facts.architecture})
    except EngineError as error:
        return Unsuited(str(error), TEXT_MODEL)
    return None


def _by_files(facts: Facts, names: frozenset[str]) -> Unsuited | None:
    if "adapter_config.json" in names:
        return Unsuited(_ADAPTER, _original(facts, WHOLE_MODEL))
    if not _has_weights(names):
        why = _other_weights(names)
        return Unsuited(why or "There are no weights in this repository.", _original(facts, SAFETENSORS))
    if "config.json" not in names:
        why = "There is no config.json in this repository, so nobody can tell how its weights are to be read."
        return Unsuited(why, _original(facts, TEXT_MODEL))
    if "tokenizer.json" not in names:
        why = "There is no tokenizer.json in this repository, so its words cannot be read."
        return Unsuited(why, _original(facts, "a copy that has one"))
    return None


def _other_weights(names: frozenset[str]) -> str | None:
    """Where or in which form the weights are, if not as safetensors at the top."""

    def any_ends(*endings: str) -> bool:
        return any(name.endswith(endings) for name in names)

    if any_ends(".gguf", ".ggml"):
        return _GGUF
    if folder := min((name.rpartition("/")[0] for name in names if name.endswith(".safetensors")), default=""):
        return f"The weights lie in a folder of the repository ({folder[:80]}), where they are not looked for."
    if any_ends(*_PICKLED):
        return _PICKLE
    if any_ends(".onnx"):
        return _ONNX
    return _OTHER_FRAMEWORK if any_ends(".h5", ".msgpack", ".keras", ".tflite") else None


def _has_weights(names: frozenset[str]) -> bool:
    """Whether safetensors lie at the top of the repository, an adapter's left out."""
    return any(name.endswith(".safetensors") and "/" not in name and not name.startswith("adapter_") for name in names)


def _marks(facts: Facts) -> frozenset[str]:
    return frozenset(mark.lower() for mark in (*facts.tags, facts.library or ""))


def _original(facts: Facts, otherwise: str) -> str:
    """What it was made from, where that is stated."""
    names = " or ".join(parent.repo for parent in facts.parents[:3])
    return f"the original it was made from: {names}" if names else otherwise
