"""The key file: made whole or not at all, for its owner's eyes only, and told apart from everything that is not one."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest

from bot.security.keyring import KEY_FILE, KeyFileError, Keyring
from bot.security.sealing import SealBroken, new_secret


def _rewrite(path: Path, **changes: object) -> None:
    fields = json.loads(path.read_text())
    path.chmod(0o600)
    path.write_text(json.dumps({**fields, **changes}))
    path.chmod(0o400)


def test_the_first_start_makes_a_file_only_its_owner_can_read(tmp_path: Path) -> None:
    Keyring.load_or_create(tmp_path)
    assert stat.S_IMODE((tmp_path / KEY_FILE).stat().st_mode) == 0o400
    assert [path.name for path in tmp_path.iterdir()] == [KEY_FILE]


def test_a_later_start_finds_the_same_keys(tmp_path: Path) -> None:
    first, again = Keyring.load_or_create(tmp_path), Keyring.load_or_create(tmp_path)
    assert (first.pepper, first.buttons, first.epoch) == (again.pepper, again.buttons, again.epoch)
    key = new_secret()
    assert again.unwrap(first.wrap(key, owner=b"a"), owner=b"a", epoch=first.epoch) == key
    assert again.marks.open(first.marks.seal(b"until", b"x"), b"x") == b"until"


def test_two_folders_share_nothing(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    one, other = Keyring.load_or_create(tmp_path / "a"), Keyring.load_or_create(tmp_path / "b")
    assert one.pepper != other.pepper
    assert one.buttons != other.buttons
    with pytest.raises(SealBroken):
        other.unwrap(one.wrap(new_secret(), owner=b"a"), owner=b"a", epoch=1)


def test_the_keys_in_one_file_are_all_different(tmp_path: Path) -> None:
    Keyring.load_or_create(tmp_path)
    fields = json.loads((tmp_path / KEY_FILE).read_text())
    assert len({fields[name] for name in ("kek", "pepper", "buttons")}) == 3


def test_a_wrapped_key_opens_for_its_owner_and_epoch_alone(tmp_path: Path) -> None:
    keyring = Keyring.load_or_create(tmp_path)
    wrapped = keyring.wrap(new_secret(), owner=b"a")
    for owner, epoch in ((b"b", keyring.epoch), (b"a", keyring.epoch + 1)):
        with pytest.raises(SealBroken):
            keyring.unwrap(wrapped, owner=owner, epoch=epoch)


@pytest.mark.parametrize("mode", [0o404, 0o440, 0o444, 0o600, 0o640, 0o644, 0o700, 0o777])
def test_a_file_that_others_could_read_or_change_is_refused_with_the_remedy(tmp_path: Path, mode: int) -> None:
    Keyring.load_or_create(tmp_path)
    (tmp_path / KEY_FILE).chmod(mode)
    with pytest.raises(KeyFileError, match=f"{mode:04o}.*chmod 400"):
        Keyring.load_or_create(tmp_path)


def test_a_link_is_refused(tmp_path: Path) -> None:
    Keyring.load_or_create(tmp_path)
    (tmp_path / KEY_FILE).rename(tmp_path / "elsewhere")
    (tmp_path / KEY_FILE).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(KeyFileError, match="plain file"):
        Keyring.load_or_create(tmp_path)


def test_a_folder_in_its_place_is_refused(tmp_path: Path) -> None:
    (tmp_path / KEY_FILE).mkdir(mode=0o400)
    with pytest.raises(KeyFileError, match="plain file"):
        Keyring.load_or_create(tmp_path)


def test_a_file_of_another_user_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Keyring.load_or_create(tmp_path)
    somebody_else = os.geteuid() + 1
    monkeypatch.setattr(os, "geteuid", lambda: somebody_else)
    with pytest.raises(KeyFileError, match="another user"):
        Keyring.load_or_create(tmp_path)


def test_a_missing_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(KeyFileError, match="cannot create"):
        Keyring.load_or_create(tmp_path / "nowhere")


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b"\xff\xfe", b'{"format": 2}'])
def test_what_is_no_key_file_is_told_and_left_alone(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / KEY_FILE
    path.write_bytes(content)
    path.chmod(0o400)
    with pytest.raises(KeyFileError, match="not a key file"):
        Keyring.load_or_create(tmp_path)
    assert path.read_bytes() == content


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"kek": "AAAA"}, "kek"),
        ({"pepper": "***"}, "pepper"),
        ({"buttons": 5}, "buttons"),
        ({"epoch": 0}, "epoch"),
        ({"epoch": True}, "epoch"),
    ],
)
def test_a_spoilt_field_is_named_and_its_value_is_not(tmp_path: Path, changes: dict[str, object], told: str) -> None:
    Keyring.load_or_create(tmp_path)
    path = tmp_path / KEY_FILE
    secrets = [value for value in json.loads(path.read_text()).values() if isinstance(value, str)]
    _rewrite(path, **changes)
    with pytest.raises(KeyFileError, match=told) as raised:
        Keyring.load_or_create(tmp_path)
    assert not any(secret in str(raised.value) for secret in secrets)


def test_a_half_written_file_of_a_crash_is_no_key_file(tmp_path: Path) -> None:
    """A crash before the link leaves only the file beside, under another name; the next start makes a key file."""
    (tmp_path / f"{KEY_FILE}.{os.getpid()}.new").write_bytes(b"half")
    keyring = Keyring.load_or_create(tmp_path)
    assert keyring.pepper == Keyring.load_or_create(tmp_path).pepper


def test_a_quicker_start_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between looking and linking another process made the file: its keys are used, not ours."""
    link = os.link

    def late_link(source: Path, target: Path) -> None:
        monkeypatch.setattr(os, "link", link)
        monkeypatch.setattr(os, "getpid", lambda: 1)
        Keyring.load_or_create(tmp_path)
        link(source, target)

    monkeypatch.setattr(os, "link", late_link)
    keyring = Keyring.load_or_create(tmp_path)
    assert keyring.pepper == Keyring.load_or_create(tmp_path).pepper


def test_a_keyring_shows_nothing() -> None:
    assert repr(Keyring.in_memory()) == "Keyring(epoch=1)"
