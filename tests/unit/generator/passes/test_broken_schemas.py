"""Each schema of tests/broken/schemas has one mistake; its first line says what is said of it."""

from pathlib import Path

import pytest
from nnc_schema.language import tree
from nnc_schema.language.errors import SchemaError
from nnc_schema.language.reader import read_text
from nnc_schema.passes.checker import check

SCHEMAS = sorted((Path(__file__).parents[3] / "broken" / "schemas").glob("*.syntax"))


@pytest.mark.parametrize("path", SCHEMAS, ids=lambda path: path.stem)
def test_mistake_is_found_where_it_is(path):
    text = path.read_text(encoding="utf-8")
    expected = text.splitlines()[0].removeprefix("# ")
    with pytest.raises(SchemaError) as error:
        check(tree.Schema((read_text(text, path.stem),)))
    assert str(error.value) == f"{path.stem}:{expected}"


def test_there_are_schemas():
    assert len(SCHEMAS) > 70
