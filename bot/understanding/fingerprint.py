"""Whether weights are as new as the lines and lexicons they were made from."""

from __future__ import annotations

from hashlib import sha256

from bot.understanding.materials import Materials


def fingerprint(materials: Materials) -> str:
    """Changes with any line or lexicon entry."""
    parts = [f"{line.locale}|{line.label}|{line.text}" for line in materials.lines]
    parts += [f"{each.concept}|{each.locale}|{each.phrase}" for each in materials.listed]
    return sha256("\n".join(sorted(parts)).encode()).hexdigest()[:16]
