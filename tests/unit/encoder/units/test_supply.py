"""Which jobs are done together."""

import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import nnc
from nnc.encoder.units import supply
from nnc.encoder.units.supply import (
    BYTES_IN_TURN,
    MOST_IN_BUNDLE,
    bundles_of,
    in_place,
    turns_of,
)

MANY = 1 << 20


@pytest.fixture(autouse=True)
def together(monkeypatch):
    """Bundle on processors without lanes, too."""
    monkeypatch.setattr(supply, "writes_together", lambda: True)


def sizes(bundles):
    return [len(bundle) for bundle in bundles]


@pytest.mark.parametrize("threads", [1, 2, 7])
@pytest.mark.parametrize("count", [0, 1, 2, 59, 700])
def test_every_job_is_in_one_bundle(count, threads):
    generator = np.random.default_rng(count)
    needs = (10 ** generator.uniform(2, 8, count)).astype(int).tolist()
    alone = (generator.random(count) < 0.1).tolist()
    bundles = list(bundles_of(needs, alone, 160 << 20, threads))
    assert [one for bundle in bundles for one in bundle] == list(range(count))
    for bundle in bundles:
        assert len(bundle) <= MOST_IN_BUNDLE
        assert len(bundle) == 1 or not any(alone[one] for one in bundle)
        assert len(bundle) == 1 or sum(needs[one] for one in bundle) <= 100 << 20


def test_equal_jobs_are_in_equal_bundles():
    assert sizes(bundles_of(32 * [3 * MANY], 32 * [False], 100 * MANY, 1)) == [16, 16]
    assert sizes(bundles_of(32 * [MANY], 32 * [False], 100 * MANY, 1)) == [32]
    assert sizes(bundles_of(32 * [MANY], 32 * [False], 100 * MANY, 2)) == [16, 16]
    assert sizes(bundles_of(32 * [3 * MANY], 32 * [False], 100 * MANY, 3)) == [11, 11, 10]


def test_what_a_bundle_of_small_jobs_has_less_the_others_share():
    needs = [*(128 * [MANY // 16]), *(32 * [MANY])]
    assert sizes(bundles_of(needs, 160 * [False], 100 * MANY, 2)) == [128, 16, 16]


def test_large_jobs_are_done_alone():
    needs = [*(20 * [MANY]), 40 * MANY, *(20 * [MANY])]
    assert sizes(bundles_of(needs, 41 * [False], 100 * MANY, 1)) == [20, 1, 20]


def test_a_large_job_does_not_make_those_after_it_share_less():
    needs = [60 * MANY, *(40 * [MANY])]
    assert sizes(bundles_of(needs, 41 * [False], 50 * MANY, 2)) == [1, 25, 8, 7]


def test_without_lanes_small_jobs_are_done_together(monkeypatch):
    monkeypatch.setattr(supply, "writes_together", lambda: False)
    monkeypatch.setattr(supply, "encodes_small", lambda: True)
    assert sizes(bundles_of([9, 9, MANY, MANY, 9, 9], 6 * [False], MANY, 1)) == [2, 1, 1, 2]


def test_without_a_compiler_all_are_done_alone(monkeypatch):
    monkeypatch.setattr(supply, "writes_together", lambda: False)
    monkeypatch.setattr(supply, "encodes_small", lambda: False)
    assert sizes(bundles_of([9, 9, 9], 3 * [False], MANY, 1)) == [1, 1, 1]


@pytest.mark.parametrize(("length", "is_handed_out"), [(4, False), (40, True)])
def test_bundles_of_tiny_tensors_are_not_handed_to_threads(monkeypatch, length, is_handed_out):
    workers = set()

    def observed(jobs, real=supply.observed_jobs):
        workers.add(threading.get_ident())
        return real(jobs)

    monkeypatch.setattr(supply, "observed_jobs", observed)
    tensors = {f"t{number}": np.eye(length, dtype="f4") for number in range(300)}
    nnc.encode(tensors, threads=2, qp=-20)
    assert (workers != {threading.get_ident()}) == is_handed_out


def test_large_jobs_are_done_first():
    assert turns_of([]) == []
    assert turns_of([3, 1, 4, 1, 5]) == [4, 2, 0, 1, 3]


def test_large_jobs_are_done_first_of_those_near_by():
    half = BYTES_IN_TURN // 2
    assert turns_of([1, half, 2, half, 3, 4]) == [1, 2, 0, 3, 5, 4]
    assert turns_of([1, 3 * half, 2, half]) == [0, 1, 3, 2]
    assert turns_of([1, 2, 3, 4], memory=3) == [1, 0, 2, 3]


def test_without_lanes_jobs_are_done_in_their_order(monkeypatch):
    monkeypatch.setattr(supply, "writes_together", lambda: False)
    assert turns_of([3, 1, 4]) == [0, 1, 2]


def test_what_comes_of_jobs_is_in_their_order_and_held_no_longer():
    taken = []

    def done():
        for name in "cabd":
            taken.append(name)
            yield name

    found = in_place([2, 0, 1, 3], done())
    assert next(found) == "a"
    assert taken == ["c", "a"]
    assert [next(found), next(found)] == ["b", "c"]
    assert taken == ["c", "a", "b"]
    assert list(found) == ["d"]


@pytest.mark.parametrize("threads", [1, 2])
def test_units_are_in_the_order_of_the_tensors(threads):
    generator = np.random.default_rng(5)
    tensors = {
        f"t{number}": generator.normal(0, 0.1, (int(rows), 7)).astype("f4")
        for number, rows in enumerate(generator.integers(1, 2000, 40))
    }
    bitstream = nnc.Bitstream.parse(nnc.encode(tensors, threads=threads))
    assert [name for unit in bitstream.units for name in unit.names] == list(tensors)


@pytest.mark.parametrize("is_ours", [True, False])
def test_only_threads_of_ours_do_large_tensors_first(monkeypatch, is_ours):
    begun = []

    def observed(jobs, real=supply.observed_jobs):
        begun.extend(name for job in jobs for name in job.names)
        return real(jobs)

    monkeypatch.setattr(supply, "observed_jobs", observed)
    tensors = {f"t{rows}": np.ones((rows, 64), "f4") for rows in (40, 90, 60)}
    with ThreadPoolExecutor(1) as executor:
        nnc.encode(tensors, qp=-20, **({"threads": 1} if is_ours else {"executor": executor}))
    assert begun == (["t90", "t60", "t40"] if is_ours else list(tensors))
