"""What torch.save files hold: the state dict among all else, and the entries that are no tensors.

Training scripts save a state dict under a usual key, beside epochs, optimizers and schedulers; or
those of several networks; or dicts of dicts. Entries of a state dict that are no tensors go along
as text under one key of the metadata, where JSON has something for them.
"""

from __future__ import annotations

import base64
import json
import warnings
from collections.abc import Callable, Mapping
from typing import Any

from nnc.bitio import InputError
from nnc.formats.source import ModelFileWarning

#: Where checkpoints of training keep the state dict; of several that are there the first counts.
STATE_KEYS = (
    *("state_dict", "model_state_dict", "model_state", "params_ema", "params", "model"),
    *("module", "net", "network", "weights", "net_state_dict", "network_state_dict"),
    *("ema_state_dict", "state_dict_ema", "model_ema", "ema"),
)

#: What training keeps beside networks: their tensors are none of a model.
TRAINING = ("optim", "sched", "scaler", "rng", "loss", "metric", "history")

#: Deeper than any checkpoint is.
DEEPEST = 16

#: The key of the metadata under which entries that are no tensors go along.
ENTRIES_KEY = "pytorch.entries"

#: Bytes of text that such an entry may take; larger ones are left out.
LARGEST_ENTRY = 1 << 16

ADVICE = "save the state_dict() of the model alone"

IsTensor = Callable[[Any], bool]


def state_dict_in(content: Any, where: object, is_tensor: IsTensor) -> Mapping[Any, Any]:
    """Find the state dict in what a file holds.

    Args:
        content: what the file holds.
        where: what messages call it.
        is_tensor: tells a tensor.

    Returns:
        Tensors and other entries by name. Those of several networks, or of dicts in dicts, have
        names with the keys above in front.

    Raises:
        InputError: there is none.

    Warns:
        ModelFileWarning: another that is there is left out.
    """
    if is_tensor(content):
        raise InputError(f"{where}: this is a tensor without a name; {ADVICE}")
    if not isinstance(content, Mapping):
        raise InputError(
            f"{where}: there is no state dict in it but {type(content).__name__}; {ADVICE}"
        )
    if not content:
        return content
    found = networks_in(content, where, is_tensor, 0)
    if found is None:
        raise InputError(f"{where}: there is no state dict in it; {ADVICE}")
    return found


def networks_in(
    content: Mapping[Any, Any], where: object, is_tensor: IsTensor, depth: int
) -> Mapping[Any, Any] | None:
    """Return the state dict that a mapping is or holds, None for none."""
    if depth > DEEPEST:
        return None
    inside = {
        key: value
        for key, value in content.items()
        if isinstance(value, Mapping) and not is_training(key, value)
    }
    usual = [key for key in STATE_KEYS if key in inside]
    for key in usual:
        found = networks_in(inside[key], where, is_tensor, depth + 1)
        if found is not None or not inside[key]:
            others = [one for one in inside if one != key and holds_tensors(inside[one], is_tensor)]
            if others:
                tell(f"{where}: the model is taken from {key!r}; {listed(others)} is left out")
            return found or {}
    if any(is_tensor(value) for value in content.values()):
        return content
    networks = {}
    for key, value in inside.items():
        found = networks_in(value, where, is_tensor, depth + 1)
        if found is not None:
            networks[key] = found
    if len(networks) < 2:
        # One alone needs no name; but what lies deeper than a checkpoint's keys has its own.
        return next(iter(networks.values()), None) if not depth else joined_names(networks)
    return joined_names(networks)


def joined_names(networks: Mapping[Any, Mapping[Any, Any]]) -> Mapping[Any, Any] | None:
    """Return the entries of several networks as one, None where there are none."""
    result: dict[str, Any] = {}
    for key, entries in networks.items():
        for name, value in entries.items():
            whole = f"{key}.{name}"
            if whole in result:
                raise InputError(f"two entries of the checkpoint would have the name {whole!r}")
            result[whole] = value
    return result or None


def is_training(key: Any, value: Mapping[Any, Any]) -> bool:
    """Tell whether an entry of a checkpoint is an optimizer's or the like."""
    return "param_groups" in value or any(one in str(key).lower() for one in TRAINING)


def holds_tensors(content: Mapping[Any, Any], is_tensor: IsTensor) -> bool:
    """Tell whether a mapping has a tensor, or one in it has."""
    return any(
        is_tensor(one) or (isinstance(one, Mapping) and holds_tensors(one, is_tensor))
        for one in content.values()
    )


def named_tensors(
    state: Mapping[Any, Any], where: object, is_tensor: IsTensor
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Divide a state dict into tensors and other entries, by names that are text.

    Raises:
        InputError: two names become one as text.
    """
    tensors: dict[str, Any] = {}
    others: dict[str, Any] = {}
    keys: dict[str, Any] = {}
    for key, value in state.items():
        name = key if isinstance(key, str) else str(key)
        if name in keys:
            raise InputError(
                f"{where}: {keys[name]!r} and {key!r} of the state dict are both {name!r} as text; "
                "rename one"
            )
        keys[name] = key
        (tensors if is_tensor(value) else others)[name] = value
    return tensors, others


def carried(entries: Mapping[str, Any], where: object) -> dict[str, str]:
    """Return metadata that hold the entries of a state dict that are no tensors.

    Warns:
        ModelFileWarning: JSON has nothing for an entry, or it is large.
    """
    result: dict[str, Any] = {}
    for name, value in entries.items():
        try:
            plain = as_json(value)
            if len(json.dumps(plain)) > LARGEST_ENTRY:
                raise InputError(f"more than {LARGEST_ENTRY >> 10} KiB")
        except (InputError, RecursionError) as error:
            tell(
                f"{where}: {name!r} of the state dict is no tensor but {type(value).__name__} "
                f"({error}): it is left out"
            )
            continue
        result[name] = plain
    return {ENTRIES_KEY: json.dumps(result, separators=(",", ":"))} if result else {}


def as_json(value: Any) -> Any:
    """Return an entry as JSON holds it; bytes, and dicts of more than them, as objects of one key.

    Raises:
        InputError: JSON has nothing for it.
    """
    if value is None or type(value) in (bool, int, float, str):
        return value
    if isinstance(value, bytes | bytearray):
        return {"bytes": base64.b64encode(value).decode("ascii")}
    if type(value) in (list, tuple):
        items = [as_json(one) for one in value]
        return items if isinstance(value, list) else {"tuple": items}
    if isinstance(value, Mapping) and all(type(key) is str for key in value):
        return {"dict": {key: as_json(one) for key, one in value.items()}}
    raise InputError(f"{type(value).__name__} can't be carried")


def from_json(value: Any) -> Any:
    """Return what `as_json` made JSON of.

    Raises:
        ValueError: it is none of that.
    """
    if isinstance(value, list):
        return [from_json(one) for one in value]
    if not isinstance(value, dict):
        return value
    ((kind, content),) = value.items()
    if kind == "bytes":
        return base64.b64decode(content, validate=True)
    if kind == "tuple":
        return tuple(from_json(one) for one in content)
    if kind == "dict":
        return {str(key): from_json(one) for key, one in content.items()}
    raise ValueError(f"unknown kind {kind!r}")


def entries_of(metadata: Mapping[str, str]) -> dict[str, Any]:
    """Return the entries that `carried` put into metadata.

    Raises:
        InputError: they can't be read.
    """
    try:
        content = json.loads(metadata.get(ENTRIES_KEY, "{}"))
        return {name: from_json(value) for name, value in content.items()}
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        raise InputError(f"the metadata {ENTRIES_KEY!r} can't be read: {error}") from None


def tell(message: str) -> None:
    """Issue a `ModelFileWarning`."""
    warnings.warn(message, ModelFileWarning, stacklevel=8)


def listed(keys: list[Any]) -> str:
    """Return keys as a message shows them."""
    return ", ".join(map(repr, keys))
