"""A small whole house on disk: sound content, its lint, its catalogs. What tests of the shell break, run and look at."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from bot.house import load_house
from bot.i18n.catalogs import fill, update_all
from tests.flows.authoring.house import LOCALES, build
from tests.house import ROOT

SPOKEN = """
  echo_choice: "Entendí: {choice}"
  echo_not_a_choice: "Elige una, por favor."
  echo_not_understood: "No te entendí bien, y no es tu culpa."
  echo_stale: "Ese botón ya pasó."
  fact_dated: "Revisado el {when}"
  no_sources: "Aquí no hay datos."
  only_in_spanish: "Solo en español"
  source_checked: "Revisado el {when}"
  test_version: "Versión de prueba: aquí no hay nadie detrás."
  bot_name: "Notas"
  bot_short_description: "Apuntes."
  bot_description: "Apuntes y datos útiles."
"""


def small_house(folder: Path) -> Path:
    """Build it; answers the folder that holds content/ and locales/."""
    build(folder)
    for name in ("never.yaml", "clocks.yaml"):
        shutil.copy(ROOT / "content" / name, folder / "content")
    (folder / "content" / "voice").mkdir()
    (folder / "content" / "voice" / "hello.es.ogg").write_bytes(b"OggS")
    interface = folder / "content" / "interface.yaml"
    interface.write_text(interface.read_text("utf-8").replace("messages:\n", f"messages:{SPOKEN}", 1), "utf-8")
    translate(folder)
    return folder


def translate(folder: Path) -> None:
    """Bring the catalogs up to the content; every text is its own translation."""
    messages = load_house(folder).messages
    update_all(folder / "locales", messages, LOCALES)
    for locale in LOCALES:
        fill(folder / "locales", locale, {message.id: message.text for message in messages}, machine=False)


def rewrite(file: Path, old: str, new: str) -> None:
    """Change a file; its time is moved on, as clocks of file systems are coarse."""
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new), "utf-8")
    touch(file)


def touch(file: Path) -> None:
    """Later than it was."""
    at = file.stat().st_mtime_ns + 1_000_000_000
    os.utime(file, ns=(at, at))
