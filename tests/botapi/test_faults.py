"""Faults on demand, the sending limits, the clock: each does what it says, and only to the calls it names."""

from __future__ import annotations

import asyncio

import aiohttp
import pytest

from bot.botapi.faults import Fault, Faults, fault_from
from bot.botapi.flood import Flood
from tests.botapi.scene import HOUR, Scene, Talk

CUT = (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError)


def say(world: Scene) -> dict[str, object]:
    return {"chat_id": world.ana.id, "text": "hola"}


async def test_429_names_its_seconds_and_performs_nothing(world: Scene) -> None:
    world.api.faults(Fault(method="send*", kind="429", times=1, retry_after=7))
    before = world.api.messages(world.ana)
    refused = await world.talk.call("sendMessage", **say(world))
    assert refused == {
        "ok": False,
        "error_code": 429,
        "description": "Too Many Requests: retry after 7",
        "parameters": {"retry_after": 7},
    }
    assert world.api.messages(world.ana) == before
    assert (await world.talk.call("sendMessage", **say(world)))["ok"], "the fault was for one time"


@pytest.mark.parametrize(("status", "words"), [(502, "Bad Gateway"), (500, "Internal Server Error")])
async def test_5xx(world: Scene, status: int, words: str) -> None:
    world.api.faults(Fault(method="sendMessage", kind="5xx", times=1, status=status))
    refused = await world.talk.call("sendMessage", **say(world))
    assert (refused["error_code"], refused["description"]) == (status, words)
    assert (await world.talk.call("getMe"))["ok"]


@pytest.mark.parametrize(("kind", "arrives"), [("cut_before", False), ("cut_after", True)])
async def test_cuts(world: Scene, kind: str, arrives: bool) -> None:
    world.api.faults(Fault(method="sendMessage", kind=kind, times=1))
    with pytest.raises(CUT):
        await world.talk.call("sendMessage", chat_id=world.ana.id, text="a medias")
    assert world.api.sees(world.ana, "a medias") is arrives
    last = world.api.calls()[-1]
    assert (last.method, last.answer, last.fault) == ("sendMessage", None, kind)
    assert (await world.talk.call("sendMessage", **say(world)))["ok"]


@pytest.mark.parametrize("performed", [False, True])
async def test_timeout(world: Scene, performed: bool) -> None:
    world.api.faults(Fault(method="sendMessage", kind="timeout", times=1, performed=performed))
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.1):
            await world.talk.call("sendMessage", chat_id=world.ana.id, text="lento")
    assert world.api.sees(world.ana, "lento") is performed


async def test_a_timeout_ends_with_a_closed_connection(world: Scene) -> None:
    world.api.faults(Fault(method="getMe", kind="timeout", times=1, delay=0.01))
    with pytest.raises(CUT):
        await world.talk.call("getMe")


async def test_slow(world: Scene) -> None:
    world.api.faults(Fault(method="getMe", kind="slow", times=1, delay=0.01))
    assert (await world.talk.call("getMe"))["ok"]
    assert world.api.calls()[-1].fault == "slow"


async def test_a_duplicate_update_comes_after_it_was_confirmed(world: Scene) -> None:
    await world.talk.updates(offset=10**9)
    world.api.faults(Fault(method="getUpdates", kind="duplicate_update", times=1))
    world.api.text(world.ana, "uno")
    first = await world.talk.updates()
    again = await world.talk.updates(offset=first[0]["update_id"] + 1)
    assert again == first
    assert await world.talk.updates(offset=first[0]["update_id"] + 1) == []


async def test_faults_may_name_one_bot(world: Scene) -> None:
    other = world.api.add_bot(username="other_bot", name="Other")
    world.api.faults(Fault(method="*", kind="5xx", bot=other.id))
    assert (await world.talk.call("getMe"))["ok"]
    assert not (await Talk(world.talk.session, world.api.root, other.token).call("getMe"))["ok"]
    world.api.clear_faults()
    assert (await Talk(world.talk.session, world.api.root, other.token).call("getMe"))["ok"]


def test_chance_is_repeatable_and_counts_only_what_strikes() -> None:
    def strikes(seed: int) -> list[bool]:
        faults = Faults(seed)
        faults.add([Fault(method="*", kind="5xx", probability=0.5, times=20)])
        return [faults.strike("getMe", 1) is not None for _ in range(100)]

    assert strikes(3) == strikes(3)
    assert strikes(3) != strikes(4)
    assert sum(strikes(3)) == 20


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(ValueError, match="fault kind must be one of"):
        fault_from({"kind": "earthquake"})


# --- limits


def test_limits_of_a_chat_a_group_and_the_whole() -> None:
    flood = Flood(on=True)
    assert [flood.retry_after(1, 5, 0.0) for _ in range(4)] == [0, 0, 0, 1]
    assert flood.retry_after(1, 5, 1.0) == 0
    assert [flood.retry_after(1, -5, 0.0) for _ in range(21)][-1] == 3
    many = Flood(on=True)
    assert [many.retry_after(1, chat, 0.0) for chat in range(1, 32)] == [0] * 30 + [1]
    assert many.retry_after(2, 1, 0.0) == 0, "each bot has its own limits"


async def test_edits_count_and_copies_too(world: Scene) -> None:
    world.api.flood(on=True)
    ana, photo = world.ana.id, world.names["photo"]
    codes = [(await world.talk.call("copyMessage", chat_id=ana, from_chat_id=ana, message_id=photo)).get("error_code") for _ in range(5)]
    assert codes[-1] == 429
    edited = await world.talk.call("editMessageText", chat_id=ana, message_id=world.names["screen"], text="otra")
    assert edited["error_code"] == 429
    world.api.flood(on=False)
    assert (await world.talk.call("sendMessage", **say(world)))["ok"]


# --- the clock


async def test_dates_follow_the_clock_and_are_whole_seconds(world: Scene) -> None:
    before = (await world.talk.ok("sendMessage", **say(world)))["date"]
    world.api.advance(1000)
    after = (await world.talk.ok("sendMessage", **say(world)))["date"]
    assert isinstance(after, int)
    assert 1000 <= after - before < 1010


async def test_forty_eight_hours_to_the_second(world: Scene) -> None:
    sent = (await world.talk.ok("sendMessage", **say(world)))["message_id"]
    theirs = world.api.text(world.ana, "mía").id
    world.api.advance(48 * HOUR - 60)
    assert (await world.talk.call("deleteMessage", chat_id=world.ana.id, message_id=theirs))["ok"]
    world.api.advance(120)
    refused = await world.talk.call("deleteMessage", chat_id=world.ana.id, message_id=sent)
    assert refused["description"] == "Bad Request: message can't be deleted for everyone"
    assert (await world.talk.call("editMessageText", chat_id=world.ana.id, message_id=sent, text="editada"))["ok"]


async def test_sleepers_wake_when_the_clock_is_moved(world: Scene) -> None:
    clock = world.api.world.clock
    sleeper = asyncio.ensure_future(clock.sleep(5000))
    await asyncio.sleep(0)
    clock.advance(4000)
    await asyncio.sleep(0.01)
    assert not sleeper.done()
    clock.set_to(clock.now() + 1001)
    async with asyncio.timeout(5):
        await sleeper
