"""How bitstreams travel in Flower's records.

A record of arrays that is a model becomes one of bitstreams: arrays of bytes whose `stype` is
`nnc`. A record of configuration beside it says where in the session they stand.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from flwr.app import Array, ArrayRecord, ConfigRecord, Message, RecordDict
from numpy.typing import NDArray

from nnc.bitio import InvalidError

#: The name of our record in a message, and the `stype` of arrays that hold bitstreams.
RECORD = STYPE = "nnc"

#: How the reason of an error begins after which a node needs the whole model.
LOST = "nnc: the node needs the whole model"

#: Code of errors of a mod, as Flower numbers them.
MOD_FAILED = 6


@dataclass(frozen=True)
class Down:
    """What goes with a model to a node.

    Attributes:
        session: names the session.
        version: the version of the model after all bitstreams.
        first: the version after the first of them.
        is_base: the first is a base model, else all are updates.
        key: the record of arrays that they are in.
    """

    session: str
    version: int
    first: int
    is_base: bool
    key: str


@dataclass(frozen=True)
class Up:
    """What goes with a reply to the server.

    Attributes:
        session: names the session.
        version: the version of the model that the node has.
        key: the record of arrays that holds an update; "" for none.
        raw_bytes: bytes of the arrays before coding.
        seconds: what coding took.
    """

    session: str
    version: int
    key: str = ""
    raw_bytes: int = 0
    seconds: float = 0.0


def record_of(said: Down | Up) -> ConfigRecord:
    """Return the record that says where bitstreams stand."""
    return ConfigRecord(asdict(said))


def read_record(kind: type[Any], content: RecordDict) -> Any:
    """Return what our record of a message says; None where there is none.

    Raises:
        InvalidError: it isn't one of ours, or of another release.
    """
    if RECORD not in content.config_records:
        return None
    try:
        return kind(**dict(content.config_records[RECORD]))
    except TypeError as error:
        raise InvalidError(f"the record {RECORD!r} of a message can't be read: {error}") from None


def packed(bitstreams: Sequence[bytes]) -> ArrayRecord:
    """Return bitstreams as a record of arrays."""
    return ArrayRecord(
        {
            str(place): Array(dtype="uint8", shape=(len(data),), stype=STYPE, data=data)
            for place, data in enumerate(bitstreams)
        }
    )


def unpacked(record: ArrayRecord) -> list[bytes]:
    """Return the bitstreams of a record of arrays.

    Raises:
        InvalidError: it holds something else.
    """
    if any(array.stype != STYPE for array in record.values()):
        raise InvalidError("a record of arrays should hold bitstreams, but doesn't")
    return [bytes(array.data) for array in record.values()]


def arrays_of(record: ArrayRecord) -> dict[str, NDArray[Any]]:
    """Return the arrays of a record by name."""
    return {name: array.numpy() for name, array in record.items()}


def record_of_arrays(tensors: Mapping[str, NDArray[Any]]) -> ArrayRecord:
    """Return arrays as a record."""
    return ArrayRecord({name: Array(np.asarray(values)) for name, values in tensors.items()})


def size_of(record: ArrayRecord) -> int:
    """Return the bytes of the arrays in a record."""
    return sum(len(array.data) for array in record.values())


def with_content(message: Message, content: RecordDict) -> Message:
    """Return a message with another content, and the same metadata."""
    return Message(content=content, metadata=message.metadata)
