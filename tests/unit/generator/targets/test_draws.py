"""What is drawn is accepted nearly always, and shrinks to the smallest example."""

import sys

import pytest
from hypothesis import find, settings

import nnc.fuzzing.strategies as nnc_strategies
import nnc.syntax as nnc_syntax
from nnc.bitio import BitReader
from tests.second_format import strategies, syntax
from tests.unit.generator.targets.test_computed import CHUNK

HEAD = 'root top clause 1 "Made up" status ours semantics optional\n'

#: Draws of each table, and how many of them have to be accepted.
DRAWS, LEAST = 100, 90

#: Tables of NNC that set what others read, in the order of a bitstream.
SETTING = (
    "nnr_start_unit_header",
    "nnr_start_unit_payload",
    "nnr_model_parameter_set_unit_header",
    "nnr_model_parameter_set_unit_payload",
    "nnr_layer_parameter_set_unit_header",
    "nnr_topology_unit_header",
    "nnr_compressed_data_unit_header",
    "nnr_aggregate_unit_header",
)

#: What only a decoder knows of them.
GIVEN = {
    "out_of_band_tensor_dimensions": [2, 3],
    "out_of_band_cabac_unary_length_minus1": 1,
    "decomposed_tensor_role": 0,
}

#: Their sizes have to be those of what hand-written code makes: `nnc.fuzzing.streams` does.
BY_HAND = {"nnr_unit", "nnr_aggregate_unit_payload", "nnr_unit_payload"}


def drawn(draws, scope, table, seed):
    """Draw a table; return its bytes, or None where it is rejected."""
    drawer = draws.Drawer(draws.RandomSource(seed))
    try:
        draws.TABLES[table](drawer, scope)
    except draws.RejectedError:
        return None
    return drawer.to_bytes()


@pytest.mark.parametrize("table", sorted(syntax.TABLES))
def test_acceptance_of_the_second_format(table):
    accepted = 0
    for seed in range(DRAWS):
        data = drawn(strategies, syntax.Scope(), table, f"{table}{seed}")
        if data is not None:
            syntax.TABLES[table].read(data, syntax.Scope(), enforcement="strict")
            accepted += 1
    assert accepted >= LEAST


@pytest.mark.parametrize("table", sorted(set(nnc_syntax.TABLES) - BY_HAND))
def test_acceptance_of_nnc(table):
    accepted = 0
    for seed in range(DRAWS):
        scope = nnc_syntax.Scope.from_context(GIVEN)
        for name in SETTING:
            assert drawn(nnc_strategies, scope, name, f"{name}{seed}") is not None
        for name in nnc_syntax.Scope.parameters:
            setattr(scope, name, seed % 3 + 1)
        if table == "topology_tensor_dimension_mapping":
            scope.count_topology_elements_minus2 = seed % 3
        before = scope.copy()
        data = drawn(nnc_strategies, scope, table, f"{table}{seed}")
        if data is not None:
            nnc_syntax.TABLES[table]._parse(BitReader(data), before, "")
            accepted += 1
    assert accepted >= LEAST


TO_THE_END = """
syntax top() { while (more_data()) box() }
syntax box() extent size == 0 ? 8 + remaining() : 8 * size {
    size u(8)
    if (more_data())
        a u(8)
    if (more_data())
        b u(8)
    while (more_data())
        c u(8)
}
semantics {
    size
        Bytes, this one too.
        range 0..4
}
"""


def test_nothing_comes_after_the_end_of_the_data(compile_both):
    tables, draws = compile_both(HEAD + TO_THE_END)
    for seed in range(DRAWS):
        drawer = draws.Drawer(draws.RandomSource(seed))
        made = draws.TABLES["top"](drawer, tables.Scope())
        assert tables.top.read(drawer.to_bytes()) == made


ABOVE = """
syntax top() { size u(8) inside(size) }
semantics {
    size
        Bytes of what follows.
}
syntax inside(count) extent 8 * count { n u(4) kind u(4) for (i = 0; i < n; i++) a[i] u(16) }
"""


def test_a_size_above_its_table_is_settled(compile_both):
    tables, draws = compile_both(HEAD + ABOVE)
    for seed in range(DRAWS):
        source = draws.RandomSource(seed)
        # Nothing is drawn anew for a source that learns.
        source.learns = True
        drawer = draws.Drawer(source)
        made = draws.TABLES["top"](drawer, tables.Scope())
        assert made.size == 1 + 2 * len(made.inside.a)


PRODUCTS = """
syntax top() {
    n u(24)
    m u(24)
    if (n & 1)
        for (i = 0; i < n * m; i++) a[i] flt(32)
    else
        for (i = 0; i < n * m; i++) { b[i] u(9) c[i] u(16) }
}
"""


def test_no_product_of_sizes_takes_all_memory(compile_both, monkeypatch):
    tables, draws = compile_both(HEAD + PRODUCTS)
    monkeypatch.setattr(sys.modules[draws.Drawer.__module__], "MOST_BITS", 1 << 16)
    for parity in range(2):
        drawer = draws.Drawer(draws.RandomSource(1), fixed={"n": 1 << 23 | parity, "m": 1 << 23})
        with pytest.raises(draws.RejectedError):
            drawer.again(draws.TABLES["top"], tables.Scope())
        assert drawer.position < 1 << 17


LITTLE = """
syntax top() {
    size ule(16) = sizeof(body)
    body()
}
syntax body() { while (more_data()) a u(8) }
"""


def test_computed_elements_of_any_coding(compile_both):
    tables, draws = compile_both(HEAD + LITTLE)
    for seed in range(DRAWS):
        drawer = draws.Drawer(draws.RandomSource(seed))
        made = draws.TABLES["top"](drawer, tables.Scope())
        assert made.size == len(made.body.a)
        assert tables.top.read(drawer.to_bytes()) == made


INDICES = """
state seen[4] = 0 "What was seen."
constant bits[] = {1, 2, 3} "widths"
syntax top() { for (i = 0; i < 3; i++) middle(i) }
syntax middle(k) { part(k) }
syntax part(n) { a u(bits[n]) seen[n] = a }
"""


def test_parameters_are_indices_within_their_arrays(compile_both):
    _, draws = compile_both(HEAD + INDICES)
    assert draws.PARAMETERS["middle"]["k"].high == 2
    assert draws.PARAMETERS["part"]["n"].high == 2


def test_a_planted_bug_shrinks_to_the_smallest_example(compile_both):
    tables, draws = compile_both(CHUNK)

    def draw(source):
        drawer = draws.Drawer(source)
        table = draws.TABLES["top"](drawer, tables.Scope())
        return table, drawer.to_bytes()

    def is_struck(example):
        """Fail as a parser would that can't tell items from 5 up."""
        return any(item >= 5 for item in example[0].chunk.items)

    table, data = find(draws.strategy(draw), is_struck, settings=settings(max_examples=500))
    assert (table.magic, table.chunk.kind, table.chunk.body.text) == (0, 0, "")
    assert list(table.chunk.items) == [5]
    assert list(table.second.items) == []
    wanted = tables.Top(
        magic=0,
        chunk=tables.Chunk(kind=0, body=tables.Body(text=""), items=[5]),
        second=tables.Chunk(kind=0, body=tables.Body(text=""), items=[]),
    )
    assert data == tables.top.write(wanted)


def test_a_planted_bug_in_the_second_format():
    def draw(source):
        drawer = strategies.Drawer(source, fixed={"nal_unit_type": 7})
        return strategies.TABLES["nal_unit"](drawer, syntax.Scope())

    def is_struck(unit):
        """Fail where frames are cropped by more than 2 on the left."""
        return (unit.seq_parameter_set_data.frame_crop_left_offset or 0) > 2

    smallest = find(strategies.strategy(draw), is_struck, settings=settings(max_examples=3000))
    found = smallest.seq_parameter_set_data
    assert found.frame_crop_left_offset == 3
    assert found.frame_crop_right_offset == found.frame_crop_top_offset == 0
    assert (found.profile_idc, found.level_idc, found.pic_width_in_mbs_minus1) == (0, 9, 0)
