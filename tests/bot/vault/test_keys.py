"""Keys: what is sealed opens at its own place with its own key, whole, and nowhere else."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from bot.vault.keys import HEAD, NONCE, Keys, Unsealable, new_token

KEYS = Keys(b"1" * 32)
OTHER = Keys(b"2" * 32)


@given(plain=some.binary(max_size=300), place=some.text(max_size=40))
def test_what_was_sealed_opens_where_it_was_sealed(plain: bytes, place: str) -> None:
    assert KEYS.open(KEYS.seal(plain, place), place) == plain


def test_moved_to_another_column_it_does_not_open() -> None:
    sealed = KEYS.seal(b"Chepe", "person.name")
    for place in ("case.sought", "person.nam", "person.name ", ""):
        with pytest.raises(Unsealable, match="MASTER_KEY"):
            KEYS.open(sealed, place)


def test_with_another_master_key_it_does_not_open() -> None:
    with pytest.raises(Unsealable):
        OTHER.open(KEYS.seal(b"Chepe", "person.name"), "person.name")
    assert Keys.from_hex("31" * 32).open(KEYS.seal(b"Chepe", "x"), "x") == b"Chepe"


def test_a_changed_or_shortened_ciphertext_does_not_open() -> None:
    sealed = KEYS.seal(b"Chepe", "person.name")
    for place in range(len(sealed)):
        changed = bytearray(sealed)
        changed[place] ^= 1
        with pytest.raises(Unsealable):
            KEYS.open(bytes(changed), "person.name")
        with pytest.raises(Unsealable):
            KEYS.open(sealed[:place], "person.name")
    with pytest.raises(Unsealable):
        KEYS.open(sealed + b"x", "person.name")


def test_the_same_words_never_look_the_same() -> None:
    first, second = (KEYS.seal(b"Chepe", "person.name") for _ in range(2))
    assert first[HEAD:][:NONCE] != second[HEAD:][:NONCE]
    assert first[HEAD + NONCE :] != second[HEAD + NONCE :]


def test_an_address_is_found_again_by_its_hash_and_only_by_it() -> None:
    found = KEYS.lookup("sms", "+50255551234")
    assert found == KEYS.lookup("sms", "+50255551234")
    others = {
        KEYS.lookup("whatsapp", "+50255551234"),
        KEYS.lookup("sms", "+50255551235"),
        OTHER.lookup("sms", "+50255551234"),
        KEYS.token_hash("sms|v1|+50255551234"),
    }
    assert found not in others
    assert len(found) == 64


@pytest.mark.parametrize("strange", ["\ud800", "a\x00b", "ñ👍", ""])
def test_what_a_stranger_sends_is_hashed_whatever_it_is(strange: str) -> None:
    assert len(KEYS.token_hash(strange)) == len(KEYS.lookup("sms", strange)) == 64


def test_tokens_fit_a_link_and_differ() -> None:
    tokens = {new_token() for _ in range(500)}
    assert len(tokens) == 500
    assert {len(token) for token in tokens} == {22}
    assert set("".join(tokens)) <= set(
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-"
    )
