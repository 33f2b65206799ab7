"""Sealed fields open in their own place with their own key, and nowhere else."""

from __future__ import annotations

import os
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.security.sealing import NONCE_BYTES, OVERHEAD, Cipher, SealBroken, Secret, new_secret, open_sealed, place, seal

KEY = new_secret()
rows = st.binary(max_size=48)
names = st.from_regex(r"[a-z_]{1,12}", fullmatch=True)
places = st.tuples(names, names, rows, st.integers(0, 1 << 40))


@given(st.binary(max_size=5000), places)
def test_what_is_sealed_opens_in_its_place(plain: bytes, where: tuple[str, str, bytes, int]) -> None:
    sealed = seal(KEY, plain, aad=place(*where))
    assert len(sealed) == len(plain) + OVERHEAD
    assert open_sealed(KEY, sealed, aad=place(*where)) == plain


@given(st.binary(max_size=200), places, places)
def test_a_field_moved_to_another_place_does_not_open(
    plain: bytes, here: tuple[str, str, bytes, int], there: tuple[str, str, bytes, int]
) -> None:
    sealed = seal(KEY, plain, aad=place(*here))
    if here != there:
        with pytest.raises(SealBroken):
            open_sealed(KEY, sealed, aad=place(*there))


@given(places, places)
def test_no_two_places_give_the_same_bytes(here: tuple[str, str, bytes, int], there: tuple[str, str, bytes, int]) -> None:
    assert (place(*here) == place(*there)) == (here == there)


@given(st.binary(min_size=1, max_size=300), st.data())
def test_any_changed_byte_and_any_cut_is_noticed(plain: bytes, data: st.DataObject) -> None:
    sealed = seal(KEY, plain, aad=b"here")
    position = data.draw(st.integers(0, len(sealed) - 1))
    change = data.draw(st.integers(1, 255))
    altered = sealed[:position] + bytes([sealed[position] ^ change]) + sealed[position + 1 :]
    for broken in (altered, sealed[:position], sealed + b"x"):
        with pytest.raises(SealBroken):
            open_sealed(KEY, broken, aad=b"here")


@given(st.binary(max_size=400))
def test_bytes_that_were_never_sealed_do_not_open(anything: bytes) -> None:
    with pytest.raises(SealBroken):
        open_sealed(KEY, anything, aad=b"here")


def test_another_key_does_not_open() -> None:
    with pytest.raises(SealBroken):
        open_sealed(new_secret(), seal(KEY, b"hola", aad=b""), aad=b"")


def test_sealing_again_gives_other_bytes_and_no_nonce_comes_twice() -> None:
    cipher = Cipher(KEY)
    nonces = {cipher.seal(b"same", b"")[1 : 1 + NONCE_BYTES] for _ in range(5000)}
    assert len(nonces) == 5000


def test_a_forked_child_draws_nonces_of_its_own() -> None:
    cipher = Cipher(KEY)
    cipher.seal(b"", b"")  # the store of nonces is filled
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writing, cipher.seal(b"", b"")[1 : 1 + NONCE_BYTES])
        os._exit(0)
    os.waitpid(child, 0)
    theirs = os.read(reading, NONCE_BYTES)
    os.close(reading)
    os.close(writing)
    ours = {cipher.seal(b"", b"")[1 : 1 + NONCE_BYTES] for _ in range(2000)}
    assert len(theirs) == NONCE_BYTES
    assert theirs not in ours


def test_a_secret_shows_nothing_and_is_not_pickled() -> None:
    secret = Secret(b"k" * 32)
    assert "k" * 4 not in f"{secret!r}{secret!s}{Cipher(secret)!r}"
    with pytest.raises(TypeError):
        pickle.dumps(secret)
    with pytest.raises(TypeError):
        hash(secret)


def test_secrets_compare_by_value() -> None:
    assert Secret(b"a" * 32) == Secret(b"a" * 32)
    assert Secret(b"a" * 32) != Secret(b"b" * 32)
    assert Secret(b"a" * 32) != b"a" * 32


def test_a_key_of_the_wrong_length_is_refused() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        Cipher(Secret(b"short"))
