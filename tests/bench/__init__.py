"""`make bench`: the real Amparo beside its peers, on this machine, in turns. docs/benchmarks.md says how to read what it prints.

`load_server/` is a local Bot API server in Go that also plays the people; `peers/` and `node/` are the bots to compare with, each the same
eight-step triage written the way its library teaches; everything they need is set up in `.venv/bench`. `workshop` makes that folder,
`bots` knows how each bot is started, `experiment` runs one bot for a while, `goals` judges, `__main__` goes round.

The scripts in `peers/` are not type-checked (`# mypy: ignore-errors` stands in each): they run in a Python environment of their own, with
libraries that Amparo does not have, and belong to nobody's import graph.
"""
