"""Every view of the desk by its name. The views of each part live beside its verbs; here they meet, with what may be seen by whom."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from bot.usecases.desk import (
    board_views,
    case_views,
    complaint_views,
    contact_views,
    ending_views,
    note_views,
    passing_views,
    reply_views,
    staff_views,
)
from bot.usecases.desk.looking import View

VIEWS: Final[Mapping[str, View]] = MappingProxyType(
    {
        **case_views.VIEWS,
        **board_views.VIEWS,
        **reply_views.VIEWS,
        **note_views.VIEWS,
        **passing_views.VIEWS,
        **ending_views.VIEWS,
        **contact_views.VIEWS,
        **complaint_views.VIEWS,
        **staff_views.VIEWS,
    }
)
NOTICES: Final = frozenset(
    {
        "notice",
        "notice_open",
        "transfer_asked",
        "overdue",
        "crisis_unanswered",
        "claimant",
        "glass_asked",
        "glass_granted",
        "assigned",
        "load_case",
    }
)
"""Views about a case that somebody other than its owner may be shown: they hold no words, and no more than organization, language and
topic."""
ANYBODY: Final = frozenset({"redeemed", "put_out", "panicked", "unknown", "code_wrong"})
"""Views that somebody without access may be shown: they say nothing of anybody."""
NEEDS_TRANSCRIPT: Final = frozenset({"glass_open", "notes"})
"""Views that read the words or notes of a case."""
