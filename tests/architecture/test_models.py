"""The models and the migrated tables are the same: columns, types that matter, what may be null."""

import importlib
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlmodel import SQLModel

from enterprise_app.core.db_urls import DatabaseUrls
from enterprise_app.core.migrate import sqlalchemy_url

DOMAINS = Path(__file__).resolve().parents[2] / "enterprise_app" / "domains"


def _models() -> list[sa.Table]:
    for file in sorted(DOMAINS.glob("*/models.py")):
        importlib.import_module(f"enterprise_app.domains.{file.parent.name}.models")
    return sorted(SQLModel.metadata.tables.values(), key=lambda table: table.name)


@pytest.mark.parametrize("table", _models(), ids=lambda table: table.name)
def test_a_model_is_its_table(rolled_back_database: DatabaseUrls, table: sa.Table) -> None:
    engine = sa.create_engine(sqlalchemy_url(rolled_back_database.direct_admin))
    try:
        columns = {c["name"]: c for c in sa.inspect(engine).get_columns(table.name)}
    finally:
        engine.dispose()
    for column in table.columns:
        stored = columns[column.name]
        # The other way round shows itself at the first insert; a null that the code doesn't expect shows itself late.
        assert column.nullable or not stored["nullable"], f"{column} may be null in the database"
        assert _kind(stored["type"]) == _kind(column.type), str(column)
    unknown = {n for n, c in columns.items() if n not in table.columns and not c["nullable"] and c["default"] is None}
    assert not {n for n in unknown if not columns[n].get("identity")}, "columns that an insert would miss"


def _kind(type_: sa.types.TypeEngine[object]) -> str:
    """Python's view of a type, and whether times have a zone."""
    if isinstance(type_, sa.types.TypeDecorator):
        type_ = type_.impl_instance
    zone = getattr(type_, "timezone", None)
    return f"{type_.python_type.__name__}{'' if zone is None else ' with zone' if zone else ' without zone'}"
