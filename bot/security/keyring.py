"""The key file: the one secret file of a data folder, made at first start, readable by its owner alone and never written again.

It holds the key-encryption key with its epoch, the pepper of the pseudonyms and the key of the buttons. It is never in the database and
must never be in the same backup: a backup with both would make forgetting a fiction (promises.md R4, R5). If it is lost, everything
sealed is lost with it, on purpose.
"""

from __future__ import annotations

import json
import os
import stat
from base64 import b64decode, b64encode
from collections.abc import Mapping
from pathlib import Path
from typing import Final, Self

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from bot.security.chain import Chain
from bot.security.sealing import KEY_BYTES, Cipher, Secret, new_secret, place

KEY_FILE: Final = "amparo.key"
_MODE: Final = 0o400
_FORMAT: Final = 1
_FIRST_EPOCH: Final = 1


_RESTORE: Final = "Restore it from where you keep keys; a new one opens nothing old."


class KeyFileError(Exception):
    """The key file cannot be used as it is. The message says why and what to do; it never holds any of its contents."""


class Keyring:
    """The keys of one data folder, in memory.

    `pepper` feeds `Pseudonyms`, `buttons` feeds `tokens`, `marks` seals the few fields that must outlive a conversation's key, `staff` what
    is kept of those who answer and must outlive a case's key, `trail` the entries of the audit trail, whose links `chain` makes; these four
    are derived, so the file need not change for them. `wrap`/`unwrap` seal the keys of conversations and cases. `epoch` is the
    key-encryption key's: it stands in the associated data of wrapped keys and nowhere else, so re-wrapping leaves every field readable.
    """

    __slots__ = ("_wrapping", "buttons", "chain", "epoch", "marks", "pepper", "staff", "trail")

    def __init__(self, *, kek: Secret, epoch: int, pepper: Secret, buttons: Secret) -> None:
        self._wrapping = Cipher(kek)
        self.epoch = epoch
        self.pepper = pepper
        self.buttons = buttons
        self.marks = Cipher(_derived(pepper, b"marks"))
        self.staff = Cipher(_derived(pepper, b"staff"))
        self.trail = Cipher(_derived(pepper, b"trail"))
        self.chain = Chain(_derived(pepper, b"chain"))

    def __repr__(self) -> str:
        return f"Keyring(epoch={self.epoch})"

    @classmethod
    def load_or_create(cls, folder: Path) -> Self:
        """Read the folder's key file, or make one when there is none. Raises `KeyFileError`."""
        path = folder / KEY_FILE
        try:
            path.lstat()
        except FileNotFoundError:
            _create(path)
        return cls._load(path)

    @classmethod
    def in_memory(cls) -> Self:
        """Fresh keys that are written nowhere."""
        return cls(kek=new_secret(), epoch=_FIRST_EPOCH, pepper=new_secret(), buttons=new_secret())

    @classmethod
    def _load(cls, path: Path) -> Self:
        fields = _fields(path, _read(path))
        return cls(
            kek=_secret(path, fields, "kek"),
            epoch=_epoch(path, fields),
            pepper=_secret(path, fields, "pepper"),
            buttons=_secret(path, fields, "buttons"),
        )

    def wrap(self, key: Secret, *, owner: bytes) -> bytes:
        """Seal a key for its owner under this epoch."""
        return self._wrapping.seal(key.reveal(), place("key", "wrapped", owner, self.epoch))

    def unwrap(self, wrapped: bytes, *, owner: bytes, epoch: int) -> Secret:
        """The owner's key, or `SealBroken` when it is another owner's, altered, or of an epoch that has been destroyed."""
        return Secret(self._wrapping.open(wrapped, place("key", "wrapped", owner, epoch)))


def _derived(secret: Secret, purpose: bytes) -> Secret:
    return Secret(HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=purpose).derive(secret.reveal()))


def _create(path: Path) -> None:
    """Write beside, flush, then link into place: a crash leaves no key file or a whole one, and an existing one is never replaced."""
    fresh = {name: b64encode(new_secret().reveal()).decode() for name in ("kek", "pepper", "buttons")}
    content = json.dumps({"format": _FORMAT, "epoch": _FIRST_EPOCH, **fresh}, indent=1).encode()
    beside = path.with_name(f"{path.name}.{os.getpid()}.new")
    try:
        beside.unlink(missing_ok=True)
        _write_flushed(beside, content)
        try:
            os.link(beside, path)
        except FileExistsError:
            return  # another start was quicker: its file is the one
        finally:
            beside.unlink()
        _flush_folder(path.parent)
    except OSError as error:
        raise KeyFileError(f"cannot create {path.name}: {error.strerror}. Make the data folder writable for this user.") from None


def _write_flushed(path: Path, content: bytes) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, _MODE)
    try:
        os.fchmod(handle, _MODE)
        while content:
            content = content[os.write(handle, content) :]
        os.fsync(handle)
    finally:
        os.close(handle)


def _flush_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _read(path: Path) -> bytes:
    try:
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError as error:
        raise KeyFileError(f"cannot open {path.name}: {error.strerror}. It must be a plain file that this user may read.") from None
    try:
        _check(path, os.fstat(handle))
        return os.read(handle, 1 << 16)
    finally:
        os.close(handle)


def _check(path: Path, found: os.stat_result) -> None:
    if not stat.S_ISREG(found.st_mode):
        raise KeyFileError(f"{path.name} is not a plain file. Put the key file itself there, not a link or a device.")
    if found.st_uid != os.geteuid():
        raise KeyFileError(f"{path.name} belongs to another user. It must belong to the user who runs this program.")
    mode = stat.S_IMODE(found.st_mode)
    if mode & ~_MODE:
        raise KeyFileError(f"{path.name} has mode {mode:04o}: others might read or change it. Run: chmod 400 {path.name}")


def _fields(path: Path, content: bytes) -> Mapping[str, object]:
    try:
        fields = json.loads(content)
    except ValueError:
        fields = None
    if not isinstance(fields, dict) or fields.get("format") != _FORMAT:
        raise KeyFileError(f"{path.name} is not a key file of a known format. {_RESTORE}")
    return fields


def _secret(path: Path, fields: Mapping[str, object], name: str) -> Secret:
    value = fields.get(name)
    try:
        secret = b64decode(value, validate=True) if isinstance(value, str) else b""
    except ValueError:
        secret = b""
    if len(secret) != KEY_BYTES:
        raise KeyFileError(f"{path.name} holds no usable {name!r}. {_RESTORE}")
    return Secret(secret)


def _epoch(path: Path, fields: Mapping[str, object]) -> int:
    epoch = fields.get("epoch")
    if not isinstance(epoch, int) or isinstance(epoch, bool) or epoch < _FIRST_EPOCH:
        raise KeyFileError(f"{path.name} names no epoch. {_RESTORE}")
    return epoch
