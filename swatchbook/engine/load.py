"""From a folder to a running model: vetted, read, packed, and checked.

Whatever is wrong with a folder becomes an EngineError of one sentence. Every
way of computing that is not the published one (our own step, packed weights, a
joined cache) is compared with the published model here, and given up for the
next plainer one when it disagrees.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn
from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer, GenerationConfig

from swatchbook.engine import fused, vet
from swatchbook.engine.architectures import RECURRENT_CONTEXT, UNCHUNKED
from swatchbook.engine.backend import CHUNK, Backend
from swatchbook.engine.check import Reference, agrees, joins, reference
from swatchbook.engine.events import EngineError
from swatchbook.engine.fused import Fused
from swatchbook.engine.headers import Tensor
from swatchbook.engine.joined import Joined
from swatchbook.engine.limits import SECONDS, bounded, reason
from swatchbook.engine.linear import pack_modules, packs, return_memory
from swatchbook.engine.memory import SMALL
from swatchbook.engine.solo import Solo

Progress = Callable[[float, str], None]

MAX_ID = 1_000_000
"""The highest number of a word; no tokenizer has a third as many."""

MAX_TABLES = 512_000_000
"""Bytes of tables that a model computes for itself beside its weights."""

READING = 4_000_000
"""Bytes of a tokenizer that are read, at the least, in a second of processor time."""

_TYPES = {"BF16": torch.bfloat16, "F16": torch.float16, "F32": torch.float32}


@dataclass(frozen=True, slots=True)
class Loaded:
    """A model that is ready. `end_ids` end a text; `thread_limit` is 0 where more threads always help."""

    tokenizer: Any
    config: dict[str, Any]
    end_ids: set[int]
    backend: Backend
    kind: str
    dtype: str
    thread_limit: int


@dataclass(frozen=True, slots=True)
class Weights:
    """What the files hold: how many parameters, and of which type most of them are."""

    parameters: int
    dtype: torch.dtype


def load(folder: Path, precision: str, progress: Progress) -> Loaded:
    """Read and prepare the model in this folder. Raises EngineError with one sentence."""
    vetted = vet.vet(folder)
    config, weights = vetted.config, _weights(vetted.tensors)
    _check_frame(folder, weights)
    progress(0.02, "reading the tokenizer")
    tokenizer = _tokenizer(folder)
    device = _device()
    dtype = _dtype(weights, precision, device)
    progress(0.1, "reading the weights")
    model = _model(folder, dtype, device)
    context = vet.context_of(config, RECURRENT_CONTEXT)
    backend = _backend(vetted.kind, model, context, lambda: _model(folder, dtype, device), progress)
    del model
    return_memory()
    progress(1.0, "ready")
    return Loaded(
        tokenizer=tokenizer,
        config=config,
        end_ids=_end_ids(folder, config, tokenizer),
        backend=backend,
        kind=type(backend).__name__.lower(),
        dtype=str(dtype).removeprefix("torch."),
        thread_limit=1 if weights.parameters < SMALL and device.type == "cpu" else 0,
    )


def _backend(kind: str, model: nn.Module, context: int, again: Callable[[], nn.Module], progress: Progress) -> Backend:
    """The fastest way to compute this model that agrees with the published one. `again` reads it anew."""

    def packing(share: float) -> None:
        progress(0.2 + 0.7 * share, "packing the weights")

    if kind == "solo":
        _reference(model, texts=1)
        return Solo(_owned(model), context)
    if kind == "fused" and fused.understands(model):
        expected = _reference(model, texts=1)
        ours = Fused(model, context, packing)
        progress(0.95, "checking")
        if agrees(ours, expected):
            return ours
        model = again()
    return _joined(model, context, again, packing)


def _joined(
    model: nn.Module, context: int, again: Callable[[], nn.Module], packing: Callable[[float], None]
) -> Backend:
    """Through the published model: packed if that agrees, and joined if its cache can be."""
    expected = _reference(model, texts=2)
    chunk = None if model.config.model_type in UNCHUNKED else CHUNK
    pack_modules(model, packing)
    ours = Joined(_owned(model), context, chunk)
    if not agrees(ours, expected):
        ours = Joined(_owned(again()), context, chunk)
    return ours if joins(ours, expected) else Solo(_owned(again()), context)


def _reference(model: nn.Module, texts: int) -> Reference:
    """What the published model computes. Raises EngineError when it computes nothing, or no numbers."""
    try:
        expected = reference(model, texts)
    except Exception as error:  # noqa: BLE001 - settings that no check foresaw may raise anything
        raise EngineError(f"This model cannot be computed ({reason(error)}); choose another model.") from None
    if not bool(torch.isfinite(expected.logits.amax(-1)).all()):
        raise EngineError(
            "This model computes no numbers (NaN or infinity), as one with damaged weights does; "
            "try it in fp32, or choose another."
        )
    return expected


def _owned(model: nn.Module) -> nn.Module:
    """The model with every weight in memory of our own: the file behind it may be deleted at any time."""
    for part in [*model.parameters(), *model.buffers()]:
        part.data = part.data.clone()
    return model


def _weights(tensors: Iterable[Tensor]) -> Weights:
    counts: dict[str, int] = {}
    for tensor in tensors:
        if not vet.is_leftover(tensor):
            counts[tensor.dtype] = counts.get(tensor.dtype, 0) + tensor.numbers
    kind = max(counts, key=lambda name: counts[name], default="")
    if kind not in _TYPES:
        quantised = kind.startswith(("I", "U", "F8", "F6", "F4"))
        why = (
            "a quantised form that is not read here; choose the full version"
            if quantised
            else "which is not read here; choose another model"
        )
        raise EngineError(f"The weights are stored as {kind or 'nothing'}, {why}.")
    return Weights(sum(counts.values()), _TYPES[kind])


def _tokenizer(folder: Path) -> Any:
    size = (folder / "tokenizer.json").stat().st_size
    with bounded("tokenizer", SECONDS + size / READING):
        try:
            tokenizer = AutoTokenizer.from_pretrained(folder, trust_remote_code=False, local_files_only=True)
            highest = max(tokenizer.get_vocab().values(), default=0)
        except (KeyboardInterrupt, SystemExit, MemoryError):
            raise
        except BaseException as error:  # noqa: BLE001 - a bad pattern raises a panic, which is no Exception
            raise EngineError(
                f"The tokenizer.json cannot be read ({reason(error)}); download the model again."
            ) from None
    if not tokenizer.is_fast:
        raise EngineError("This model's tokenizer has no fast version, which is needed here; choose another.")
    if highest > MAX_ID:
        raise EngineError(f"The tokenizer.json gives a word the number {highest:,}; choose another model.")
    return tokenizer


def _device() -> torch.device:
    if torch.cuda.is_available():
        return torch.device("cuda")
    return torch.device("mps" if torch.backends.mps.is_available() else "cpu")


def _dtype(weights: Weights, precision: str, device: torch.device) -> torch.dtype:
    """As published where this machine computes that well; else fp32, which holds every published number."""
    if precision != "auto":
        return {"bf16": torch.bfloat16, "fp32": torch.float32}[precision]
    if device.type != "cpu":
        return weights.dtype
    return weights.dtype if weights.parameters >= SMALL and packs(weights.dtype) else torch.float32


def _check_frame(folder: Path, weights: Weights) -> None:
    """Refuse a config that declares other sizes than the files hold, before memory is taken for it."""
    with bounded("config.json"):
        try:
            frame = _frame(folder)
        except MemoryError:
            raise
        except Exception as error:  # noqa: BLE001 - a stranger's settings may raise anything
            raise EngineError(
                f"The settings in the config.json do not make a model ({reason(error)}); download the model again."
            ) from None
    declared = sum(part.numel() for part in frame.parameters())
    head = frame.get_output_embeddings()
    # A head that is the embedding may be stored a second time.
    most = declared + (head.weight.numel() if head is not None else 0)
    if declared > 1.05 * weights.parameters + 1_000_000 or weights.parameters > 1.05 * most:
        raise EngineError(
            f"The config.json declares {declared:,} parameters and the files hold {weights.parameters:,}; "
            "download the model again, or choose another."
        )
    tables = sum(part.numel() * part.element_size() for part in frame.buffers())
    if tables > MAX_TABLES:
        raise EngineError(
            f"The config.json asks for {tables / 1e6:,.0f} MB of tables beside the weights, and at most "
            f"{MAX_TABLES / 1e6:,.0f} MB are computed here; choose another model."
        )


def _frame(folder: Path) -> nn.Module:
    """The model without its weights: sizes, and no memory behind them."""
    config = AutoConfig.from_pretrained(folder, trust_remote_code=False, local_files_only=True)
    with torch.device("meta"):
        return AutoModelForCausalLM.from_config(config)


def _model(folder: Path, dtype: torch.dtype, device: torch.device) -> nn.Module:
    try:
        model, found = AutoModelForCausalLM.from_pretrained(
            folder,
            dtype=dtype,
            generation_config=GenerationConfig(),
            use_safetensors=True,
            output_loading_info=True,
            trust_remote_code=False,
            local_files_only=True,
        )
    except Exception as error:  # noqa: BLE001 - a stranger's files may raise anything
        raise EngineError(f"The weights do not make a model ({reason(error)}); download the model again.") from None
    if wrong := sorted(map(str, [*found["missing_keys"], *found["mismatched_keys"]])):
        raise EngineError(f"The weights lack {len(wrong)} parts ({wrong[0][:80]} for one); download the model again.")
    model = model.eval().requires_grad_(False)
    return model if device.type == "cpu" else model.to(device)


def _end_ids(folder: Path, config: dict[str, Any], tokenizer: Any) -> set[int]:
    """Ids that end a text, by the generation config, else the config, and by the tokenizer."""
    found: set[int] = set()
    path = folder / "generation_config.json"
    stated = config.get("eos_token_id")
    if path.is_file() and path.stat().st_size <= vet.MAX_CONFIG:
        try:
            stated = json.loads(path.read_bytes()).get("eos_token_id", stated)
        except (ValueError, AttributeError, RecursionError):
            raise EngineError("The generation_config.json is damaged; download the model again.") from None
    for value in [*(stated if isinstance(stated, list) else [stated]), tokenizer.eos_token_id]:
        if isinstance(value, int) and value >= 0:
            found.add(value)
    return found
