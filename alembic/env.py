"""How a migration runs: on the connection that `core.migrate` opened as atrium_owner, each in its own transaction."""

from alembic import context

connection = context.config.attributes.get("connection")
if connection is None:
    raise SystemExit("Run `./atrium migrate`: it connects as the owner, under the migrations' lock.")
context.configure(connection=connection, target_metadata=None, transaction_per_migration=True)
with context.begin_transaction():
    context.run_migrations()
