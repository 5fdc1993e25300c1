"""The command `nnc`, and `python -m nnc`."""

import sys

#: Exit code of what was interrupted, as shells give it.
INTERRUPTED = 130


def main() -> None:
    """Load the command and run it, unless that is interrupted meanwhile."""
    try:
        from nnc.cli.main import main as run
    except KeyboardInterrupt:
        print("nnc: interrupted", file=sys.stderr)
        sys.exit(INTERRUPTED)
    run()


if __name__ == "__main__":
    main()
