"""Tables drawn with some values given, for programs that are stricter than a schema."""

import pytest

#: Draws that may be rejected before one is taken.
TRIES = 200


def drawn_table(package, source, table, scope, fixed, is_wanted=lambda drawn: True):
    """Return the bytes of a table drawn until it is as wanted; the test fails where none is.

    Args:
        package: the strategies of a format.
        source: where values come from.
        table: its name.
        scope: a function that returns the names in force for it.
        fixed: values of elements by name.
        is_wanted: tells of what was drawn whether it is.
    """
    for _ in range(TRIES):
        drawer = package.Drawer(source, fixed=fixed)
        try:
            drawn = package.TABLES[table](drawer, scope())
        except package.RejectedError:
            continue
        if is_wanted(drawn):
            return drawer.to_bytes()
    return pytest.fail(f"no {table} could be drawn with {fixed}")
