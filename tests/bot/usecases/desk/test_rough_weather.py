"""What the stateful test once found, each told by itself: the same lives (`test_stateful.Lives`), with the steps written down.

After every step all invariants of a life are looked at, so a test here says only what else must hold.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from bot.domain.staff import ResponderState
from tests.bot.usecases.desk.living import Trouble
from tests.bot.usecases.desk.test_stateful import MARK, NUBE, RIO, SEEKERS, Lives

ANA = SEEKERS[0]
DAY = 86_400


@contextmanager
def life(stage: int, *, topics: bool = True) -> Iterator[Lives]:
    """Somebody who waits (1), is answered (2) or has written (3); who answers is RIO."""
    lives = Lives()
    try:
        lives.begin(topics=topics, stages=(stage, 0, 0))
        yield lives
    finally:
        lives.teardown()


def step(lives: Lives, deed: Callable[[], object]) -> None:
    """One step, and a look at everything."""
    deed()
    lives.everything_holds()


def marked(lives: Lives, user: int) -> list[str]:
    """What the bot has standing with a mark in somebody's chat."""
    phones = lives.life.seekers if user in SEEKERS else lives.life.desk
    return [one.text for one in phones.ours(user) if MARK.search(one.text)]


@pytest.mark.parametrize("topics", [True, False])
def test_a_program_that_slept_through_the_end_of_a_consent(topics: bool) -> None:
    """What was due before it is not done after it (storage refused that for ever), and the case ends."""
    with life(3, topics=topics) as lives:
        step(lives, lambda: lives.time_passes(38 * DAY))
        assert lives.book.open_cases() == ()
        assert marked(lives, RIO) == []


def test_what_was_sent_is_not_sent_again_because_storage_is_down() -> None:
    """Each try to write it down once sent another copy."""
    with life(2) as lives:
        step(lives, lambda: lives.answers_stop(RIO))
        step(lives, lambda: lives.seeker_writes(ANA, False))
        lives.faulty = True
        lives.life.troubles.extend([Trouble.DOWN] * 6)
        step(lives, lives.answers_come)
        assert len(marked(lives, RIO)) == 1


def test_words_taken_back_while_they_are_being_sent() -> None:
    """They had no number yet by which they could be removed."""
    with life(2) as lives:
        step(lives, lambda: lives.responder_writes(RIO, 0))
        step(lives, lambda: lives.answers_stop(ANA))
        step(lives, lambda: lives.a_moment_passes(6))
        step(lives, lambda: lives.takes_back(RIO))
        step(lives, lives.answers_come)
        assert marked(lives, ANA) == []


def test_erasing_when_retention_has_taken_the_case_already() -> None:
    """The desk remembered a case that storage had forgotten, and an erasure with it could never be written."""
    with life(3) as lives:
        step(lives, lambda: lives.seeker_withdraws(ANA))
        for _ in range(40):
            lives.time_passes(DAY)
        lives.everything_holds()
        step(lives, lambda: lives.seeker_comes_back(ANA))
        step(lives, lambda: lives.seeker_erases(ANA))


def test_without_topics_what_is_too_old_to_be_deleted_is_overwritten() -> None:
    """Telegram deletes nothing after 48 hours: of a case that is over, words stood on in the responder's chat."""
    with life(3, topics=False) as lives:
        lives.life.clock.at += 3 * DAY
        assert marked(lives, RIO)
        step(lives, lambda: lives.seeker_withdraws(ANA))
        assert marked(lives, RIO) == []


def test_a_panic_that_storage_did_not_confirm() -> None:
    """It was written, and nobody was told: what it owes is found, and the chat is emptied at once."""
    with life(3) as lives:
        lives.faulty = True
        lives.life.troubles.append(Trouble.UNSURE)
        step(lives, lambda: lives.panics(RIO))
        assert lives.life.desk.titles.get(RIO, {}) == {}


def test_words_that_left_while_storage_gave_no_answer() -> None:
    """What the seeker is owed is found by the next pass, also when no seeker writes."""
    with life(2) as lives:
        step(lives, lambda: lives.responder_writes(RIO, 0))
        lives.faulty = True
        lives.life.troubles.append(Trouble.UNSURE)
        step(lives, lambda: lives.a_moment_passes(6))
        assert len(marked(lives, ANA)) == 1


def test_a_case_whose_consent_is_over_shows_no_menus() -> None:
    """Closing needs no consent, but its menu shows something of the case: the press was refused by storage and never answered."""
    with life(3) as lives:
        lives.life.clock.at += 31 * DAY
        step(lives, lambda: lives.presses_named(RIO, "b_close"))


def test_words_said_to_somebody_who_had_blocked_the_bot_for_a_moment() -> None:
    """They come when the responder is back; if nobody comes back, the case goes to somebody else."""
    with life(2) as lives:
        step(lives, lambda: lives.responder_blocks(RIO))
        step(lives, lambda: lives.seeker_writes(ANA, False))
        step(lives, lambda: lives.responder_comes_back(RIO))
        assert len(marked(lives, RIO)) == 1


@pytest.mark.parametrize("topics", [True, False])
def test_who_was_revoked_while_they_had_blocked_the_bot(topics: bool) -> None:
    """Nothing can be taken from a chat that is blocked; when they come back it is, although they come back to nothing."""
    with life(3, topics=topics) as lives:
        step(lives, lambda: lives.responder_blocks(RIO))
        step(lives, lambda: lives.the_command_line(RIO, ResponderState.REVOKED))
        assert marked(lives, RIO)
        step(lives, lambda: lives.responder_comes_back(RIO))
        assert marked(lives, RIO) == []


def test_an_organization_that_was_not_asked_sees_nothing() -> None:
    """And nobody there is shown more than their own board."""
    with life(3) as lives:
        step(lives, lambda: lives.commands(NUBE, "fila"))
        assert marked(lives, NUBE) == []
