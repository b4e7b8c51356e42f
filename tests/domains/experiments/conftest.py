"""What a process remembers of flags belongs to another test's database."""

import pytest

from enterprise_app.domains.experiments.service import compiling, exposing, pacing, serving


@pytest.fixture(autouse=True)
def fresh_serving() -> None:
    """Nothing is compiled, known or waiting."""
    compiling.forget()
    exposing.forget_units()
    serving.forget_traits()
    pacing.forget()
