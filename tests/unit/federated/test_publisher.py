"""A server and nodes without an engine: who missed what gets that, or the whole."""

import numpy as np
import pytest

import nnc
from nnc.federated.node import Node, followed
from nnc.federated.publisher import Publisher


def model(seed):
    random = np.random.default_rng(seed)
    return {"w": random.normal(0, 0.1, (30, 40)).astype("f4"), "steps": np.array(seed, "i8")}


def near(seed):
    random = np.random.default_rng(seed)
    changed = model(0)["w"] + random.normal(0, 0.01, (30, 40)).astype("f4")
    return {"w": changed, "steps": np.array(seed, "i8")}


def caught_up(publisher, decoder, at):
    bitstreams, first, is_base = publisher.bitstreams_from(at)
    decoder, at = followed(decoder, at, bitstreams, first, is_base=is_base)
    assert at == publisher.version
    for name, values in publisher.tensors().items():
        assert decoder.tensors(0)[name].tobytes() == values.tobytes()
    return decoder, at


def test_nodes_follow_whatever_they_missed():
    publisher = Publisher()
    publisher.publish(model(0))
    early, at = caught_up(publisher, nnc.Decoder(slim=True), 0)
    for seed in range(1, 4):
        publisher.publish(near(seed))
    assert [len(publisher.bitstreams_from(known)[0]) for known in (1, 2, 3, 4)] in (
        [3, 2, 1, 0], [1, 2, 1, 0], [1, 1, 1, 0],
    )  # fmt: skip
    early, at = caught_up(publisher, early, at)
    late, _ = caught_up(publisher, nnc.Decoder(slim=True), 0)
    assert late.tensors(0)["steps"] == 3
    # What a node has already is skipped.
    publisher.publish(near(5))
    again = publisher.bitstreams_from(publisher.version - 1)
    _, version = followed(early.copy(), publisher.version, again[0], again[1], is_base=False)
    assert version == publisher.version


def test_updates_come_back_to_what_the_server_has():
    publisher, node = Publisher(), Node(["w"])
    publisher.publish(model(0))
    decoder, at = caught_up(publisher, nnc.Decoder(slim=True), 0)
    decoder.rebase()
    data, _ = node.update(decoder.state, near(7))
    learned = publisher.learned(publisher.session, at, data)
    np.testing.assert_allclose(learned["w"], near(7)["w"], atol=0.05)
    assert learned["steps"] == 0
    for session, version in (("other", at), (publisher.session, 9)):
        with pytest.raises(nnc.InvalidError, match="another session"):
            publisher.learned(session, version, data)
    publisher.publish(near(8))
    with pytest.raises(nnc.InvalidError, match="the server is at 2"):
        publisher.learned(publisher.session, 1, data)


def test_old_updates_are_forgotten():
    publisher = Publisher(qp=-60, nonweight_qp=-60)
    for seed in range(8):
        publisher.publish(model(seed))
    assert min(publisher.updates) > 2
    bitstreams, first, is_base = publisher.bitstreams_from(1)
    assert (len(bitstreams), first, is_base) == (1, 8, True)
