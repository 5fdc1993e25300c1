"""Any name is allowed anywhere in a schema, and collides with nothing."""

import pytest
from nnc_schema.targets.docs import target as docs

from nnc.bitio import BitReader, BitWriter, BuildError

# fmt: off
NAMES = [
    "stream", "context", "path", "obj", "new", "required", "element", "syntax", "Table", "Syntax",
    "Scope", "self", "start", "outer_end", "rules", "class", "from", "None", "True", "lambda",
    "import", "print", "len", "list", "dict", "int", "range", "min", "max", "type", "object",
    "super", "__init__", "__slots__", "__class__", "__dict__", "__x", "_y", "___", "fields",
    "holders", "default", "called", "trailing_data", "field", "np", "names", "copy", "ask",
    "given", "givens", "tables", "parameters", "from_context", "functions", "description",
    "scope", "units", "array", "counted", "entry", "finished", "indexed", "irregular", "item",
    "listed", "number", "padding", "refuse", "trailing", "Any", "ClassVar", "Final", "IntEnum",
    "dataclass", "Element", "Shape", "Constraint", "Description", "TABLES", "SHARED", "GIVEN",
    "BitReader", "BitWriter", "annotations", "clause", "title", "status", "schema", "elements",
    "shapes", "table", "table_type", "scope_type", "mro", "name", "value", "real", "data",
    "filename", "read", "write", "check", "parse", "build", "sizeof", "drawing", "sources",
    "draw", "index", "classes", "sign", "math", "log2", "quotient", "Nowhere", "T", "Array",
    "a_list", "a_row", "a_position", "a_size", "begin_of_pass_1", "Top",
]
# fmt: on
#: Words of the language that a statement begins with.
WORDS = {"array", "as", "external", "if", "for", "while", "do", "else", "switch", "element"}


def schema(name):
    """Return a schema that uses a name for everything that has one."""
    other = f"{name}_other"
    return f"""
    root {name}
    clause 1 "Made up"
    status ours
    given {name}_given default 3 "given"
    define {name}_define({name}) = {name} + 1 "Return one more."
    constant {name}_constant = 2 "two"
    persistent syntax {name}() {{
        {name}                          u(8)
        for (i = 0; i < {name}; i++) {{
            a[i]                        u(3)
            {name}_list                 u(5)
            {other}({name}, {name}_out)
        }}
        if ({name} == {name}_given)
            {name}_after                u({name}_define(7))
        {name}_variable = {name} * {name}_constant
        array {name}_array[{name} + 1]
        {name}_array[0] = {name}_variable
        {name}_last                     u({name}_array[0] + 8)
    }}
    semantics {{
        {name}
            A number.
            range 0..200
            constraint {name} < 250 "too large"
        a
            Values.
        {name}_list
            Values.
        {name}_after
            After.
        {name}_last
            Last.
    }}
    syntax {other}({name}, result) {{
        inner                           u({name} + 8)
        result = inner
        {name}                          u(8)  as {name}_aliased
    }}
    semantics {{
        inner
            Inner.
            constraint inner < {name} "not below"
        {name}_aliased
            Aliased.
    }}
    """.replace(f"({name}, result)", "(width, result)").replace(f"u({name} + 8)", "u(width + 6)")


def reading(name):
    """Return a schema in which tables share a name, which is an enum's member elsewhere."""
    return f"""
    root top
    clause 1 "Made up"
    status ours
    enum Kind_ {{ {name}_member = 1 "one" }}
    syntax top() {{
        first()
        second({{}})
    }}
    syntax first() {{
        {name} u(8)
    }}
    semantics {{
        {name}
            Shared.
    }}
    syntax second(unused) {{
        value_ u({name} * {name}_member)
        flag u(8) Kind_
    }}
    semantics {{
        value_
            Value.
            absent 3
            range 0..{name}
        flag
            Flag.
    }}
    """.replace("{}", "5")


@pytest.fixture
def made(compile_both, analyse):
    """Return a function from files' names and texts to tables, draws and the analysis."""
    return lambda **texts: (*compile_both(**texts), analyse(**texts))


def holds(tables, draws, table):
    """Check that what is drawn of a table is parsed, built, checked."""
    syntax = tables.TABLES[table]
    done = 0
    for seed in range(10):
        drawer = draws.Drawer(draws.RandomSource(seed), unbounded=9)
        try:
            value = draws.TABLES[table](drawer, tables.Scope())
        except draws.RejectedError:
            continue
        data = drawer.to_bytes()
        assert syntax._parse(BitReader(data), tables.Scope(), "") == value
        writer = BitWriter()
        syntax._build(value, writer, tables.Scope(), "")
        assert writer.to_bytes() == data
        assert syntax.check(value) is not None
        assert all(hasattr(value, field) for field in value.fields)
        done += 1
    assert done > 3


@pytest.mark.parametrize("name", [name for name in NAMES if name not in WORDS])
def test_a_name_everywhere(made, name):
    tables, draws, analysis = made(**{name: schema(name)})
    root = name
    holds(tables, draws, root)
    assert docs.generate(analysis, {"title": "", "introduction": "", "statuses": {}})


@pytest.mark.parametrize("name", [name for name in NAMES if name not in WORDS and name != "Top"])
def test_a_shared_name(made, name):
    tables, draws, _ = made(**{f"{name}-file": reading(name)})
    holds(tables, draws, "top")
    table = tables.top.parse(b"\x08\xff\x01")
    assert table.second.value_ == 255


def test_a_name_is_kept_where_it_can_be(made):
    tables, _, _ = made(flac=reading("frame"))
    assert tables.First.fields == ("frame",)
    assert "frame" in tables.SHARED
    tables, _, _ = made(**{"9 lives!": reading("class")})
    assert tables.First.fields == ("class",)
    assert tables.top.parse(b"\x08\xff\x01").class_ == 8


def test_names_that_would_be_the_same(made):
    text = """
    root a_b clause 1 "Made up" status ours
    enum AB { A = 1 "a" }
    syntax a_b() {
        class u(8)
        class_ u(8)
        aB()
        AbC()
        ab_c()
    }
    semantics {
        class
            One.
        class_
            Two.
    }
    syntax aB() {
        x u(8) AB
    }
    semantics {
        x
            One.
    }
    syntax AbC() {
        y u(8)
    }
    semantics {
        y
            One.
    }
    syntax ab_c() {
        z u(8)
    }
    semantics {
        z
            One.
    }
    """
    tables, _, _ = made(a_b=text)
    table = tables.TABLES["a_b"] if "a_b" in tables.TABLES else tables.TABLES["a_b_"]
    value = table.parse(b"\1\2\3\4\5")
    assert [value.x, value.y, value.z] == [3, 4, 5]
    assert sorted(name.rstrip("_") for name in value.fields[:2]) == ["class", "class"]
    assert len(set(value.fields)) == 5
    assert table.build(value) == b"\1\2\3\4\5"


@pytest.mark.parametrize("name", ["index", "elements", "clauses", "values", "Index_"])
def test_a_page_of_a_table_is_no_index(analyse, name):
    pages = docs.generate(
        analyse(made=reading("frame").replace("top", name)),
        {"title": "", "introduction": "", "statuses": {}},
    )
    assert f"{name}_.md" in pages
    assert sum(page.endswith(".md") for page in pages) == 3 + 4
    assert f"({name}_.md)" in pages["index.md"]


@pytest.mark.parametrize("name", ["entry", "new", "number", "made", "range", "Scope", "Entry"])
def test_tables_are_told_by_their_own_names(made, name):
    """Whatever Python calls a table, paths and trees say what the schema does."""
    tables, draws, _ = made(
        made=f"""
        root top
        clause 1 "Made up"
        status ours
        syntax top() {{
            {name}()
            for (i = 0; i < 2; i++)
                {name}() as item
        }}
        syntax {name}() {{
            value u(8)
        }}
        semantics {{
            value
                A value.
        }}
        """
    )
    assert {"top", name} == set(tables.TABLES) == set(draws.TABLES)
    assert tables.TABLES[name].table == name
    assert tables.TABLES["top"].shapes["item"].called == name
    trace = []
    tables.TABLES["top"].read_from(BitReader(b"abc", trace=trace), tables.Scope())
    assert [entry.path for entry in trace] == ["value", "item[0].value", "item[1].value"]


def test_helpers_leave_names_to_tables(made):
    tables, _, _ = made(
        made="""
        root entry
        clause 1 "Made up"
        status ours
        syntax entry() {
            array number[2]
            number[0] = 1
            required()
        }
        syntax required() {
            new u(8)
        }
        semantics {
            new
                A value.
        }
        """
    )
    assert tables.entry.parse(b"a").required.new == 97
    assert tables.required.build(tables.Required(new=98)) == b"b"


def test_fields_are_told_by_their_own_names(made):
    """Python calls it class_, and everybody else class."""
    tables, draws, _ = made(
        made="""
        root top
        clause 1 "Made up"
        status ours
        syntax top() {
            lambda u(8)
            if (lambda > 1)
                class u(4)
            for (i = 0; i < lambda; i++)
                is[i] u(4)
            with() as from
        }
        semantics {
            lambda
                Meaning.
                range 0..3
            class
                Meaning.
                constraint class < 9 "too high"
            is
                Meaning.
        }
        syntax with() {
            pass u(4)
        }
        semantics {
            pass
                Meaning.
        }
        """
    )
    syntax = tables.TABLES["top"]
    assert syntax.table_type.fields == ("lambda", "class", "is", "from")
    assert list(syntax.elements) == ["lambda", "class", "is"]
    trace = []
    data = bytes([2, 0x91, 0x23])
    made_of = syntax.read_from(BitReader(data, trace=trace), tables.Scope())
    assert [one.path for one in trace] == ["lambda", "class", "is[0]", "is[1]", "from.pass"]
    assert made_of.class_ == getattr(made_of, "class") == 9
    assert syntax.write(made_of) == data
    assert [one.path for one in syntax.check(made_of)] == ["class"]
    setattr(made_of, "class", None)
    assert made_of.class_ is None
    with pytest.raises(BuildError, match="class: the element is missing"):
        syntax.write(made_of)
    assert getattr(syntax.table_type.default(**{"lambda": 3}), "lambda") == 3
    holds(tables, draws, "top")
