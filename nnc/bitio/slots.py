# Names out of the .pxd of the same name are seen by Cython only.
# ruff: noqa: F821
# mypy: ignore-errors
"""Fields of tables, emptied and taken at the speed of C: works only when compiled."""

from __future__ import annotations

import types

import cython

if not cython.compiled:
    raise ImportError("nnc.bitio.slots works only when compiled")


@cython.cclass
class Slots:
    """Some slots of a class; see `nnc.bitio.programs.Slots`."""

    owner: type
    names: tuple
    places: cython.longlong[::1]

    def __init__(self, owner, names, places):
        """Take a class, the names of slots, and room for as many integers."""
        self.owner = owner
        self.names = names
        self.places = places
        for j in range(len(names)):
            found = owner.__dict__[names[j]]
            if type(found) is not types.MemberDescriptorType:
                raise TypeError(f"{names[j]} is no slot of {owner.__name__}")
            self.places[j] = place_of_slot(found)

    def empty(self, obj):
        """Let no slot have a value."""
        j: cython.Py_ssize_t
        if not isinstance(obj, self.owner):
            raise TypeError(type(obj).__name__)
        for j in range(len(self.names)):
            empty_slot(obj, self.places[j])

    def held(self, obj):
        """Return the values of the slots that have one, by name."""
        j: cython.Py_ssize_t
        made: dict = {}
        if not isinstance(obj, self.owner):
            raise TypeError(type(obj).__name__)
        for j in range(len(self.names)):
            if is_set(obj, self.places[j]):
                made[self.names[j]] = value_in_slot(obj, self.places[j])
        return made
