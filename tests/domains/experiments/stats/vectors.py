"""The stored numbers of independent implementations (vectors.json, written by make_vectors.py)."""

import json
from pathlib import Path
from typing import Any

VECTORS: dict[str, Any] = json.loads(Path(__file__).with_name("vectors.json").read_text())
