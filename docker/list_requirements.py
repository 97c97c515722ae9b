"""Print what the library depends on: python3 list_requirements.py pyproject.toml [EXTRA ...]."""

import sys
import tomllib
from pathlib import Path

project = tomllib.loads(Path(sys.argv[1]).read_text())["project"]
for group in (project["dependencies"], *(project["optional-dependencies"][extra] for extra in sys.argv[2:])):
    print("\n".join(group))
