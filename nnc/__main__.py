"""`python -m nnc`: the command."""

from nnc.cli.main import main

main()
