"""The app of a node. Coding takes one line of it: the mod."""

from nnc.demo.federated import app_of
from nnc.demo.learning import Digits
from nnc.flower import Mod

NODES = 6

app = app_of(Digits.divided(0, NODES), seed=0, mods=[Mod()])
