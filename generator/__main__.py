"""Run the compiler of a checkout: `python -m generator check|build|diff`."""

import sys
from pathlib import Path

# In a checkout that isn't installed the package stands one folder down.
sys.path.insert(0, str(Path(__file__).parent))

from nnc_schema.__main__ import main

if __name__ == "__main__":
    sys.exit(main())
