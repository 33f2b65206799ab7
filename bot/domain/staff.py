"""People who answer: responders, supervisors, reviewers; when they are on duty; how they come and how their access ends.

They are known by an alias. Their account is a keyed hash, their name is held nowhere, and nobody sees anything before two people let them
in: whoever invited them, and whoever approved them (promises.md R30).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

INVITATION_SECONDS: Final = 24 * 3600
DUTY_SECONDS: Final = 12 * 3600
"""Nobody is on duty longer than this without saying so again: an offer must not rest on a forgotten switch."""
CASES_AT_ONCE: Final = 6
HEAVY_AT_ONCE: Final = 2


class StaffRole(StrEnum):
    """What somebody may do is `bot.domain.permissions`."""

    RESPONDER = "responder"
    SUPERVISOR = "supervisor"
    REVIEWER = "reviewer"  # reads complaints about other organizations


class ResponderState(StrEnum):
    """How far in somebody is."""

    INVITED = "invited"  # a code was printed
    REDEEMED = "redeemed"  # the code came from an account; a second person has to approve
    ACTIVE = "active"
    PANICKED = "panicked"  # their own panic command: no access until approved again
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Responder:
    """One person, as stored (sealed but for id, account, organization, role and state).

    `account`: keyed hash of the platform account once redeemed. `code`: hash of the invitation's code until `code_until`. `gender`: woman,
    man or empty, only for seekers who ask. `languages`: locales they write in. `locale`: the language they read the desk in. `minors`:
    trained for minors. `cap`/`heavy_cap`: cases at once. `duty_until`: on duty until then (0: off). `resting_until`: cool-down.
    `on_call`: may be rung for an emergency off duty. `reminded`: they were asked
    whether they are still there. Nothing else of theirs is held.
    """

    id: int
    version: int = 0
    account: bytes | None = None
    organization: str
    role: StaffRole
    state: ResponderState = ResponderState.INVITED
    alias: str
    code: str = ""
    code_until: int = 0
    invited_by: str = ""
    approved_by: str = ""
    chat_id: int | None = None
    locale: str = "es"
    languages: tuple[str, ...] = ("es",)
    gender: str = ""
    minors: bool = False
    cap: int = CASES_AT_ONCE
    heavy_cap: int = HEAVY_AT_ONCE
    duty_until: int = 0
    resting_until: int = 0
    on_call: bool = False
    reminded: bool = False

    def on_duty(self, at: int) -> bool:
        """Whether they said they are here and it has not lapsed."""
        return self.state is ResponderState.ACTIVE and at < self.duty_until


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """When somebody plans to be on duty. Unix seconds; `weekly` repeats it every seven days (until it is removed)."""

    id: int = 0
    responder: int
    begins: int
    ends: int
    weekly: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """An organization's door, as a supervisor left it: `closed` until reopened (or until the hour, when one was named)."""

    organization: str
    closed: bool
    until: int | None = None
