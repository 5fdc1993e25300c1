"""Variables of NNEF graphs, against the format's own parser where that can be trusted."""

import contextlib

import pytest

from nnc import InputError
from nnc.formats.nnef_graph import GraphReader

EXTENSIONS = """extension KHR_enable_fragment_definitions, KHR_enable_operator_expressions;
fragment twice( x: tensor<scalar>, factor: scalar = 2.0 ) -> ( y: tensor<scalar> )
{
    y = x * factor; # variable(
}
"""
HEAD = "version 1.0;\n"
BODY = "graph n( x, z ) -> ( y )\n{{ x = external<scalar>(shape = [1, 3]); {}; y = relu(x); }}\n"


def read(text):
    return list(GraphReader(text, "m: graph.nnef").variables())


@pytest.mark.parametrize("head", ["", EXTENSIONS], ids=["flat", "compositional"])
@pytest.mark.parametrize(
    ("statement", "wanted"),
    [
        ("a = variable<scalar>(shape = [1, 3], label = 'b')", [("b", [1, 3])]),
        ('a = variable(label = "b/c.d", shape = [])', [("b/c.d", [])]),
        ("a = variable<integer>(shape=[007],label='a#b\"')", [('a#b"', [7])]),
        ("# variable(shape = [1], label = 'c')\r\n a = relu(x)", []),
        ("variable = relu(x)", []),
        ("variable = variable<logical>(shape = [1], label = 'ä\n\\')", [("ä\n\\", [1])]),
        ("a = variable(shape = [1], label = 'c'); b = variable(shape = [2], label = 'd')",
         [("c", [1]), ("d", [2])]),
        ("a = conv(x, x, 1e-3, padding = [(0, 0), (-1, 0)], border = 'variable(')", []),
    ],
)  # fmt: skip
def test_variables(head, statement, wanted):
    assert read(HEAD + head + BODY.format(statement)) == wanted


@pytest.mark.parametrize(
    ("statement", "wanted"),
    [
        ("y = x + variable<scalar>(shape = [1], label = 'c')", [("c", [1])]),
        ("[a, b] = [variable(shape = [1], label = 'c'), variable(shape = [2], label = 'd')]",
         [("c", [1]), ("d", [2])]),
    ],
)  # fmt: skip
def test_variables_inside_expressions(statement, wanted):
    assert read(HEAD + EXTENSIONS + BODY.format(statement)) == wanted


def test_the_same_as_the_parser_of_the_format():
    nnef = pytest.importorskip("nnef")
    text = HEAD + EXTENSIONS + BODY.replace("x, z", "x").format(
        "a = variable(shape = [1, 3], label = 'b'); [d] = [variable(shape = [], label = \"e'f\")]"
    )  # fmt: skip
    theirs = [
        (one.attribs["label"], one.attribs["shape"])
        for one in nnef.parse_string(text).operations
        if one.name == "variable"
    ]
    assert read(text) == theirs


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ("a = variable(shape = [1, 1 + 2], label = 'c')", "expressions are not evaluated"),
        ("a = variable(shape = [2] * 2, label = 'c')", "expressions are not evaluated"),
        (
            "a = variable(shape = [1], label = 'c' + 'd')",
            "line 3: ',' or '\\)' expected, but found '\\+'; expr",
        ),
        ("a = variable(shape = [1], label = c)", "a label in quotes expected, but found 'c'"),
        ("a = variable(shape = [-1], label = 'c')", "a dimension expected, but found '-'"),
        ("a = variable(shape = [1.5], label = 'c')", "a dimension expected, but found '1.5'"),
        ("a = variable(shape = [٣], label = 'c')", "a dimension"),
        (f"a = variable(shape = [{'9' * 20}], label = 'c')", "a dimension"),
        (f"a = variable(shape = [{'9' * 5000}], label = 'c')", "a dimension"),
        ("a = variable(shape = [1 2], label = 'c')", "',' or ']' expected, but found '2'"),
        ("a = variable(shape = [1,], label = 'c')", "a dimension expected, but found ']'"),
        ("a = variable(shape = [1])", "shape and label"),
        ("a = variable([1], 'c')", "'shape' or 'label' expected"),
        ("a = variable<double>(shape = [1], label = 'c')", "'integer' or 'scalar'"),
        ("a = relu(x]", r"'\)' expected, but found '\]'"),
        ("a = relu(x", r"'\)' expected, but found '}'"),
        ("a = variable(shape = [1], label = 'c)", 'a label in quotes expected, but found "\'"'),
        ("}", "line 3: the end expected, but found ';'"),
    ],
)
def test_what_is_no_graph(statement, message):
    with pytest.raises(InputError, match=message):
        read(HEAD + BODY.format(statement))


def test_variables_inside_fragments():
    """NNEF doesn't allow them; passed over, they would be missing."""
    text = HEAD + EXTENSIONS.replace("y = x", "y = variable(shape = [1], label = 'c')")
    with pytest.raises(InputError, match="no variable inside a fragment"):
        read(text + BODY.format("a = relu(x)"))


def test_any_part_of_a_graph():
    """Whatever is missing or wrong, it is an error, and none that ends the process."""
    text = HEAD + EXTENSIONS + BODY.format("a = variable(shape = [1, 3], label = 'b')")
    for place in range(len(text.rstrip())):
        with pytest.raises(InputError, match=r"graph\.nnef can't be read: line \d+: "):
            read(text[:place])
        for other in "'([{<;}":
            with contextlib.suppress(InputError):
                read(text[:place] + other + text[place + 1 :])


def test_damage_on_which_a_parser_has_crashed():
    text = """version 1.0;
graph n(x) -> (y)
{
    x = external<scalar>(shape = [1, 3]);
    w(sh[variablescalar>(shape = [12 3]), label= ['a';
    wy= [linear(x, w;
 }"""
    with pytest.raises(InputError, match=r"line 7: '\)' expected, but found '}'"):
        read(text)
