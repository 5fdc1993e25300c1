"""Checks what concerns several tables: the root, names that tables share, references."""

from __future__ import annotations

from nnc_schema.language import tree
from nnc_schema.language.errors import Mistakes, SchemaError, like
from nnc_schema.passes import expressions
from nnc_schema.passes.analysis import Analysis
from nnc_schema.passes.declarations import declarations
from nnc_schema.passes.table_facts import TableFacts


def check_root(analysis: Analysis) -> str:
    """Return the root, of which there has to be one."""
    roots = [root for file in analysis.schema.files for root in file.roots]
    first = analysis.schema.files[0]
    if len(roots) != 1:
        place = roots[1][0] if roots else tree.Position(first.path, 1, 1)
        hint = "write 'root' and the name of the table that all others are reached from"
        raise SchemaError(
            place, f"found {len(roots)} roots, expected one", "keep one" if roots else hint
        )
    position, name = roots[0]
    if name not in analysis.tables:
        raise SchemaError(
            position,
            f"found the unknown table {name!r}, expected one of the schema",
            like(name, analysis.tables),
        )
    if analysis.tables[name].table.parameters:
        raise SchemaError(
            position,
            f"the root {name!r} has parameters, expected none",
            'declare what it needs from outside: given NAME default none "what it is"',
        )
    return name


def check_reachable(analysis: Analysis, root: str, mistakes: Mistakes) -> None:
    """Check that every table is used."""
    pending, seen = [root], {root}
    while pending:
        for site in analysis.tables[pending.pop()].calls:
            assert isinstance(site.statement, tree.Call | tree.External)
            name = site.statement.table
            if name in analysis.tables and name not in seen:
                seen.add(name)
                pending.append(name)
    for name, facts in analysis.tables.items():
        if name not in seen:
            mistakes.add(
                facts.table.position,
                f"table {name!r} isn't reached from the root {root!r}",
                f"call {name}() from another table, or take it out",
            )


def check_shared(analysis: Analysis, mistakes: Mistakes) -> None:
    """Check that a name read from another table can only be one thing."""
    for facts in analysis.tables.values():
        for use in [*facts.uses, *analysis.absent_uses(facts)]:
            with mistakes.caught():
                check_shared_use(analysis, facts, use)
    for name, definer in analysis.shared.items():
        field = definer.fields.get(name)
        if field is not None and field.is_list and not field.indexed:
            mistakes.add(
                field.statement.position,
                f"{name!r} is read by another table, expected it to be indexed or outside of loops",
                f"write {name}[i] with the variable of the loop around it",
            )


def check_shared_use(analysis: Analysis, facts: TableFacts, use: expressions.Use) -> None:
    """Check one use of a name."""
    name = use.name.name
    if name in analysis.states and len(use.name.indices) != len(analysis.states[name].sizes):
        raise index_error(analysis, use.name)
    if name in analysis.givens or not analysis.is_free(name, facts):
        return
    definers = analysis.definers(name, use.is_list, facts)
    if len(definers) == 1:
        return
    if not definers:
        other = analysis.definers(name, None, facts)
        if other:
            kind = "a list" if use.is_list else "a single value"
            hint = f"write {name}[...]" if not use.is_list else f"write {name} without an index"
            raise SchemaError(use.name.position, f"{name!r} isn't {kind}", hint)
        raise SchemaError(
            use.name.position,
            f"{name!r} isn't defined",
            like(name, known_names(analysis, facts))
            or f'read it before, declare it as a constant, or: given {name} default none "..."',
        )
    tables = " or ".join(repr(definer.table.name) for definer in definers)
    raise SchemaError(
        use.name.position,
        f"{name!r} could be that of {tables}, expected it to be one thing",
        f"give it another name in one of them: {name} ... as OTHER_NAME",
    )


def index_error(analysis: Analysis, found: tree.Name | tree.Assignment) -> SchemaError:
    """Return the mistake of a state with another number of indices than it has."""
    count = len(analysis.states[found.name].sizes)
    return SchemaError(
        found.position,
        f"found {len(found.indices)} indices of the state {found.name!r}, expected {count}",
        f"write {found.name}{'[...]' * count}",
    )


def known_names(analysis: Analysis, facts: TableFacts) -> set[str]:
    """Return the names that expressions of a table may use."""
    known = set(analysis.constants) | set(analysis.constant_tables) | set(analysis.givens)
    known |= set(analysis.states)
    known |= set(facts.table.parameters) | facts.loop_variables
    for each in analysis.tables.values():
        known |= set(each.fields) | set(each.variables)
    return known


def check_references(analysis: Analysis, mistakes: Mistakes) -> None:
    """Check that what stands in brackets in the semantics exists."""
    known = {name for _, name in declarations(analysis.schema)}
    for facts in analysis.tables.values():
        known |= set(facts.fields) | set(facts.meanings)
    for facts in analysis.tables.values():
        for meaning in facts.table.semantics:
            for position, name in meaning.references:
                if name not in known:
                    mistakes.add(
                        position,
                        f"found a reference to the unknown name {name!r}",
                        like(name, known) or "without brackets it is plain text",
                    )
