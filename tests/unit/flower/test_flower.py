"""Mod and wrapper on nodes in this process: losses, restarts, late joiners, damage."""

import copy
import subprocess
import sys

import numpy as np
import pytest

pytest.importorskip("flwr")

from flwr.app import Array, ArrayRecord, ConfigRecord, Message, MetricRecord, RecordDict
from flwr.clientapp import ClientApp
from flwr.serverapp.strategy import FedAdam, FedAvg

import nnc
from nnc.flower import LocalGrid, Mod, Strategy, plot_rounds, table_of
from nnc.flower.wire import RECORD, packed


def record_of(tensors):
    return ArrayRecord({name: Array(np.asarray(values)) for name, values in tensors.items()})


def app_with(mods, seen=None, kill=None):
    """An app that changes each float a little, and counts a step."""
    app = ClientApp(mods=mods)

    def model_in(message):
        return {name: one.numpy() for name, one in message.content["arrays"].items()}

    @app.train()
    def train(message, context):
        model = model_in(message)
        if kill is not None:
            kill("train")
        number = context.node_config["partition-id"]
        random = np.random.default_rng([number, int(message.content["config"]["server-round"])])
        for name, values in model.items():
            if values.dtype.kind == "f":
                model[name] = (values + random.normal(0, 0.01, values.shape)).astype(values.dtype)
            else:
                model[name] = values + 1
        if seen is not None:
            seen.setdefault("trained", {})[number] = model
        return Message(
            RecordDict({
                "arrays": record_of(model), "metrics": MetricRecord({"num-examples": 1}),
            }),
            reply_to=message,
        )  # fmt: skip

    @app.evaluate()
    def evaluate(message, context):
        if seen is not None:
            seen[context.node_config["partition-id"]] = model_in(message)
        metrics = MetricRecord({"num-examples": 1, "zero": 0.0})
        return Message(RecordDict({"metrics": metrics}), reply_to=message)

    return app


def same(one, other):
    assert list(one) == list(other)
    for name, values in one.items():
        assert values.dtype == other[name].dtype
        assert values.tobytes() == other[name].tobytes(), name


def held(grid, node):
    """What a node holds, from its state alone."""
    kept = grid.nodes[node].state[RECORD]
    return int(kept["version"]), nnc.Decoder.from_bytes(kept["state"]).tensors(0)


def as_server_believes(grid, strategy):
    """Compare the nodes that the server believes to be at its version, and count them."""
    current = [node for node, one in strategy.versions.items() if one == strategy.version]
    for node in current:
        version, tensors = held(grid, node)
        assert version == strategy.version
        expected = strategy.tensors()
        for name, values in tensors.items():
            assert values.tobytes() == expected[name].tobytes()
    return len(current)


def run(grid, strategy, first, rounds=3):
    return strategy.start(grid, record_of(first), num_rounds=rounds)


def test_every_node_has_what_the_server_believes(first):
    seen = {}
    grid, strategy = LocalGrid(app_with([Mod()], seen), 4), Strategy(FedAvg())
    result = run(grid, strategy, first)
    assert as_server_believes(grid, strategy) == 4
    final = {name: one.numpy() for name, one in result.arrays.items()}
    for node in range(4):
        same(seen[node], final)
    # Each round adds a step; the mean of counters is a counter again, beyond float32.
    assert final["steps"] == (1 << 40) + 3
    assert final["half"].dtype == np.float16


def test_evaluation_costs_nothing_beyond_the_update(first):
    downs = []

    def count(message):
        records = message.content.array_records.values()
        downs.append((message.metadata.message_type, sum(r.count_bytes() for r in records)))
        return message

    grid = LocalGrid(app_with([Mod()]), 2, on_message=count)
    run(grid, Strategy(FedAvg()), first, rounds=2)
    train = [size for kind, size in downs if kind == "train"]
    assert train[:2] != [0, 0]
    assert train[2:] == [0, 0]


def test_nothing_is_coded_for_an_app_without_the_mod_in_the_way(first):
    """Records that aren't the model pass as they are, both ways."""
    message = Message(RecordDict({"other": record_of(first)}), 1, "train")
    strategy = Strategy(FedAvg())
    strategy.published(record_of(first), 0)
    (sent,) = strategy.coded(1, [message])
    assert sent is message
    assert strategy.decoded(1, message) is message


@pytest.mark.parametrize("inner", [FedAvg, FedAdam])
def test_losses_are_made_good(first, inner):
    random = np.random.default_rng(1)

    def lose(message):
        return None if random.random() < 0.3 else message

    grid = LocalGrid(app_with([Mod()]), 4, on_message=lose, on_reply=lose)
    strategy = Strategy(inner())
    run(grid, strategy, first, rounds=6)
    grid.on_message = grid.on_reply = None
    run_on(grid, strategy)
    assert as_server_believes(grid, strategy) == 4


def run_on(grid, strategy, number=99):
    """One more round of the same session."""
    config = ConfigRecord({})
    replies = grid.send_and_receive(
        strategy.configure_train(number, strategy.current, config, grid)
    )
    strategy.aggregate_train(number, replies)
    arrays = strategy.current
    replies = grid.send_and_receive(strategy.configure_evaluate(number, arrays, config, grid))
    strategy.aggregate_evaluate(number, replies)


def test_who_joins_late_gets_a_base_and_who_slept_gets_the_chain(first):
    grid, strategy = LocalGrid(app_with([Mod()]), 3), Strategy(FedAvg())
    run(grid, strategy, first, rounds=2)
    asleep = grid.nodes.pop(3)
    run_on(grid, strategy)
    grid.nodes[3] = asleep
    grid.add_node(7)
    run_on(grid, strategy, 100)
    assert as_server_believes(grid, strategy) == 4


def test_a_node_that_lost_its_state_says_so_and_gets_the_model_again(first):
    grid, strategy = LocalGrid(app_with([Mod()]), 3), Strategy(FedAvg())
    run(grid, strategy, first, rounds=2)
    grid.add_node(2)
    reasons = []

    def note(reply):
        if reply.has_error():
            reasons.append(reply.error.reason)
        return reply

    grid.on_reply = note
    run_on(grid, strategy)
    assert any("needs the whole model" in reason for reason in reasons)
    run_on(grid, strategy, 100)
    assert as_server_believes(grid, strategy) == 3


@pytest.mark.parametrize("damage", ["up", "down", "kind", "version"])
def test_damage_is_an_error_by_name_and_mends(first, damage):
    grid, strategy = LocalGrid(app_with([Mod()]), 3), Strategy(FedAvg())
    run(grid, strategy, first, rounds=1)

    def hurt(message):
        if not message.has_content() or "arrays" not in message.content:
            return message
        record = message.content["arrays"]
        if damage == "version":
            message.content[RECORD]["version"] = 77
        elif damage == "kind":
            message.content["arrays"] = record_of({"0": np.zeros(3)})
        else:
            message.content["arrays"] = packed([bytes(one.data)[:-9] for one in record.values()])
        return message

    hurt_way = "on_message" if damage == "down" else "on_reply"
    before = strategy.tensors()
    # Nobody has the update of this version yet, so that there is something to damage.
    strategy.published(record_of({**before, "body.bias": before["body.bias"] + 1}), 1)
    setattr(grid, hurt_way, hurt)
    run_on(grid, strategy)
    assert strategy.rounds[-1].failures >= 3
    setattr(grid, hurt_way, None)
    run_on(grid, strategy, 100)
    run_on(grid, strategy, 101)
    assert as_server_believes(grid, strategy) == 3


STEPS = ["message", "read", "decoded", "train", "encoded", "state", "reply"]


@pytest.mark.parametrize("step", STEPS)
def test_a_client_killed_between_two_steps_goes_on_in_the_next_round(first, step, monkeypatch):
    armed = []

    def kill(at):
        if at == step and armed:
            armed.clear()
            raise KeyboardInterrupt if at in ("message", "reply") else RuntimeError("killed")

    mod = Mod()

    def outer(message, context, call_next):
        kill("read")
        reply = mod(message, context, call_next)
        kill("state")
        return reply

    def inner(message, context, call_next):
        kill("decoded")
        reply = call_next(message, context)
        kill("encoded")
        return reply

    def lost_if(at):
        def way(message):
            try:
                kill(at)
            except KeyboardInterrupt:
                return None
            return message

        return way

    app = app_with([outer, inner], kill=kill)
    grid = LocalGrid(app, 3, on_message=lost_if("message"), on_reply=lost_if("reply"))
    strategy = Strategy(FedAvg())
    run(grid, strategy, first, rounds=2)
    armed.append(True)
    run_on(grid, strategy)
    assert not armed
    run_on(grid, strategy, 100)
    assert as_server_believes(grid, strategy) == 3
    assert strategy.rounds[-1].failures == 0


def test_a_context_that_survived_a_lost_reply_skips_what_it_has(first):
    """Its state is ahead of what the server believes."""
    grid, strategy = LocalGrid(app_with([Mod()]), 2), Strategy(FedAvg())
    run(grid, strategy, first, rounds=2)
    strategy.versions[1] -= 1
    run_on(grid, strategy)
    assert strategy.rounds[-1].failures == 0
    assert as_server_believes(grid, strategy) == 2


def test_several_runs_at_once_do_not_meet(first):
    app = app_with([Mod()])
    one, other = (LocalGrid(app, 2) for _ in range(2))
    strategies = Strategy(FedAvg()), Strategy(FedAvg())
    for grid, strategy in zip((one, other), strategies, strict=True):
        run(grid, strategy, first, rounds=1)
    # A session that starts again with nodes of an older one sends them its own model.
    run(one, strategies[1], {**first, "body.bias": first["body.bias"] + 1}, rounds=1)
    assert as_server_believes(one, strategies[1]) == 2
    run_on(other, copy.copy(strategies[0]))


def test_only_what_is_asked_for_is_sent(first):
    grid, strategy = LocalGrid(app_with([Mod(send=["head.*"])]), 2), Strategy(FedAvg())
    run(grid, strategy, first, rounds=1)
    begun = nnc.decode(nnc.encode(first, bit_depth=6, effort=0))
    final = strategy.tensors()
    assert np.array_equal(final["steps"], begun["steps"])
    assert not np.array_equal(final["head.weight"], begun["head.weight"])


def test_rounds_tell_what_they_cost(first, tmp_path):
    grid, strategy = LocalGrid(app_with([Mod()]), 2), Strategy(FedAvg())
    run(grid, strategy, first, rounds=2)
    assert [one.number for one in strategy.rounds] == [0, 1, 2]
    last = strategy.rounds[-1]
    assert 0 < last.bytes_up < last.raw_up / 3
    assert last.replies == 4
    assert table_of(strategy.rounds).splitlines()[-1].split()[0] == "all"
    pytest.importorskip("matplotlib")
    plot_rounds(strategy.rounds, tmp_path / "rounds.png")
    assert (tmp_path / "rounds.png").stat().st_size > 1000


@pytest.mark.parametrize("wrong", [{"device_id": 3}, {"qp": 10**6}, {"step": 0}, {"send": "*"}])
def test_options_that_can_not_be_are_refused(wrong):
    with pytest.raises(nnc.InputError, match=next(iter(wrong))):
        Mod(**wrong)
    with pytest.raises(nnc.InputError, match="strategy"):
        Strategy(None)


def test_masks_of_secure_aggregation_are_refused(first):
    LocalGrid(app_with([]), 1)
    message = Message(RecordDict({"secaggplus_configs": ConfigRecord({"stage": 0})}), 1, "train")
    with pytest.raises(nnc.UnsupportedError, match="secure aggregation"):
        Mod()(message, None, None)


def test_without_flwr_the_extra_is_named():
    code = (
        "import sys; sys.modules['flwr'] = None\n"
        "import nnc\nassert not [m for m in sys.modules if m.startswith('nnc.flower')]\n"
        "try: import nnc.flower\nexcept ImportError as error: print(error)"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "nnc[flower]" in said.stdout
