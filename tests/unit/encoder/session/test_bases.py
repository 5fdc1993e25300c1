"""Bases for late joiners, parents, feedback and copies, as federated learning needs them."""

import numpy as np
import pytest

import nnc
from tests.unit.encoder.session.test_session import model, same, trained

FINE = {"qp": -28, "nonweight_qp": -28, "effort": 0}


def server(turns=3, **options):
    """A session that encoded a model and updates of it."""
    encoder = nnc.Encoder(**FINE, **{"history": False, **options})
    tensors = model()
    for turn in range(turns):
        tensors = trained(tensors, turn) if turn else tensors
        encoder.encode(tensors)
    return encoder, tensors


@pytest.mark.parametrize("options", [{}, {"slim": True}, {"temporal_contexts": False}])
def test_who_joins_late_has_what_the_others_have(options):
    encoder, tensors = server(**options)
    early, late = encoder.decoder.copy(), nnc.Decoder()
    late.decode(encoder.encode_base())
    for key, values in encoder.decoder.state.values.items():
        assert late.state.values[key].tobytes() == values.tobytes() or key[0] != 0
    for turn in range(5, 8):
        tensors = trained(tensors, turn)
        update = encoder.encode(tensors)
        same(early.decode(update), late.decode(update))
        same(late.tensors(), encoder.decoder.tensors())


def test_a_base_is_far_smaller_than_the_floats():
    encoder, _ = server()
    size = sum(values.nbytes for values in encoder.decoder.tensors().values())
    assert len(encoder.encode_base()) < size / 2


@pytest.mark.parametrize(
    "options", [{"history": True}, {"predictive": True}, {"parents": "sha256"}]
)
def test_a_base_that_nobody_could_follow_from_is_refused(options):
    encoder, _ = server(**options)
    with pytest.raises(nnc.InputError, match="join late"):
        encoder.encode_base()
    with pytest.raises(nnc.InputError, match="no model yet"):
        nnc.Encoder().encode_base()


@pytest.mark.parametrize("parent", ["received", "auto"])
def test_updates_of_the_model_received_follow_on_a_server_that_starts_anew(parent):
    encoder, tensors = server()
    inbox = encoder.decoder.copy()
    device = nnc.Encoder(device_id=3, parent=parent, **FINE)
    device.decoder.state = inbox.state.copy()
    for turn in range(3):
        if parent == "received":
            inbox.rebase()
        up = device.encode(trained(tensors, 20 + turn))
        same(inbox.copy().decode(up) if parent == "received" else inbox.decode(up),
             device.decoder.tensors(3))  # fmt: skip
        tensors = trained(tensors, 30 + turn)
        down = encoder.encode(tensors)
        device.receive(down)
        inbox.decode(down)
        same(inbox.tensors(0), device.decoder.tensors(0))


@pytest.mark.parametrize("base", [None, {"given": True}])
def test_updates_of_the_model_received_with_contexts_of_the_own_one(base):
    """As NNCodec has it: the values start anew with each model, levels and nodes go on."""
    change = {name: 0.02 * (np.indices(one.shape).sum(0) % 3 == 0).astype("f4")
              for name, one in model().items() if one.dtype == np.float32}  # fmt: skip
    sizes = {}
    for parent in ("received", "mixed"):
        encoder = nnc.Encoder(model() if base else None, **FINE)
        inbox, device = (nnc.Decoder(model() if base else None) for _ in range(2))
        member = nnc.Encoder(device_id=3, parent=parent, **FINE)
        member.decoder = device
        tensors, sizes[parent] = model(), 0
        for turn in range(6):
            tensors = trained(tensors, turn)
            down = encoder.encode(tensors)
            member.receive(down)
            inbox.decode(down)
            received = member.decoder.tensors(0)
            learned = {name: values + change[name] if name in change else values
                       for name, values in received.items()}  # fmt: skip
            up = member.encode(learned)
            if parent == "mixed":
                inbox.restart(3)
                arrived = inbox.decode(up)
            else:
                copied = inbox.copy()
                copied.rebase()
                arrived = copied.decode(up)
            sizes[parent] += len(up)
            same(arrived, member.decoder.tensors(3))
            same(inbox.tensors(0), received)
            for name in change:
                np.testing.assert_allclose(arrived[name], learned[name], atol=0.02)
    # What is learned is alike each time, which contexts of the own updates know.
    assert sizes["mixed"] < 0.9 * sizes["received"]


def test_what_is_left_out_comes_with_the_next_update():
    base = {"w": np.zeros((8, 8), "f4")}
    change = {"w": np.full((8, 8), 0.003, "f4")}
    arrived = {}
    for feedback in (0.0, 1.0):
        device = nnc.Encoder(base, device_id=1, parent="received", feedback=feedback, qp=-24,
                             nonweight_qp=-24, effort=0, dq=False)  # fmt: skip
        arrived[feedback] = 0
        for _ in range(12):
            device.encode(change)
            arrived[feedback] += device.decoder.tensors(1)["w"].mean()
    assert arrived[0.0] == 0
    assert abs(arrived[1.0] - 12 * 0.003) < 2.0**-6


def test_a_share_of_values_is_not_sent_but_kept():
    generator = np.random.default_rng(0)
    base = {"w": np.zeros((40, 40), "f4")}
    device = nnc.Encoder(base, sparsity=0.9, feedback=1.0, qp=-40, effort=0, dq=False)
    new = {"w": generator.normal(0, 1, (40, 40)).astype("f4")}
    device.encode(new)
    sent = device.decoder.tensors()["w"]
    assert np.count_nonzero(sent) == 160
    left = device.decoder.state.residuals[0, "w"]
    np.testing.assert_allclose(sent + left, new["w"], atol=1e-6)


@pytest.mark.parametrize("wrong", [{"feedback": 2.0}, {"sparsity": 1.0}, {"parent": "mine"}])
def test_options_out_of_range_are_refused(wrong):
    with pytest.raises(nnc.InputError, match=next(iter(wrong))):
        nnc.Encoder(**wrong)


def test_bytes_and_copies_resume_a_session():
    encoder, tensors = server(feedback=0.5)
    other = nnc.Encoder(history=False, feedback=0.5, **FINE)
    other.load_bytes(encoder.to_bytes())
    assert other.to_bytes() == encoder.to_bytes()
    before = encoder.copy()
    new = trained(tensors, 9)
    first = encoder.encode(new)
    assert other.encode(new) == first
    assert before.encode(new) == first
    with pytest.raises(nnc.InputError, match="not the state"):
        nnc.Decoder.from_bytes(b"no state")


def test_a_slim_session_is_small_and_refuses_contexts():
    encoder = nnc.Encoder(slim=True, qp=-28, nonweight_qp=-28)
    tensors = {"w": np.random.default_rng(0).normal(0, 0.1, (200, 100)).astype("f4")}
    base = encoder.encode(tensors)
    full, slim = nnc.Encoder(qp=-28), nnc.Decoder(slim=True)
    full.receive(base)
    slim.decode(base)
    rare = np.random.default_rng(1).random((200, 100)) < 0.05
    for turn in range(3):
        update = full.encode({"w": tensors["w"] + np.float32(turn + 1) * rare})
        try:
            slim.decode(update)
        except nnc.MissingValueError:
            break
    else:
        pytest.fail("the second update is coded with the first")
    slim.rebase()
    assert len(slim.to_bytes()) < 1.05 * tensors["w"].nbytes
