"""Every bound of the engine, by name. A limit that is reached changes where a person lands, never whether they get an answer."""

from __future__ import annotations

from typing import Final

TRAIL_LENGTH: Final = 24
"""Turns that can be undone with *back*; the oldest is forgotten first."""
STACK_DEPTH: Final = 6
"""Flows inside flows. One more lands on the menu of doors."""
HOPS: Final = 40
"""Steps without a screen (branch, call, end) passed in one turn before landing on the safe step."""
ANSWERS: Final = 64
"""Answers held at once; the oldest goes first."""
SEEN_BLOCKS: Final = 128
"""Said-once blocks remembered."""
QUEUED_FLOWS: Final = 5
"""Needs waiting for their turn when one sentence held several."""
TEXT_CHARACTERS: Final = 4096
"""Telegram's own bound on a message; longer text is cut before it is read (R43)."""
PLACES_A_PAGE: Final = 8
"""Places listed on one screen."""

SHARED_LINES: Final = 20
"""Lines on the list of answers to share."""

COPY_CHARACTERS: Final = 256
"""Telegram's bound on what a button puts on the clipboard."""

COVER_SECONDS: Final = 12 * 3600
"""How long Start and *hola* meet the cover face after an exit (voice.md 3)."""
ENVELOPE_SECONDS: Final = 600
"""After this long without a touch, what we send by agreement comes in an envelope (voice.md 3, notifications)."""
PAUSE_SECONDS: Final = 72 * 3600
"""How long a pause keeps the name of the step (features.md S9)."""
