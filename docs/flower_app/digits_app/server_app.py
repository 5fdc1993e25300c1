"""The app of the server. Coding takes one line of it: the strategy around another one."""

from flwr.app import Array, ArrayRecord, Context, MetricRecord
from flwr.serverapp import Grid, ServerApp
from flwr.serverapp.strategy import FedAvg

from nnc.demo.learning import Digits, accuracy_of, first_model
from nnc.flower import Strategy, table_of

NODES = 6

app = ServerApp()


@app.main()
def main(grid: Grid, context: Context) -> None:
    """Run the rounds, and tell what each cost."""
    digits = Digits.divided(0, NODES)

    def evaluated(number: int, arrays: ArrayRecord) -> MetricRecord:
        model = {name: one.numpy() for name, one in arrays.items()}
        return MetricRecord({"accuracy": accuracy_of(model, digits)})

    fraction = float(context.run_config.get("fraction", 0.5))
    strategy = Strategy(FedAvg(fraction_train=fraction, fraction_evaluate=fraction))
    strategy.start(
        grid,
        ArrayRecord({name: Array(values) for name, values in first_model(0).items()}),
        num_rounds=int(context.run_config.get("num-server-rounds", 8)),
        evaluate_fn=evaluated,
    )
    print(table_of(strategy.rounds))
