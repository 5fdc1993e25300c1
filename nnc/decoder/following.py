"""How a unit is read that follows on what is known, by name of the tensor or by a session.

Only a session that is given has to be loaded.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from nnc.bitio import BitstreamError, InputError
from nnc.bitstream import Unit
from nnc.decoder.known import Known
from nnc.decoder.layout import UnitLayout, layout_of
from nnc.model.limits import Limits
from nnc.model.tree_names import named

if TYPE_CHECKING:
    from nnc.decoder.session import Decoder


def session_in(known: Mapping[str, Known] | Decoder | None) -> Decoder | None:
    """Return the session that has to be asked for what is known; None where there is none.

    Raises:
        InputError: it is neither a session nor a mapping.
    """
    if known is None or isinstance(known, Mapping):
        return None
    from nnc.decoder.session import Decoder

    if not isinstance(known, Decoder):
        raise InputError(
            f"known must be a mapping or an nnc.Decoder or None, not {type(known).__name__}"
        )
    return known


def layout_after(
    known: Mapping[str, Known] | Decoder | None, unit: Unit, limits: Limits
) -> UnitLayout:
    """Return the layout of a unit, with names that it leaves out and its session knows.

    Raises:
        BitstreamError: as for `layout_of`.
    """
    session = session_in(known)
    if session is not None:
        unit = named(unit, session.state.names_of_node)
    return layout_of(unit, limits, parents_known=known is not None)


def known_of(
    known: Mapping[str, Known] | Decoder | None, unit: Unit, layout: UnitLayout
) -> Mapping[str, Known] | None:
    """Return what is known of the tensors of a unit, which a session has to be asked for.

    Raises:
        BitstreamError: the unit doesn't follow on what the session has come to.
    """
    session = session_in(known)
    if session is None:
        return known if isinstance(known, Mapping) else None
    try:
        return session.known(unit, layout)
    except BitstreamError as error:
        raise unit.locate(error) from None
