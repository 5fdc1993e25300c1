"""The command `nnc`, and `python -m nnc`."""

import atexit
import gc
import os
import sys

#: Objects made until the collector of cyclic garbage looks: more than those of all modules.
COLLECTED_AFTER = 50_000

#: Verbs that only look, and multiply no matrices. NumPy starts threads for that as it is loaded,
#: which costs these verbs up to a sixth of their time.
LOOKS = ("check", "get", "info", "ls", "trace", "tree")

#: Exit code of what was interrupted, as shells give it.
INTERRUPTED = 130


def main() -> None:
    """Load the command and run it, unless that is interrupted meanwhile."""
    # Modules stay: to look through them again and again, and at the end, takes a third as long as
    # to load them.
    gc.set_threshold(COLLECTED_AFTER)
    atexit.register(gc.freeze)
    if sys.argv[1:2] and sys.argv[1] in LOOKS:
        os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    try:
        # Here few calls are open. Where many are, as within our own imports, those of NumPy may
        # cross the end of a piece of CPython's stack again and again, and take a third longer.
        import numpy  # noqa: F401

        from nnc.cli.main import main as run
    except KeyboardInterrupt:
        print("nnc: interrupted", file=sys.stderr)
        sys.exit(INTERRUPTED)
    run()


if __name__ == "__main__":
    main()
