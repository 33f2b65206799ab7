"""How the tables came to be. `upgrade` brings an open connection to the newest revision; every revision also goes back down."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy.engine import Connection


def configuration(connection: Connection) -> Config:
    """Alembic's settings, without a file: the scripts beside this module, run on a connection that is open already."""
    settings = Config()
    settings.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    settings.set_main_option("path_separator", "os")
    settings.attributes["connection"] = connection
    return settings


def upgrade(connection: Connection, revision: str = "head") -> None:
    """Go up to a revision, in one transaction."""
    command.upgrade(configuration(connection), revision)


def downgrade(connection: Connection, revision: str) -> None:
    """Go down to a revision ("base": nothing left), in one transaction."""
    command.downgrade(configuration(connection), revision)
