"""Hangs the pieces together. The only module that knows every concrete class."""

from __future__ import annotations

import asyncio
import gc
import os
import secrets
import signal
import sys
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

import structlog

from bot.ballast import Ballast
from bot.channels.telegram.desk import TelegramDeskChannel
from bot.channels.telegram.limits import Limiter
from bot.channels.telegram.outgoing import TelegramChannel
from bot.channels.telegram.poller import Poller, TokenRejected
from bot.channels.telegram.transport import Api, HttpRequest, NotSent, Unanswered
from bot.channels.telegram.webhook import WebhookServer, WebhookSettings, set_webhook
from bot.clock import SystemClock
from bot.desk import DeskParts, OneBot, open_desk
from bot.domain.facts import Facts, Standing, standing
from bot.domain.seeker import SeekerId
from bot.house import LiveFacts, Loaded, find_house, load_house, whole
from bot.recordings import FolderRecordings
from bot.security.keyring import KEY_FILE, KeyFileError, Keyring
from bot.security.pseudonyms import Pseudonyms
from bot.settings import Settings, is_loopback
from bot.storage.folder import DataFolder
from bot.storage.sql_storage import open_storage
from bot.understanding.understanding import Understanding
from bot.usecases.buckets import Buckets
from bot.usecases.channel import Receiver
from bot.usecases.context import Context, survive
from bot.usecases.deliver import Deliverer
from bot.usecases.desk.relay import Relay
from bot.usecases.ports import Clock, Storage
from bot.usecases.programs import Programs
from bot.usecases.receive import Reception
from bot.usecases.records import Records
from bot.usecases.wording import Wording
from bot.worker import Worker

log = structlog.get_logger()
WEBHOOK_TOLD_EVERY = 600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A running Amparo, less its way of getting updates."""

    settings: Settings
    context: Context
    reception: Reception
    deliverer: Deliverer
    worker: Worker
    desk: DeskParts
    receive: Receiver
    api: Api
    desk_api: Api
    storage: Storage
    loaded: Loaded


def crash_points(spec: str | None) -> Callable[[str], None]:
    """For fault tests: `POINT:N` ends the process as kill -9 would when POINT is passed for the Nth time."""
    if not spec:
        return survive
    wanted, _, number = spec.partition(":")
    passed: Counter[str] = Counter()

    def crash(point: str) -> None:
        if point == wanted:
            passed[point] += 1
            if passed[point] >= int(number or 1):
                os.kill(os.getpid(), signal.SIGKILL)

    return crash


@asynccontextmanager
async def service(settings: Settings, *, clock: Clock | None = None, loaded: Loaded | None = None) -> AsyncIterator[Service]:
    """Open everything in order, recover what an earlier run left, and close in the opposite order."""
    clock = clock or SystemClock()
    loaded = whole(loaded or load_house(settings.content or find_house()))
    crash = crash_points(settings.crash_at)
    token = settings.telegram_token.get_secret_value() if settings.telegram_token else ""
    with DataFolder.lock(settings.data) as folder:
        if folder.database.exists() and not (folder.path / KEY_FILE).exists():
            raise KeyFileError(f"{folder.path} holds a database but no {KEY_FILE}: put its key back; a new one could open nothing")
        keyring = Keyring.load_or_create(folder.path)
        ballast = Ballast(folder.path)
        ballast.take_on()
        storage = await open_storage(folder.database, keyring, clock, hook=crash)
        request = HttpRequest(connections=256)
        await request.initialize()
        api = Api(settings.telegram_api, token, request)
        limiter = None if settings.limits == "off" else Limiter(clock)
        channel = TelegramChannel(api, limiter)
        desk_api = Api(settings.telegram_api, settings.desk_token, request)
        desk_limiter = limiter if settings.one_bot else None if settings.limits == "off" else Limiter(clock)
        desk_channel = TelegramDeskChannel(desk_api, desk_limiter)
        pseudonyms = Pseudonyms(keyring.pepper)
        facts = LiveFacts(loaded, settings.data)
        program, bundle = loaded.compiled()
        programs = Programs(storage, program, bundle)
        await programs.keep(int(clock.now()))

        stands = standing_now(facts, settings)

        context = Context(
            storage=storage,
            channel=channel,
            clock=clock,
            programs=programs,
            pseudonym=lambda user: SeekerId(pseudonyms.telegram_user(user)),
            button_key=keyring.buttons,
            read=Understanding.of(loaded.content.phrases, loaded.root / "content" / "understanding"),
            facts=facts,
            standing=stands,
            recordings=FolderRecordings(loaded.root / "content" / "voice"),
            crash=crash,
            relieve=ballast.drop,
        )

        def account(user: int) -> bytes:
            return pseudonyms.mark("tg-responder", pseudonyms.telegram_user(user))

        desk = await open_desk(
            loaded=loaded,
            storage=storage,
            clock=clock,
            keyring=keyring,
            account=account,
            channel=desk_channel,
            seekers=channel,
            opens=lambda: not stands().test_version,
            loopback=settings.loopback,
        )
        records = Records(storage)
        deliverer = Deliverer(context, records, Wording(programs, facts, stands, clock), Relay(desk.office))
        buckets = None if settings.limits == "off" else Buckets(clock)
        reception = Reception(context, deliverer, buckets, desk.office)
        desk.office.tell = reception.tell
        desk.office.crash = crash
        receive = OneBot(desk.office, account, desk.reception, reception) if settings.one_bot else reception
        worker = Worker(storage, reception, deliverer, clock, facts.refresh, steady=isinstance(clock, SystemClock), desk=desk.ladder)
        try:
            await worker.start()
            yield Service(
                settings=settings,
                context=context,
                reception=reception,
                deliverer=deliverer,
                worker=worker,
                desk=desk,
                receive=receive,
                api=api,
                desk_api=desk_api,
                storage=storage,
                loaded=loaded,
            )
        finally:
            await reception.close()
            await worker.close()
            await desk.deliverer.close()
            await deliverer.close()
            await records.close()
            await channel.close()
            await desk_channel.close()
            await request.shutdown()
            await storage.close()


def standing_now(facts: Callable[[], Facts], settings: Settings) -> Callable[[], Standing]:
    """How this copy stands, worked out anew only when the facts have changed: it is asked for every screen."""

    known: dict[str, Standing] = {}

    def now() -> Standing:
        held = facts()
        if held.version not in known:
            known.clear()
            known[held.version] = standing(held, organization=settings.organization, loopback=settings.loopback)
        return known[held.version]

    return now


def _spare_the_collector() -> None:
    """What was loaded at start stays for good: the collector need not walk through it again, nor look so often (measured: stalls)."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


async def serve(settings: Settings, stop: asyncio.Event, *, clock: Clock | None = None, ready: asyncio.Event | None = None) -> None:
    """Run until told to stop: long polling, or the webhook when an address for it is set."""
    sys.setswitchinterval(0.001)  # the database's thread waits less for the interpreter: commits are shorter (measured)
    async with service(settings, clock=clock) as running:
        _spare_the_collector()
        log.info("serving", kind="webhook" if settings.webhook_url else "polling")
        if ready:
            ready.set()
        tasks = [asyncio.create_task(running.worker.run(stop)), asyncio.create_task(_intake(running, stop))]
        if not settings.one_bot:  # responders are few: their bot is polled, whatever way the seekers' updates come
            tasks.append(asyncio.create_task(Poller(running.desk_api, running.desk.reception).run(stop)))
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            stop.set()
            for task in done:
                task.result()
            await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task


async def _intake(running: Service, stop: asyncio.Event) -> None:
    if not running.settings.webhook_url:
        await Poller(running.api, running.receive).run(stop)
        return
    wanted = webhook_settings(running.settings)
    server = WebhookServer(wanted, running.receive)
    address = wanted if not is_loopback(urlsplit(wanted.url).hostname or "") else replace(wanted, url=f"http://127.0.0.1:{server.port}")
    telling = asyncio.create_task(_keep_told(running.api, address, stop))
    serving = asyncio.create_task(server.run(stop))
    try:
        done, _ = await asyncio.wait((telling, serving), return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        stop.set()
        await asyncio.gather(telling, serving, return_exceptions=True)


async def _keep_told(api: Api, wanted: WebhookSettings, stop: asyncio.Event) -> None:
    """Tell the platform where we are until it has understood, and again now and then: somebody else's mistaken setWebhook would otherwise
    take every update without a sound. Raises `TokenRejected`."""
    failures = 0
    while not stop.is_set():
        try:
            answer = await set_webhook(api, wanted)
        except (NotSent, Unanswered):
            answer = None
        if answer is not None and answer.status in (401, 404):
            raise TokenRejected(f"the Bot API answered {answer.status} to the token")
        failures = 0 if answer is not None and answer.ok else failures + 1
        if failures:
            log.error("webhook_not_set", status=answer.status if answer else 0, failures=failures)
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), WEBHOOK_TOLD_EVERY if not failures else min(60.0, 2.0**failures))


def webhook_settings(settings: Settings) -> WebhookSettings:
    """A new random path and secret at every start: nobody has to keep them."""
    host, _, port = settings.webhook_listen.rpartition(":")
    return WebhookSettings(
        url=settings.webhook_url or "",
        path=secrets.token_urlsafe(24),
        secret=secrets.token_urlsafe(32),
        host=host.strip("[]") or "127.0.0.1",
        port=int(port),
    )


async def reachable(settings: Settings) -> str:
    """Ask the Bot API who we are; the class of what went wrong, or nothing."""
    request = HttpRequest(connections=1)
    await request.initialize()
    try:
        token = settings.telegram_token.get_secret_value() if settings.telegram_token else ""
        answer = await Api(settings.telegram_api, token, request).call("getMe", b"{}")
        return "" if answer.ok else f"status {answer.status}"
    except (NotSent, Unanswered) as error:
        return type(error).__name__
    finally:
        await request.shutdown()
