"""Finding records that begin alike, compiled and as plain Python."""

import importlib.util
import random

import pytest

from nnc.bitio import runs

SHORT = runs.RecordPattern(2, 15, 0, b"AB", b"\x00z")
LONG = runs.RecordPattern(4, 31, 1, b"AB", b"\x00z")
OTHER = runs.RecordPattern(2, 15, 0, b"A", b"")
PATTERNS = [SHORT, LONG, OTHER]


def plain():
    """Return the module as it is without a compiler."""
    path = runs.__file__.partition("runs.")[0] + "runs.py"
    spec = importlib.util.spec_from_file_location("plain_runs", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(params=["installed", "plain"])
def matcher(request):
    return (runs if request.param == "installed" else plain()).RunMatcher()


def record(pattern, text, payload=b""):
    rest = pattern.before + text.encode() + b"\0" + pattern.after + payload
    size = pattern.width + len(rest)
    return (pattern.fixed << pattern.size_bits | size).to_bytes(pattern.width, "big") + rest


def read(data, start, end, patterns):
    """Return what a run should be, worked out in a simpler way."""
    found = []
    while True:
        for number, pattern in enumerate(patterns):
            width = pattern.width
            field = int.from_bytes(data[start : start + width], "big")
            stop = start + (field & ((1 << pattern.size_bits) - 1))
            inside = bytes(data[start + width : stop])
            text, zero, rest = inside[len(pattern.before) :].partition(b"\0")
            if (
                start + width <= end
                and start < stop <= end
                and field >> pattern.size_bits == pattern.fixed
                and inside.startswith(pattern.before)
                and zero
                and rest.startswith(pattern.after)
            ):
                try:
                    told = text.decode()
                except UnicodeDecodeError:
                    return found
                begin = start + width + len(pattern.before) + len(text) + 1 + len(pattern.after)
                found.append((number, told, begin, stop))
                start = stop
                break
        else:
            return found


def test_a_run_ends_before_what_is_unknown(matcher):
    for pattern in PATTERNS[:2]:
        matcher.add(pattern)
    pieces = [record(SHORT, "a", b"123"), record(LONG, "\u00e4"), record(SHORT, "", b"4")]
    data = b"#" + b"".join(pieces) + record(OTHER, "b") + pieces[0]
    found = [tuple(one) for one in matcher.run(memoryview(data), 1, len(data))]
    places = [1 + sum(map(len, pieces[: number + 1])) for number in range(3)]
    assert [one[:2] for one in found] == [(0, "a"), (1, "\u00e4"), (0, "")]
    assert [one[3] for one in found] == places
    assert [data[one[2] : one[3]] for one in found] == [b"123", b"", b"4"]


def test_nothing_is_found_without_a_pattern(matcher):
    data = record(SHORT, "a")
    assert matcher.run(memoryview(data), 0, len(data)) == []


@pytest.mark.parametrize("wrong", [b"\0\0", b"\0\1", b"\0\7", b"\x7f\xff", b"\x80\x0b", b"\0"])
def test_sizes_that_can_not_be_end_a_run(matcher, wrong):
    matcher.add(SHORT)
    good = record(SHORT, "name")
    data = good + wrong + good[len(wrong) :] if len(wrong) > 1 else good + wrong
    assert len(matcher.run(memoryview(data), 0, len(data))) == 1


def test_random_records_are_found_as_they_are(matcher):
    source = random.Random(3)
    for pattern in PATTERNS:
        matcher.add(pattern)
    longest = 0
    for _ in range(600):
        pieces = [
            record(source.choice(PATTERNS), source.choice(["", "a", "\u20ac", "xyz"]), bytes(n % 5))
            for n in range(source.randint(1, 9))
        ]
        data = bytearray(b"".join(pieces))
        if source.random() < 0.6:
            data[source.randrange(len(data))] = source.choice((0, 1, 65, 66, 128, 255))
        end = source.choice((len(data), source.randint(0, len(data))))
        found = [tuple(one) for one in matcher.run(memoryview(bytes(data)), 0, end)]
        expected = read(data, 0, end, PATTERNS)
        # Where a record is of two patterns, either will do.
        assert [one[3] for one in found] == [one[3] for one in expected]
        longest = max(longest, len(found))
    assert longest > 5
