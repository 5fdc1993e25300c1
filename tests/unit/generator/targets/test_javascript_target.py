"""The JavaScript target: all of the language, read as Python reads it."""

import random
import shutil
import zlib

import pytest
from click.testing import CliRunner

from nnc.bitio.transforms import Transform
from nnc.cli.main import nnc
from nnc.engine.format import Format
from tests.javascript.reader import compare, made, node

HEAD = 'root top\nclause 1 "Made up"\nstatus ours\nsemantics optional\n'

NUMBERS = """
constant LEVELS[2][] = {{1, 2, 0x1FFFFFFFFFFFFF}, {3, 0x20000000000000, 5}} "rows"
define twice(x) = 2 * x "Return twice x."
define max(x) = x + 1 "Return more."
enum Kind { NEW = 1 "new" 2..7 reserved }
flags Tools { A = 1 "a" B = 2 "b" }
syntax top() {
    class u(3) Kind
    function u(5) Tools
    new u(64)
    var u(53)
    delete u(54)
    wide i(100)
    narrow i(7)
    a ule(24)
    b ile(64)
    this ue(3)
    c ie(2)
    d te(1)
    e te(7)
    f tu(5)
    g rice(2)
    h leb128()
    j uvlc()
    k ns(5)
    l u(1 + (narrow & 3))
    padding(8, any)
    m flt(16)
    n flt(32)
    o flt(64)
    p st(v)
    q fourcc()
    r st(2)
    t bs(3)
    sum = new + var * delete - (wide >> 3)
    other = (sum ^ (b | a)) & ~(new << 2)
    more = Abs(wide) / 3 + wide % 7 + twice(this) + max(c) + Sign(c) + Clip3(0, 9, c)
    level = LEVELS[d][e % 3] + Min(a, b) + Max(a, b) + Ceil(Log2(a + 1))
    if (sum > 0 && other != 5 || !d)
        v u(8)
    else
        w u(16)
    for (i = 0; i < 3; i++)
        x[i] flt(32)
    for (i = 0; i < 2; i++)
        y[i] u(61)
    for (i = 2; i >= 0; i--)
        falling u(2)
    for (i = 0; i < 3; i++)
        for (z = 0; z < i; z++)
            grid[i][z] u(2)
    byte_alignment()
}
semantics {
    class
        Kind.
        range 1..1
        constraint class < l "class is not below l"
    sum
        A variable that is kept.
    other
        Another one.
    more
        Another one.
    level
        Another one.
    x
        Numbers.
}
"""

STRUCTURE = """
framing repeat
given depth default 2 "how deep"
given unknown default none "nobody knows"
state seen[2][3] = 1 "what was seen"
state counter = 0 "how many"
syntax top() extent 8 * (size + 1) {
    size u(8)
    kind u(2)
    id u(2)
    counter++
    seen[counter % 2][id % 3] += kind
    switch (kind) {
        case 0: set()
        case 1, 2: use()
        default: walk(id, seen[1][2], Found, List)
    }
    if (kind == 3 && Found > 2)
        last u(List[1] & 7)
    if (kind == 2)
        secret u(unknown + depth)
}
persistent syntax set() key number {
    number u(2)
    n u(2)
    width u(3)
    for (i = 0; i < n; i++)
        sizes[i] u(width)
}
syntax use() {
    which u(2)
    value u(width + (n ? sizes[0] : 0))
}
semantics {
    which
        Selects.
        selects set
}
syntax walk(number, start, found, list) {
    array count[4]
    array square[2][number + 1]
    found = start
    do {
        more u(1)
        count[number & 3] += 1
        square[1][number] = count[number & 3]
        found += more
        marks()
    } while (more && more_data())
    for (i = 0; i < 3; i++) {
        list[i] = found * square[1][number]
    }
    while (more_rbsp_data())
        rest u(3)
    while (!byte_aligned())
        zero f(1, 0)
}
syntax marks() {
    if (next_bits(2) == 3)
        mark u(2)
}
semantics {
    mark
        Marks.
        absent 0
        constraint mark == 3 "mark isn't 3"
}
"""

COMPUTED = """
framing sized(ule(16))
syntax top() {
    count u(8) = count(items)
    total u(16) = sizeof(items, inside) + 1
    sum8 u(8) = crc8(top, here)
    sum16 u(16) = crc16(items)
    sum32 u(32) = crc32(inside)
    own u(24) = crc(24, 0x864CFB, 0xB704CE, 0, 0, items)
    large u(64) = crc(64, 0x42F0E1EBA9EA3693, 0xFFFFFFFFFFFFFFFF, 1, 0xFFFFFFFFFFFFFFFF, items)
    digest u(128) = md5(items)
    for (i = 0; i < count; i++)
        items[i] u(16)
    how u(8)
    if (how == 0)
        inside()
    else if (how == 1)
        packed()
    else
        turned()
}
syntax inside() transform emulation_prevention {
    a u(32)
    b u(8) = sizeof(top)
    rest bs(v)
}
syntax packed() transform zlib {
    a u(16)
    flag u(3)
}
syntax turned() transform hook backwards {
    inner()
}
syntax inner() byte_order little {
    c u(16)
    again u(8) = sizeof(top) - 3
    d bs(remaining() / 8)
}
"""

SCHEMAS = {"numbers": NUMBERS, "structure": STRUCTURE, "computed": COMPUTED}


def streams(form, seed):
    """Return data: random ones, those that the schema draws, and these damaged."""
    source = random.Random(seed)
    found = [source.randbytes(source.randrange(200)) for _ in range(20)]
    found += [bytes(source.choices((0, 1, 2, 3, 128, 255), k=60)) for _ in range(8)]
    for number in range(8):
        data = bytearray(form.draw(f"{seed} {number}", unknown=3).data if form.name == "structure"
                         else form.draw(f"{seed} {number}").data)  # fmt: skip
        found.append(bytes(data))
        if data:
            data[source.randrange(len(data))] ^= 1 << source.randrange(8)
        found.append(bytes(data))
    return found


@pytest.mark.parametrize("name", SCHEMAS)
def test_the_language(tmp_path, name):
    node()
    schema = tmp_path / name
    schema.mkdir()
    (schema / "made.syntax").write_text(HEAD + SCHEMAS[name], "utf-8")
    backwards = Transform(lambda data, _: data[::-1], lambda data: data[::-1])
    form = Format.load(schema, transforms={"backwards": backwards} if name == "computed" else {})
    module = made(schema, tmp_path / "made")
    assert compare(form, module, streams(form, name), tmp_path, backwards=True)


def packed(folder):
    """Return a format that is a zlib stream of a byte and others, and its reader."""
    schema = folder / "packed"
    schema.mkdir()
    text = "syntax top() transform zlib { a u(8) b bs(v) }"
    (schema / "made.syntax").write_text(HEAD + text, "utf-8")
    return Format.load(schema), made(schema, folder / "made")


def test_zlib(tmp_path):
    node()
    source = random.Random(0)
    plain = [b"", b"a", b"abc" * 5000, bytes(source.choices(b"abcd", k=3000))]
    data = [zlib.compress(each, level) for each in plain for level in (0, 1, 9)]
    data += [each[:-1] for each in data] + [each + b"\0" for each in data]
    for _ in range(30):
        damaged = bytearray(source.choice(data))
        damaged[source.randrange(len(damaged))] ^= 1 << source.randrange(8)
        data.append(bytes(damaged))
    assert compare(*packed(tmp_path), data, tmp_path)


@pytest.mark.slow
def test_large_zlib_streams(tmp_path):
    node()
    plain = [random.Random(0).randbytes(700_000), bytes(1 << 24), bytes((1 << 24) + 1)]
    assert compare(*packed(tmp_path), map(zlib.compress, plain), tmp_path) == 1


@pytest.mark.slow
def test_many_sizes_that_wait_for_the_end_of_a_table(tmp_path):
    node()
    schema = tmp_path / "waiting"
    schema.mkdir()
    text = "syntax top() { group() group() } syntax group() { while (next_bits(8) == 0) item() }"
    text += " syntax item() { size u(8) = sizeof(top) % 1 around u(8) = sizeof(group) % 1 }"
    (schema / "made.syntax").write_text(HEAD + text, "utf-8")
    form, data = Format.load(schema), bytes(150_000)
    assert compare(form, made(schema, tmp_path / "made"), [data], tmp_path) == 0


def test_a_reader_by_command(tmp_path):
    module = tmp_path / "player"
    done = CliRunner().invoke(
        nnc, ["schema", "build", "flac", "--target", "javascript", "-o", str(module)]
    )
    assert done.exit_code == 0, done.output
    assert {path.name for path in module.iterdir()} == {"schema.js", "runtime.js"}
    assert 'from "./runtime.js"' in (module / "schema.js").read_text("utf-8")
    words = ["schema", "diff", "flac", "--target", "javascript", "-o", str(module)]
    assert CliRunner().invoke(nnc, words).output == ""


def test_node_may_be_missing(monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(pytest.skip.Exception, match="node isn't installed"):
        node()
