"""Weights that become fewer while any loop trains a module (clauses 8.3.1 to 8.3.5)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from nnc.bitio import InputError
from nnc.bitio.arguments import checked
from nnc.reduce import Reduced, sparsify
from nnc.reduce.reduced import check_count, check_share
from nnc.torch.compressibility import compressibility
from nnc.torch.library import check_module, pytorch, weights_in
from nnc.torch.reductions import layer_named, reduced

#: Shares of the way, by the name of a schedule: most is taken early, where training can mend it.
SCHEDULES: dict[str, Callable[[float], float]] = {
    "cubic": lambda done: 1 - (1 - done) ** 3,
    "linear": lambda done: done,
    "at once": lambda done: 1.0,
}


class Gradual:
    """A tool of `nnc.reduce` applied to a module again and again, to a share that grows.

    Call `before_step` between the gradients and the step of the optimizer, and `after_step` after
    it. The module stays as it is but for the values of its weights: what became zero stays zero.
    `lightning_callback` and `trainer_callback` call them from these loops.

    Attributes:
        share: what the tool was called with last.
        steps: steps of the optimizer so far.
        masks: by name which weights may still change, after the first step.
    """

    @checked
    def __init__(
        self,
        module: Any,
        share: float | None = None,
        *,
        tool: Callable[[Mapping[str, Any], float], Reduced] = sparsify,
        steps: int = 1000,
        every: int = 50,
        schedule: str | Callable[[float], float] = "cubic",
        weight: float = 0.0,
        only: Sequence[str] | None = None,
    ) -> None:
        """Prepare it.

        Args:
            module: changed in place from the first step on.
            share: what the tool is called with at the end; None: no tool.
            tool: takes arrays by name and a share: `sparsify`, `sparsify_rows`, `prune_blocks` or a
                function that calls one of them.
            steps: steps of the optimizer until the share is reached.
            every: after how many steps the tool is called anew.
            schedule: `cubic`, `linear`, `at once`, or a function of the share of the steps done.
            weight: of the compressibility loss, whose gradient is added in each step; 0: none.
            only: patterns of the names of weights; None for all of two dimensions or more.

        Raises:
            InputError: no module, or a number out of range.
        """
        check_module(module)
        check_count("steps", steps)
        check_count("every", every)
        if share is not None:
            check_share("share", share)
        if isinstance(schedule, str) and schedule not in SCHEDULES:
            raise InputError(f"schedule must be one of {', '.join(SCHEDULES)}, not {schedule!r}")
        self.module, self.wanted, self.tool, self.only = module, share, tool, only
        self.until, self.every, self.weight = steps, every, weight
        self.schedule = SCHEDULES[schedule] if isinstance(schedule, str) else schedule
        self.share, self.steps = 0.0, 0
        self.masks: dict[str, Any] = {}

    def before_step(self) -> None:
        """Add the gradient of the compressibility loss to those of the weights."""
        if self.weight:
            compressibility(self.module, self.weight, only=self.only).backward()

    def after_step(self, *_: Any) -> None:
        """Count a step, call the tool where it is due, and set to zero what has to stay so."""
        self.steps += 1
        due = self.steps <= self.until and (
            self.steps % self.every == 0 or self.steps == self.until
        )
        if self.wanted is not None and due:
            self.apply(self.wanted * self.schedule(self.steps / self.until))
        with pytorch().no_grad():
            for name, layer in weights_in(self.module, self.only):
                if name in self.masks:
                    layer.weight.mul_(self.masks[name])

    def apply(self, share: float) -> None:
        """Call the tool, and keep what it says of each weight."""
        layers = dict(weights_in(self.module, self.only))
        tensors = {name: layer.weight.detach().cpu().float().numpy().copy()
                   for name, layer in layers.items()}  # fmt: skip
        self.share = min(max(share, 0.0), 1.0)
        torch = pytorch()
        for name, one in self.tool(tensors, self.share).masks.items():
            weight = layer_named(layers, name).weight
            mask = torch.as_tensor(np.asarray(one)).to(weight.device, weight.dtype)
            # What is zero stays so, whatever the tool thinks of it now.
            self.masks[name] = mask * self.masks.get(name, 1)

    def reduced(self) -> Reduced:
        """Return the tensors of the module with the masks, for `nnc.reduce` and `nnc.encode`."""
        masks = {name: one.cpu().numpy().astype(np.bool_) for name, one in self.masks.items()}
        found = reduced(self.module)
        return found.with_values({}, masks)
