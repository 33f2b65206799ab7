"""Who else there is: groups, people who block the bot, and many at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.running import HOUR, house


async def test_groups_are_left_without_a_word(tmp_path: Path) -> None:
    """Nothing is said where others read."""
    async with house(tmp_path) as home:
        ana = home.person()
        group = home.api.add_group("Vecinos", people=[ana])
        home.api.set_member(group, ana)
        await home.settle()
        assert {call.params["chat_id"] for call in home.api.calls("leaveChat")} == {group.id}
        assert home.api.calls("sendMessage") == []


async def test_a_text_in_a_group_is_not_answered(tmp_path: Path) -> None:
    """Also when the bot was in there before it learnt to leave."""
    async with house(tmp_path) as home:
        ana = home.person()
        group = home.api.add_group("Vecinos", people=[ana])
        home.api.set_member(group, ana)
        home.api.group_text(group, ana, "/start@amparo_local_bot")
        await home.settle()
        assert home.api.calls("leaveChat")
        assert home.api.calls("sendMessage") == []


async def test_nothing_is_sent_to_somebody_who_blocked_the_bot(tmp_path: Path) -> None:
    """Not the agreed message, not the cover, no retries; and after they come back they are answered again."""
    async with house(tmp_path) as home:
        ana = home.person()
        await home.says(ana, "ya no quiero vivir")
        for label in ("Sí", "No sé", "Escríbeme en 15 minutos"):
            await home.taps(ana, label)
        home.api.block(ana)
        await home.settle()
        before = home.api.world.calls.total
        await home.later(16 * 60)
        await home.later(2 * HOUR)
        speaking = ("sendMessage", "editMessageText", "sendVoice", "sendPhoto")
        assert [call for call in home.api.calls(since=before) if call.method in speaking] == []
        screen = await home.says(ana, "/start")
        assert screen.text


async def test_a_block_that_was_not_told_ends_the_sending_too(tmp_path: Path) -> None:
    """The answer 403 is the only sign: the item is given up, and the chat's others with it."""
    async with house(tmp_path) as home:
        ana = home.person()
        await home.says(ana, "/start")
        home.api.text(ana, "me extorsionan")
        ana.blocked.add(home.api.bot.id)
        await home.settle()
        refused = [call for call in home.api.calls() if call.error and "blocked" in call.error]
        assert len(refused) == 1
        assert home.running.deliverer.busy == 0


@pytest.mark.parametrize("webhook", [False, True], ids=["polling", "webhook"])
async def test_twenty_people_at_once_each_get_their_own(tmp_path: Path, webhook: bool) -> None:
    """Nobody sees a word of another, each chat is in order, and no press is left spinning."""
    async with house(tmp_path, webhook=webhook) as home:
        people = [home.person() for _ in range(20)]
        needs = ["mi hijo no aparece", "me extorsionan", "me amenazan", "no tengo donde dormir"]
        says = ["falta tu hijo", "te piden dinero", "te da miedo", "tuviste que irte"]
        for at, who in enumerate(people):
            home.api.press_start(who)
            home.api.text(who, needs[at % 4])
        await home.settle()
        for at, who in enumerate(people):
            seen = " ".join(home.left(who))
            assert says[at % 4] in seen
            assert not any(words in seen for place, words in enumerate(says) if place != at % 4)
            assert len(home.ours(who)) == 1
