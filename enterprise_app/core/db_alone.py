"""A statement that is a whole transaction, in one round trip: for what comes very often.

A session takes three (begin, statement, commit), and each costs the process as much as the statement itself. What is
sent between two synchronisation points of PostgreSQL's protocol is one transaction, so the tenant and the statement
go together, and both or neither is committed:
https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-PIPELINING
"""

import select
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import psycopg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

_TOLD = "statement of the driver"
_ENTER = b"SELECT set_config('app.tenant_id', $1, true)"


async def run_alone(connection: AsyncConnection, tenant_id: UUID, statement: bytes, values: Sequence[Any]) -> bool:
    """Run it for the tenant on a connection without a transaction; committed when this returns True.

    False when the connection seems to have died while it was in the pool: nothing was sent. Raises DBAPIError as a
    session does; a connection that is lost, or left in the middle, is dropped.
    """
    driver = await _driver(connection)
    if _has_died(driver):
        return False
    try:
        async with driver.pipeline(), psycopg.AsyncRawCursor(driver) as cursor:
            await cursor.execute(_ENTER, [str(tenant_id)])
            await cursor.execute(statement, values, binary=True)
    except psycopg.Error as error:
        raise await as_usual(connection, driver, error) from error
    except BaseException as error:  # ended from outside: nobody knows what is still to be answered
        await connection.invalidate(error)
        raise
    return True


async def run_within(session: AsyncSession, statement: bytes, values: Sequence[Any]) -> None:
    """The same in a session's transaction."""
    connection = await session.connection()
    driver = await _driver(connection)
    try:
        async with psycopg.AsyncRawCursor(driver) as cursor:
            await cursor.execute(statement, values, binary=True)
    except psycopg.Error as error:
        raise await as_usual(connection, driver, error) from error


async def _driver(connection: AsyncConnection) -> psycopg.AsyncConnection[Any]:
    driver = (await connection.get_raw_connection()).driver_connection
    assert isinstance(driver, psycopg.AsyncConnection)
    return driver


def _has_died(driver: psycopg.AsyncConnection[Any]) -> bool:
    """Whether the server may have closed it: between transactions, it says nothing else unasked."""
    if driver.closed:
        return True
    asked = select.poll()
    asked.register(driver.fileno(), select.POLLIN)
    return bool(asked.poll(0))


async def as_usual(
    connection: AsyncConnection, driver: psycopg.AsyncConnection[Any], error: psycopg.Error
) -> DBAPIError:
    """The error as SQLAlchemy would have raised it, so that sessions treat it the same: a lost connection is dropped,
    a deadlock is tried again. The statement isn't told: it may hold what a tenant's visitors sent."""
    gone = driver.closed or driver.broken
    if gone:
        await connection.invalidate(error)
    told = DBAPIError.instance(
        _TOLD, None, error, psycopg.Error, connection_invalidated=gone, dialect=connection.dialect
    )
    assert isinstance(told, DBAPIError)
    return told
