"""What the tests of the phone page share: a browser, a bot that speaks over HTTP, and questions about what is drawn.

Every test that uses the `house` fixture also fails when the browser reports an error, a broken security policy or a
request that leaves the server's own origin.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
from playwright.async_api import Browser, BrowserContext, Locator, Page, ViewportSize, expect

from bot.botapi import LocalBotApi
from tests.botapi.scene import Talk

CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
NARROW = ViewportSize(width=360, height=740)
WIDE = ViewportSize(width=1280, height=800)

Call = dict[str, Any]


@dataclass(kw_only=True)
class Bot:
    """The bot's side: raw calls over HTTP."""

    root: str
    token: str
    id: int
    http: aiohttp.ClientSession
    offset: int = 0

    async def call(self, method: str, **parameters: object) -> Any:
        """The answer's `result`; an error answer fails the test."""
        answer = await self.try_call(method, **parameters)
        assert answer["ok"], answer
        return answer["result"]

    async def try_call(self, method: str, **parameters: object) -> Call:
        """The whole answer, right or wrong."""
        async with self.http.post(f"{self.root}/bot{self.token}/{method}", json=parameters) as answer:
            read: Call = await answer.json()
            return read

    async def hears(self) -> Call:
        """The next update."""
        updates = await self.call("getUpdates", offset=self.offset, limit=1, timeout=10)
        assert updates, "the bot heard nothing"
        self.offset = updates[0]["update_id"] + 1
        return dict(updates[0])

    async def is_started(self, page: Page) -> int:
        """The person presses Start; gives the chat's id."""
        await page.locator(".phone.active .empty button").click()
        message = (await self.hears())["message"]
        assert message["text"] == "/start"
        return int(message["chat"]["id"])


@dataclass(kw_only=True)
class House:
    """One running server, its bot, and the browser contexts of a test."""

    server: LocalBotApi
    bot: Bot
    browser: Browser
    complaints: list[str] = field(default_factory=list)
    contexts: list[BrowserContext] = field(default_factory=list)

    async def page(self, *, size: ViewportSize = WIDE, query: str = "", **options: Any) -> Page:
        """A fresh browser page on the demo."""
        context = await self.browser.new_context(viewport=size, timezone_id="America/Mexico_City", **options)
        self.contexts.append(context)
        context.set_default_timeout(10_000)
        page = await context.new_page()
        page.on("console", lambda said: self._note("console", said.text) if said.type in {"error", "warning"} else None)
        page.on("pageerror", lambda error: self._note("error", str(error)))
        page.on("request", lambda asked: None if asked.url.startswith(self.bot.root) else self._note("left", asked.url))
        await page.goto(f"{self.bot.root}/{query}")
        return page

    def talk(self, bot: Bot) -> Talk:
        """A bot's side of the wire with uploads."""
        return Talk(bot.http, bot.root, bot.token)

    def _note(self, kind: str, what: str) -> None:
        self.complaints.append(f"{kind}: {what}")


async def a_person(page: Page, name: str = "Rosa", language: str = "es") -> None:
    """Make a person with the page's own form."""
    await page.locator("#bar").get_by_role("button", name=re.compile("Persona nueva|New person")).click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_role("textbox").fill(name)
    await dialog.get_by_label(re.compile("Idioma|Language")).select_option(language)
    await page.keyboard.press("Enter")
    await expect(page.locator(".phone.active h2")).to_be_visible()
    await expect(page.locator(".phone.active .owner")).to_contain_text(name)


def key(data: str, text: str = "") -> dict[str, str]:
    return {"text": text or data, "callback_data": data}


def keys(*rows: list[dict[str, Any]]) -> dict[str, Any]:
    return {"inline_keyboard": list(rows)}


def bubbles(page: Page) -> Locator:
    return page.locator(".phone.active .message:not(.leaving)")


OVERFLOWS = """() => [...document.querySelectorAll('body *')].filter((node) => {
  const box = node.getBoundingClientRect();
  return box.width > 1 && getComputedStyle(node).visibility !== 'hidden'
    && !node.closest('.tabs') && (box.right > innerWidth + 1 || box.left < -1);
}).map((node) => node.outerHTML.slice(0, 80))"""

NAMELESS = """() => [...document.querySelectorAll('button, input, select, textarea, audio, img')]
  .filter((node) => node.checkVisibility())
  .filter((node) => !(node.innerText || node.getAttribute('aria-label') || node.alt || node.closest('label')))
  .map((node) => node.outerHTML.slice(0, 80))"""

# Smallest contrast of any visible text with the nearest painted ground behind it (WCAG 2.2, 1.4.3).
FAINT = """() => {
  const numbers = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => {
    const [x, y, z] = [r, g, b].map((c) => c / 255).map((c) => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const ground = (node) => {
    for (let at = node; at; at = at.parentElement) {
      const [r, g, b, a = 1] = numbers(getComputedStyle(at).backgroundColor);
      if (a === 1) return [r, g, b];
    }
    return [255, 255, 255];
  };
  const paint = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const plain = (colour) => { paint.fillStyle = colour; paint.fillRect(0, 0, 1, 1); return [...paint.getImageData(0, 0, 1, 1).data]; };
  return [...document.querySelectorAll('body *')].flatMap((node) => {
    const hasText = [...node.childNodes].some((child) => child.nodeType === 3 && child.data.trim());
    if (!hasText || !node.checkVisibility() || node.closest('.unseen, .spoiler, script, noscript')) return [];
    const pair = [light(plain(getComputedStyle(node).color)), light(ground(node))].sort((a, b) => b - a);
    const ratio = (pair[0] + 0.05) / (pair[1] + 0.05);
    return ratio < 4.5 ? [`${ratio.toFixed(2)} ${node.outerHTML.slice(0, 80)}`] : [];
  });
}"""
