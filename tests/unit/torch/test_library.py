"""PyTorch is imported when something needs it, and not before."""

import subprocess
import sys


def test_pytorch_is_not_imported_before_it_is_used():
    code = "import sys, nnc.torch; print([m for m in sys.modules if m.split('.')[0] == 'torch'])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
