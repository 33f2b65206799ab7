"""Hypothesis, in two ways: the same examples on every machine by default, so that CI judges the change and not the dice; new ones with
`--hypothesis-profile exploring` (`make soak`), where what is found becomes an example or a test of its own."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("repeatable", derandomize=True, database=None)
settings.register_profile("exploring", derandomize=False, print_blob=True)
settings.load_profile("repeatable")
