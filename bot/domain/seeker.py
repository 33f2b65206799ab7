"""Who a seeker is to us: a keyed hash, and nothing else."""

from __future__ import annotations

from typing import NewType

SeekerId = NewType("SeekerId", bytes)
"""HMAC-SHA-256(pepper, "tg-user" || platform id), 32 bytes (promises.md R1). Never logged whole: ids in logs are its first 4 bytes in
hex."""
