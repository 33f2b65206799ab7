"""Whatever is tried on a case, in any order, legal or not: what must hold holds after every step."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain import follow_up, handoff, permissions
from bot.domain.case import DAY, Case, CaseStatus, Direction, HandoffStatus, Level, Purpose
from bot.domain.clocks import RANK, UNANSWERED, UNCLAIMED, Rung, next_due
from bot.domain.machines import RULES, STATUS_OF, RuleBroken, triggers_of
from bot.domain.seeker import SeekerId
from tests.bot.domain.desk import HOUR, T, clocks, consent, waiting

Move = Callable[[Case, int, int], Case]
"""(case, at, a small number) -> case, or RuleBroken."""
PEOPLE = 4
ENDED = (HandoffStatus.WITHDRAWN, HandoffStatus.EXPIRED)


def _elsewhere(case: Case, at: int, number: int) -> Case:
    other = "otra" if case.organization == "casa" else "casa"
    return handoff.pass_on(case, other, consent(Purpose.REFERRAL, other, at=at), at)


def _renewed(case: Case, at: int, number: int) -> Case:
    return handoff.grant(case, consent(organization=case.organization, at=at))


MOVES: dict[str, Move] = {
    "offer": lambda case, at, n: handoff.offer(case, range(n), at, clocks=clocks()),
    "climb": lambda case, at, n: handoff.climb(case, at, clocks=clocks()),
    "claim": lambda case, at, n: handoff.claim(case, n, at, clocks=clocks()),
    "answer": lambda case, at, n: handoff.answer(case, at, by=n),
    "owner answers": lambda case, at, n: handoff.answer(case, at),
    "hear": lambda case, at, n: handoff.hear(case, at, clocks=clocks()),
    "release": lambda case, at, n: handoff.release(case, n or None, at),
    "lapse": lambda case, at, n: handoff.lapse(case, at, clocks=clocks()),
    "transfer": lambda case, at, n: handoff.transfer(case, n, at, clocks=clocks()),
    "accept": lambda case, at, n: handoff.accept(case, n, at, clocks=clocks()),
    "decline": lambda case, at, n: handoff.decline(case, n or None, at, clocks=clocks()),
    "right accepts": lambda case, at, n: handoff.accept(case, case.transfer_to or 0, at, clocks=clocks()),
    "right declines": lambda case, at, n: handoff.decline(case, case.transfer_to, at, clocks=clocks()),
    "pass on": _elsewhere,
    "close": lambda case, at, n: handoff.close(case, "helped", at),
    "withdraw": lambda case, at, n: handoff.withdraw(case, at),
    "expire": lambda case, at, n: handoff.expire(case, at),
    "reopen": lambda case, at, n: handoff.reopen(case, at),
    "grant": _renewed,
    "raise": lambda case, at, n: handoff.raise_level(case, list(Level)[n % 3], f"rule{n}", at, clocks=clocks()),
    "ring": lambda case, at, n: handoff.ring(case, at, clocks=clocks()),
    "step in": lambda case, at, n: handoff.step_in(case),
    "hold": lambda case, at, n: handoff.hold_clock(case, 20 * n, at, clocks=clocks()),
    "hold words": lambda case, at, n: handoff.hold_words(case, at, clocks=clocks()),
    "detach": lambda case, at, n: handoff.detach(case, "k"),
    "attach": lambda case, at, n: handoff.attach(case, SeekerId(bytes([n]) * 32)),
    "number": lambda case, at, n: handoff.next_number(case, list(Direction)[n % 2])[0],
    "agree": lambda case, at, n: follow_up.agree(case, at + n * DAY, at),
    "follow up": lambda case, at, n: follow_up.follow_up(case, at, clocks=clocks()),
    "refer": lambda case, at, n: follow_up.refer(case, n, "x", at, remind_at=at + DAY),
    "ask glass": lambda case, at, n: permissions.ask_break_glass(case, "life_at_risk", n, at, clocks=clocks()),
    "break glass": lambda case, at, n: permissions.confirm_break_glass(case, n, at, clocks=clocks()),
}
TALK = ("claim", "owner answers", "hear", "transfer", "right accepts", "right declines", "close", "reopen", "agree", "follow up")
"""What a case lives by: tried more often, so that what follows is tried as well."""
steps = st.lists(
    st.tuples(
        st.sampled_from(sorted(MOVES)) | st.sampled_from(TALK) | st.sampled_from(TALK),
        st.integers(0, PEOPLE),
        st.sampled_from([0, 1, 60, HOUR, 8 * HOUR, 11 * DAY]),
    ),
    max_size=30,
)


@settings(max_examples=400, deadline=None)
@given(steps=steps, level=st.sampled_from(list(Level)))
def test_what_must_hold_holds_after_every_move(steps: list[tuple[str, int, int]], level: Level) -> None:
    case, at = waiting(level), T
    for name, number, later in steps:
        at += later
        after, broken = _tried(name, case, at, number)
        if after is None:
            assert broken in RULES
            continue
        _holds(case, after, at)
        case = after


def _tried(name: str, case: Case, at: int, number: int) -> tuple[Case | None, str]:
    """The case after a move, or the rule that refused it."""
    try:
        return MOVES[name](case, at, number), ""
    except RuleBroken as broken:
        return None, broken.code


def _holds(before: Case, after: Case, at: int) -> None:
    assert after.status is STATUS_OF[after.handoff]
    assert (after.responder is not None) == (after.status is CaseStatus.ASSIGNED), "one owner exactly while assigned"
    assert (after.transfer_to is not None) == (after.handoff is HandoffStatus.TRANSFERRED)
    assert after.transfer_to != after.responder or after.responder is None
    assert RANK[after.level] >= RANK[before.level]
    if after.organization == before.organization:  # what one organization was told, another is not
        assert set(after.rules) >= set(before.rules)
    assert after.numbered_in >= before.numbered_in
    assert after.numbered_out >= before.numbered_out
    if before.handoff in ENDED:
        assert after == before, "what ended for good stays"
    if not before.open and after.open:
        assert before.handoff in (HandoffStatus.CLOSED, HandoffStatus.FOLLOWED_UP)
        assert after.may_see(at)
    if before.status is not CaseStatus.ASSIGNED and after.status is CaseStatus.ASSIGNED:
        assert after.may_see(at), "nobody takes a case without a consent"
    if after.handoff is HandoffStatus.WITHDRAWN:
        assert not after.may_see(at)
        assert after.crisis_at is None
        assert next_due(after, clocks()) is None
    _clock_holds(after)


def _clock_holds(case: Case) -> None:
    """A clock runs only where somebody can act on it, and always where somebody waits."""
    assert (case.due_at is None) == (case.clock == "")
    ladders = {CaseStatus.OPEN: UNCLAIMED, CaseStatus.ASSIGNED: (*UNANSWERED, Rung.DECLINE), CaseStatus.CLOSED: ()}
    assert not case.clock or case.clock in ladders[case.status]
    if case.handoff in (HandoffStatus.CLAIMED, HandoffStatus.ACTIVE, HandoffStatus.TRANSFERRED):
        assert case.clock, "words wait"
    if case.handoff is HandoffStatus.WAITING:
        assert not case.clock, "it is the seeker's turn"
    if case.open:
        assert next_due(case, clocks()) is not None, "every open case has an end in sight"


@given(level=st.sampled_from(list(Level)), slow=st.integers(0, 3 * DAY))
def test_nobody_waits_longer_because_the_program_was_slow_or_stopped(level: Level, slow: int) -> None:
    """Whenever the rungs are done, each is due at its offset from when the wait began."""
    case, offsets = waiting(level), clocks().offsets[level]
    for rung in UNCLAIMED:
        assert (case.clock, case.due_at) == (rung, T + offsets[rung])
        case = handoff.climb(case, T + offsets[rung] + slow, clocks=clocks())
    assert case.clock == ""


@given(moves=st.permutations([name for name in MOVES if name not in ("grant", "attach")]), ended=st.sampled_from(["withdraw", "expire"]))
@settings(deadline=None)
def test_nothing_happens_to_a_case_that_has_ended_for_good(moves: list[str], ended: str) -> None:
    gone = MOVES[ended](waiting(), T, 1)
    assert triggers_of(gone.handoff) == frozenset()
    for name in moves:
        after, _ = _tried(name, gone, T + HOUR, 1)
        assert after in (None, gone), name
