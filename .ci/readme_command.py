"""Print the command that stands in README.md under a marker `<!-- command: NAME -->`."""

import re
import sys
from pathlib import Path

readme = Path(__file__).parents[1] / "README.md"
pattern = rf"<!-- command: {re.escape(sys.argv[1])} -->\n```sh\n(.*?)```"
found = re.search(pattern, readme.read_text("utf-8"), re.DOTALL)
if found is None:
    sys.exit(f"README.md has no command marked {sys.argv[1]!r}")
print(found.group(1).strip())
