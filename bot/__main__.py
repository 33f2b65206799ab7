"""`python -m bot` is `amparo`."""

from __future__ import annotations

from bot.cli import main

main()
