"""The chain of digests: every part of a link counts."""

from __future__ import annotations

import pytest

from bot.security.chain import START, Chain
from bot.security.keyring import Keyring
from bot.security.sealing import new_secret


def test_a_link_is_made_of_all_it_covers() -> None:
    chain = Chain(new_secret())
    link = chain.link(START, 1, b"entry")
    assert len(link) == 32
    assert chain.fits(link, START, 1, b"entry")
    for before, number, entry in ((link, 1, b"entry"), (START, 2, b"entry"), (START, 1, b"entrY"), (START, 1, b"entry ")):
        assert not chain.fits(link, before, number, entry)
    assert not Chain(new_secret()).fits(link, START, 1, b"entry")
    assert not chain.fits(link[:31], START, 1, b"entry")


def test_a_digest_has_its_length() -> None:
    chain = Chain(new_secret())
    with pytest.raises(ValueError, match="32 bytes"):
        chain.link(b"short", 1, b"entry")
    assert not chain.fits(START, b"short", 1, b"entry")
    assert repr(chain) == "Chain()"


def test_a_keyring_derives_the_same_from_the_same_file_and_nothing_twice() -> None:
    one, other = Keyring.in_memory(), Keyring.in_memory()
    again = Keyring(kek=new_secret(), epoch=1, pepper=one.pepper, buttons=new_secret())
    for name in ("marks", "staff", "trail"):
        sealed = getattr(one, name).seal(b"x", b"here")
        assert getattr(again, name).open(sealed, b"here") == b"x"
        for keyring, cipher in ((one, "marks"), (one, "staff"), (one, "trail"), (other, name)):
            if (keyring, cipher) != (one, name):
                with pytest.raises(Exception, match="seal"):
                    getattr(keyring, cipher).open(sealed, b"here")
    assert one.chain.link(START, 1, b"e") == again.chain.link(START, 1, b"e") != other.chain.link(START, 1, b"e")
