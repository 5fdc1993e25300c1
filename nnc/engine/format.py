"""A format: a schema, compiled in memory, and what is done with data of it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from json import dumps
from pathlib import Path
from types import ModuleType
from typing import Any

from nnc.bitio import InputError
from nnc.bitio.transforms import Transform
from nnc.engine import drawing, explorer, json, looking
from nnc.engine.compiling import compiled
from nnc.engine.diff import Difference
from nnc.engine.document import Document
from nnc.engine.drawing import Broken, Drawn
from nnc.engine.framing import framing_of
from nnc.engine.library import library_names, schema_folder
from nnc.engine.looking import DocumentTrace, Report
from nnc.engine.paths import Place
from nnc.engine.registry import registered
from nnc.engine.tree import Node

#: Decodes a payload that the schema leaves to hand-written code: gets its bytes, and what it
#: stands in: the document, or what hand-written code cuts that into.
Hook = Callable[[bytes, Any], Any]


class Format:
    """A format that a schema describes.

    A class of its own, made of this one, adds what a schema can't say of a format: how data are
    cut into units (`parse`, `open`, `trace`), rules that compare them (`examine`), what is drawn.
    All else goes by these.

    Attributes:
        name: its name, that of its folder.
        folder: where its schema is.
        package: the modules that the schema is compiled to: classes of tables, enums, `Scope`.
        tables: what reads and writes each table, by name.
        root: what reads and writes the table that everything is reached from.
        framing: how tables of the root follow each other.
        hooks: decoders of payloads by name.
    """

    def __init__(
        self,
        package: ModuleType,
        name: str,
        folder: Path | None = None,
        *,
        hooks: Mapping[str, Hook] | None = None,
        transforms: Mapping[str, Transform] | None = None,
    ):
        """Tie together what a schema was compiled to, and what hand-written code adds.

        Args:
            package: the modules, as `load` makes them, or as `nnc schema build` writes them.
            name: name of the format.
            folder: where its schema is.
            hooks: decoders of `external` payloads, by the name of the module that the schema
                says for them.
            transforms: what the schema calls `hook NAME`, by name.

        Raises:
            InputError: the schema declares a framing that there isn't.
        """
        self.name, self.folder, self.package = name, folder, package
        self.tables: Mapping[str, Any] = package.TABLES
        self.root: Any = package.TABLES[package.ROOT]
        self.framing = framing_of(package.FRAMING)
        self.hooks = dict(hooks or {})
        package.Scope.transforms.update(transforms or {})

    @classmethod
    def load(
        cls,
        schema: str | os.PathLike[str],
        *,
        hooks: Mapping[str, Hook] | None = None,
        transforms: Mapping[str, Transform] | None = None,
    ) -> Format:
        """Load a format: its schema is compiled in memory, or was before.

        Args:
            schema: a folder with `.syntax` files, or the name of a format of the library.
            hooks: decoders of `external` payloads, by the name of the module that the schema
                says for them.
            transforms: what the schema calls `hook NAME`, by name: `decode` and `encode`.

        Raises:
            InputError: there is no such schema, or it has mistakes.
        """
        complete = registered(os.fspath(schema))
        if complete is not None:
            made: Format = complete()
            made.hooks.update(hooks or {})
            made.package.Scope.transforms.update(transforms or {})
            return made
        folder = schema_folder(schema)
        name = folder.resolve().name
        return cls(compiled(folder), name, folder, hooks=hooks, transforms=transforms)

    @staticmethod
    def names() -> list[str]:
        """Return the names of the formats that are described by a schema of the library alone."""
        return library_names()

    def scope(self, given: Mapping[str, Any]) -> Any:
        """Return the names before the first table.

        Args:
            given: values that only the caller knows, by name.

        Raises:
            InputError: the schema asks for no such value.
        """
        known = self.package.GIVEN
        for name in given:
            if name not in known:
                told = f"it asks for {', '.join(known)}" if known else "it asks for none"
                raise InputError(f"{self.name} asks for no value {name!r}; {told}")
        answers = dict(given)
        return self.package.Scope((lambda name, table: answers.get(name)) if answers else None)

    def parse(self, data: Any, **given: Any) -> Document:
        """Parse data of the format.

        Args:
            data: the bytes; payloads become views on them.
            **given: values that only the caller knows, if the schema asks for some.

        Returns:
            The document: elements by path, to read and to change.

        Raises:
            BitstreamError: the data break the syntax; the error names the place.
            MissingValueError: a value is needed that wasn't given.
        """
        return Document.parse(self, data, **given)

    def open(self, path: str | os.PathLike[str], **given: Any) -> Document:
        """Parse a file of the format, which is mapped into memory.

        Args:
            path: the file.
            **given: as for `parse`.

        Raises:
            BitstreamError: as for `parse`.
            OSError: the file can't be read.
        """
        return Document.open(self, path, **given)

    def trace(self, data: Any, **given: Any) -> DocumentTrace:
        """Return every element of data with its place and bits, whatever is wrong with them.

        Args:
            data: the bytes.
            **given: as for `parse`.
        """
        return looking.trace(self, data, given)

    def tree(self, data: Any, **given: Any) -> Node:
        """Return the elements of data as a tree of tables, whatever is wrong with them."""
        return self.arrange(self.trace(data, **given))

    def check(self, data: Any, **given: Any) -> Report:
        """Return what data break of the syntax, and of the schema's ranges and constraints."""
        return self.examine(self.trace(data, **given))

    def diff(self, first: Any, second: Any, **given: Any) -> list[Difference]:
        """Return what two pieces of data differ in; an empty list if they are the same bytes."""
        return self.compare(self.trace(first, **given), self.trace(second, **given))

    def arrange(self, traced: Any) -> Node:
        """Return the elements of a trace as a tree."""
        node: Node = traced.tree()
        return node

    def examine(self, traced: Any) -> Report:
        """Return what traced data break of the rules of the format."""
        report: Report = traced.check()
        return report

    def compare(self, first: Any, second: Any) -> list[Difference]:
        """Return what two traces differ in."""
        return looking.diff(first, second)

    def content(self, traced: Any, name: str) -> dict[str, Any]:
        """Return what the explorer's page shows of traced data, whatever is wrong with them.

        Args:
            traced: the trace.
            name: what to call the data.
        """
        return explorer.document_content(traced, name)

    def places(self, document: Any, path: str) -> Iterator[Any]:
        """Yield the places of a document that a path leads to."""
        found: Iterator[Place] = document.places(path)
        return found

    def around(self, document: Any, place: Any) -> Any:
        """Return what a payload stands in, for its decoder: the document."""
        return document

    def decode(self, document: Any, path: str) -> Any:
        """Decode a payload that the schema leaves to hand-written code, by its hook.

        Args:
            document: the document that it stands in.
            path: path of its element.

        Raises:
            InputError: the element is no such payload, or there is no hook for it.
        """
        place = next(self.places(document, path))
        element = None if place.field is None else place.field.element
        module = None if element is None else element.module
        value = None if module is None else place.value()
        if module is None or value is None:
            raise InputError(f"{path}: not a payload that is left to hand-written code")
        if module not in self.hooks:
            raise InputError(f"{path}: there is no hook {module!r}; Format.load takes hooks")
        return self.hooks[module](bytes(value), self.around(document, place))

    def drawing(self) -> ModuleType:
        """Return the package that draws tables of the format.

        Raises:
            InputError: the format was made without its schema.
        """
        return drawing.drawing_of(self)

    def strategy(self, table: str | None = None, **given: Any) -> Any:
        """Return a Hypothesis strategy for valid tables, which shrinks.

        Args:
            table: name of the table; None for that of the root, which then stands by itself. Of
                one that is named, the names that tables around it set are drawn too.
            **given: as for `parse`.

        Returns:
            A `hypothesis.strategies.SearchStrategy` of `Drawn`: the `table`, its bytes as
            `data`, and the `scope` by which they are read.

        Raises:
            InputError: there is no such table, or Hypothesis isn't installed.
        """
        drawing.check_table(self, table)
        return drawing.as_strategy(self, lambda source: drawing.valid(self, source, table, given))

    def invalid(self, rule: str, **given: Any) -> Any:
        """Return a Hypothesis strategy for data that break exactly one rule, which shrinks.

        Args:
            rule: one of `rules()`, `range:kind` for example, or only its kind.
            **given: as for `parse`.

        Returns:
            A `hypothesis.strategies.SearchStrategy` of `Broken`: the bytes as `data`, the `rule`,
            the `path` of the element, and the `verdict`: `error` where `parse` has to refuse
            the data, `finding` where `check` has to tell of them.

        Raises:
            InputError: there is no such rule, or Hypothesis isn't installed.
        """
        drawing.check_rule(self, rule)
        return drawing.as_strategy(self, lambda source: drawing.broken(self, source, rule, given))

    def rules(self) -> dict[str, str]:
        """Return the rules that `invalid` can break, with what is wrong then."""
        return drawing.rules(self)

    def verdicts(self) -> Mapping[str, str]:
        """Return who has to speak where a rule is broken, by its kind: `error` or `finding`."""
        kinds: dict[str, str] = self.drawing().KINDS
        return kinds

    def draw(self, seed: str, rule: str | None = None, **given: Any) -> Drawn | Broken:
        """Return data that are drawn by a seed: the same seed, the same data; no Hypothesis.

        Args:
            seed: any text.
            rule: as for `invalid`; None: the data are valid.
            **given: as for `parse`.

        Raises:
            InputError: there is no such rule, or nothing could be drawn.
        """
        if rule is None:
            return drawing.by_seed(
                self, lambda source: drawing.valid(self, source, None, given), seed
            )
        drawing.check_rule(self, rule)
        return drawing.by_seed(self, lambda source: drawing.broken(self, source, rule, given), seed)

    def to_json(self, document: Document) -> dict[str, Any]:
        """Return a document as plain data for JSON, without loss."""
        return json.document_object(document)

    def dump(self, document: Any) -> Iterator[str]:
        """Yield a document as the text of a JSON object, piece by piece, without loss."""
        yield f"{dumps(self.to_json(document), indent=1, ensure_ascii=False)}\n"

    def from_json(self, content: Any, **given: Any) -> Document:
        """Return the document that plain data stand for.

        Args:
            content: what `to_json` gave.
            **given: as for `parse`.

        Raises:
            InputError: it isn't a document of this format; the message says where.
        """
        return Document(self, *json.records(self, content, given))

    def json_schema(self) -> dict[str, Any]:
        """Return the JSON Schema (draft 2020-12) of documents as JSON."""
        return json.schema(self)

    def __repr__(self) -> str:
        """Show the name."""
        return f"<Format {self.name}>"
