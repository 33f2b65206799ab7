"""Run by Alembic. The driver commits every statement by itself, so the transaction around a migration is ours, as everywhere else."""

from __future__ import annotations

from alembic import context
from sqlalchemy.engine import Connection


def run(connection: Connection) -> None:
    """All steps or none."""
    connection.exec_driver_sql("BEGIN IMMEDIATE")
    try:
        context.configure(connection=connection, transactional_ddl=False)
        context.run_migrations()
    except BaseException:
        connection.exec_driver_sql("ROLLBACK")
        raise
    connection.exec_driver_sql("COMMIT")


run(context.config.attributes["connection"])
