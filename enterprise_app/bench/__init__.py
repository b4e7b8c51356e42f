"""The benchmarks of `atrium bench`: a module here declares functions with `@benchmark("name")` that return rows.

A bar is a ratio to something run in the same minute wherever that makes sense, so that it means the same everywhere.
"""

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass

Benchmark = Callable[[], "list[Row]"]
_known: dict[str, Benchmark] = {}
ON_REQUEST: set[str] = set()
"""Those that run only when they are named: they take very long."""


@dataclass(frozen=True)
class Row:
    """One line of the table. `measured` and `bar` carry their units; `ratio` is measured to what the bar refers to."""

    what: str
    measured: str
    bar: str
    ratio: float | None
    ok: bool


def benchmark(name: str, *, on_request: bool = False) -> Callable[[Benchmark], Benchmark]:
    """Register a benchmark; the first line of its docstring is shown by `atrium bench --list`."""

    def register(function: Benchmark) -> Benchmark:
        _known[name] = function
        if on_request:
            ON_REQUEST.add(name)
        return function

    return register


def discover() -> dict[str, Benchmark]:
    """All benchmarks by name; imports the modules of this package."""
    for module in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{module.name}")
    return dict(sorted(_known.items()))
