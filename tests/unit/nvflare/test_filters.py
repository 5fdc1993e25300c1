"""Filters of a server and of clients, called one after the other as NVFlare calls them."""

import subprocess
import sys

import numpy as np
import pytest

pytest.importorskip("nvflare")

from nvflare.apis.dxo import DXO, DataKind, from_shareable
from nvflare.apis.fl_constant import ReturnCode
from nvflare.apis.fl_context import FLContextManager
from nvflare.apis.shareable import make_reply

import nnc
from nnc.nvflare import DecodeModel, DecodeUpdate, EncodeModel, EncodeUpdate, add_filters


@pytest.fixture
def first():
    random = np.random.default_rng(0)
    return {
        "weight": random.normal(0, 0.1, (40, 60)).astype("f4"),
        "bias": np.zeros(40, "f4"),
        "steps": np.array(1 << 40, "i8"),
    }


class Site:
    """A site: it has one context for each message, and what is sticky stays."""

    def __init__(self, name, filters):
        self.manager = FLContextManager(identity_name=name)
        self.filters = filters

    def filtered(self, place, shareable, peer):
        context = self.manager.new_context()
        context.set_peer_context(peer.manager.new_context())
        return self.filters[place].process(shareable, context)


class Job:
    """A server and clients, whose messages go through their filters."""

    def __init__(self, clients, up=None):
        self.server = Site("server", (EncodeModel(), DecodeUpdate()))
        self.clients = [self.client(f"site-{number}", up) for number in range(clients)]
        self.bytes_down, self.bytes_up = 0, 0

    @staticmethod
    def client(name, up=None):
        return Site(name, (DecodeModel(), EncodeUpdate(**(up or {}))))

    def arrived(self, client, model):
        sent = self.server.filtered(0, DXO(DataKind.WEIGHTS, model).to_shareable(), client)
        self.bytes_down += sum(map(len, from_shareable(sent).data.values()))
        return from_shareable(client.filtered(0, sent, self.server)).data

    def reply(self, client, new, kind=DataKind.WEIGHTS):
        sent = client.filtered(1, DXO(kind, new, {"count": 5}).to_shareable(), self.server)
        self.bytes_up += sum(map(len, from_shareable(sent).data.values()))
        return self.server.filtered(1, sent, client)

    def round(self, model, learn):
        return [
            from_shareable(self.reply(client, learn(self.arrived(client, model), number))).data
            for number, client in enumerate(self.clients)
        ]


def learn(model, number):
    random = np.random.default_rng(number)
    return {
        name: (values + random.normal(0, 0.01, values.shape)).astype(values.dtype)
        if values.dtype.kind == "f"
        else values + 1
        for name, values in model.items()
    }


def mean(models):
    return {name: np.mean([one[name] for one in models], axis=0) for name in models[0]}


def test_models_and_updates_come_across(first):
    job, model = Job(3), first
    for _ in range(3):
        replies = job.round(model, learn)
        for client in job.clients:
            arrived = job.arrived(client, model)
            assert [one.dtype for one in arrived.values()] == [v.dtype for v in first.values()]
            np.testing.assert_allclose(arrived["weight"], model["weight"], atol=0.05)
        model = mean(replies)
    raw = 9 * sum(one.nbytes for one in first.values())
    assert job.bytes_up < raw / 8
    assert replies[0]["steps"] == (1 << 40) + 3
    assert list(replies[0]) == list(first)


def test_differences_come_back_as_differences(first):
    job = Job(1)
    (client,) = job.clients
    arrived = job.arrived(client, first)
    change = {"weight": np.full((40, 60), 0.01, "f4"), "bias": np.full(40, 0.02, "f4")}
    reply = from_shareable(job.reply(client, change, DataKind.WEIGHT_DIFF))
    assert reply.data_kind == DataKind.WEIGHT_DIFF
    assert reply.meta["count"] == 5
    np.testing.assert_allclose(reply.data["bias"], change["bias"], atol=0.006)
    # The server's own model keeps what coding takes, so that it comes with the next model.
    exact = {name: values + change.get(name, 0) for name, values in first.items()}
    for _ in range(4):
        exact["bias"] = exact["bias"] + np.float32(0.001)
        arrived = job.arrived(client, exact)
        job.reply(client, dict.fromkeys(change, np.float32(0)) | change, DataKind.WEIGHT_DIFF)
    np.testing.assert_allclose(arrived["bias"], exact["bias"], atol=0.002)


def test_a_client_that_lost_its_state_gets_the_whole_model(first):
    job = Job(2)
    model = mean(job.round(first, learn))
    job.clients[1] = job.client("site-1")
    with pytest.raises(nnc.InvalidError, match="version 0"):
        job.arrived(job.clients[1], model)
    error = make_reply(ReturnCode.TASK_DATA_FILTER_ERROR)
    job.server.filtered(1, error, job.clients[1])
    job.round(model, learn)


def test_a_damaged_reply_is_refused_by_name_and_what_is_no_model_passes(first):
    job = Job(1)
    (client,) = job.clients
    new = learn(job.arrived(client, first), 0)
    sent = client.filtered(1, DXO(DataKind.WEIGHTS, new).to_shareable(), job.server)
    sent["DXO"]["data"]["0"] = sent["DXO"]["data"]["0"][:-9]
    with pytest.raises(nnc.NncError):
        job.server.filtered(1, sent, client)
    other = DXO(DataKind.WEIGHTS, {"control": np.ones(3)}).to_shareable()
    assert list(from_shareable(client.filtered(1, other, job.server)).data) == ["control"]
    job.round(first, learn)


def test_only_what_is_asked_for_is_sent(first):
    job = Job(1, {"send": ["bias"]})
    (reply,) = job.round(first, learn)
    assert reply["steps"] == first["steps"]
    assert not np.array_equal(reply["bias"], first["bias"])


def test_what_can_not_be_coded_is_refused(first):
    for wrong in ({"step": 0}, {"options": {"device_id": 3}}, {"options": {"qp": 10**6}}):
        for kind in (EncodeModel, EncodeUpdate):
            with pytest.raises(nnc.InputError):
                kind(**wrong)
    job = Job(1)
    with pytest.raises(nnc.InputError, match="no NumPy array"):
        job.arrived(job.clients[0], {**first, "text": "a"})


def test_recipes_get_the_four_filters():
    class Recipe:
        def __getattr__(self, name):
            def add(one, tasks):
                found.append((name, type(one).__name__, tasks))

            return add

    found = []
    add_filters(Recipe(), up={"send": ["head.*"]})
    assert [name for _, name, _ in found] == [
        "EncodeModel", "DecodeModel", "EncodeUpdate", "DecodeUpdate",
    ]  # fmt: skip
    assert all(tasks == ["train"] for _, _, tasks in found)


def test_without_nvflare_the_extra_is_named():
    code = (
        "import sys; sys.modules['nvflare'] = None\n"
        "try: import nnc.nvflare\nexcept ImportError as error: print(error)"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "nnc[nvflare]" in said.stdout
