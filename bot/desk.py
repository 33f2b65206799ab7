"""Builds the desk of a running copy: what it knows, who delivers, who receives, and its clockwork.

With a bot of their own (`AMPARO_RESPONDERS_TOKEN`) responders have topics in their private chats. Without one they write to the seekers'
bot: `OneBot` then tells them apart by their account, and everything about a case goes by replies.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from bot.domain.clocks import clocks_of
from bot.domain.organization import organization_of, served
from bot.domain.staff import ResponderState
from bot.house import HouseBroken, Loaded
from bot.security.keyring import Keyring
from bot.security.pseudonyms import Pseudonyms
from bot.usecases.channel import Channel, DeskChannel, Incoming, Receiver
from bot.usecases.desk import joining
from bot.usecases.desk.book import Book
from bot.usecases.desk.deliver import DeskDeliverer
from bot.usecases.desk.ladder import Ladder
from bot.usecases.desk.office import Office
from bot.usecases.desk.reception import DeskReception
from bot.usecases.desk.texts import Texts
from bot.usecases.desk_ports import DeskStorage
from bot.usecases.ports import Clock
from flows.authoring.never import read_never

DAY: Final = 86_400
LET_IN: Final = (ResponderState.REDEEMED, ResponderState.ACTIVE)
"""Whose messages are for the desk, where there is one bot for everybody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskParts:
    """The running desk."""

    office: Office
    deliverer: DeskDeliverer
    reception: DeskReception
    ladder: Ladder


async def open_desk(
    *,
    loaded: Loaded,
    storage: DeskStorage,
    clock: Clock,
    keyring: Keyring,
    account: Callable[[int], bytes],
    channel: DeskChannel,
    seekers: Channel,
    opens: Callable[[], bool],
    loopback: bool,
) -> DeskParts:
    """Read what is stored, hang the parts together, and go on with what an earlier run left undone."""
    office = await open_office(loaded=loaded, storage=storage, clock=clock, keyring=keyring, opens=opens, loopback=loopback)
    deliverer = DeskDeliverer(office, channel, seekers, keyring.buttons)
    office.outgoing = deliverer
    deliverer.recover(await storage.desk_owed())
    reception = DeskReception(office, channel, account, keyring.buttons)
    return DeskParts(office=office, deliverer=deliverer, reception=reception, ladder=Ladder(office))


async def open_office(
    *, loaded: Loaded, storage: DeskStorage, clock: Clock, keyring: Keyring, opens: Callable[[], bool], loopback: bool
) -> Office:
    """What the desk knows, read anew."""
    if loaded.desk is None:
        raise HouseBroken("content/clocks.yaml cannot be read; `amparo check` names the line")
    organizations = served(map(organization_of, loaded.desk.organizations.values()), loopback=loopback)
    never = read_never(loaded.root / "content")
    book = Book(storage=storage)
    await book.load(int(clock.now()) // DAY)
    return Office(
        book=book,
        clock=clock,
        clocks=clocks_of(loaded.desk.clocks),
        organizations={one.id: one for one in organizations},
        texts=Texts(messages=loaded.spoken(), unreviewed=loaded.unreviewed, order=tuple(loaded.content.replies)),
        opens=opens,
        lint=lambda text: bool(never.find(text, "es")),
        marks=Pseudonyms(keyring.pepper).mark("desk-words", b""),
    )


class OneBot:
    """A copy with one bot for everybody: who is let in (or waits for it), and who brings an invitation that holds, is received by the desk.
    Everybody else is a seeker, whatever they were before: somebody revoked, or who has just ended their own access in a panic, may need
    the numbers more than anybody."""

    def __init__(self, office: Office, account: Callable[[int], bytes], desk: Receiver, seekers: Receiver) -> None:
        self._office = office
        self._account = account
        self._desk = desk
        self._seekers = seekers

    async def __call__(self, batch: Sequence[Incoming]) -> None:
        """Both parts are committed when this returns. In order, since what somebody does may end their access; what the desk has worked
        already (a batch that comes again) stays the desk's."""
        known = [one.update_id for one in batch if one.user_id and self._office.book.responder_of(self._account(one.user_id)) is not None]
        worked = await self._office.book.storage.desk_seen(known) if known else frozenset()
        theirs = []
        for incoming in batch:
            if incoming.update_id in worked or self._of_the_desk(incoming):
                await self._desk([incoming])
            else:
                theirs.append(incoming)
        await self._seekers(theirs)

    def _of_the_desk(self, incoming: Incoming) -> bool:
        if not incoming.user_id:
            return False
        found = self._office.book.responder_of(self._account(incoming.user_id))
        if found is not None and found.state in LET_IN:
            return True
        return joining.invites(self._office, incoming)
