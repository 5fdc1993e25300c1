"""`nnc completion`: what makes a shell complete verbs, options and files."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from nnc.cli.common.output import examples
from nnc.cli.common.results import print_text


@click.command(
    epilog=examples(
        "nnc completion bash > ~/.local/share/bash-completion/completions/nnc",
        "nnc completion fish > ~/.config/fish/completions/nnc.fish",
    )
)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def command(shell: str) -> None:
    """Print a script that makes SHELL complete the verbs and options of nnc."""
    from nnc.cli.main import nnc

    completion = get_completion_class(shell)
    assert completion is not None, "click has these three"
    print_text(completion(nnc, {}, "nnc", "_NNC_COMPLETE").source())
