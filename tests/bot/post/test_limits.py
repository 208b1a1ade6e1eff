"""Limits are a table: the settings choose its rows, and a deployment's own file changes them."""

from pathlib import Path

import pytest

from bot.post import limits
from bot.settings import WrongSetting


def own(folder: Path, text: str) -> Path:
    path = folder / "own.toml"
    path.write_text(text)
    return path


@pytest.mark.parametrize(
    ("kind", "count", "seconds"),
    [("long_code", 3, 1.0), ("toll_free", 3, 1.25), ("short_code", 80, 1.0), ("non_us", 1, 1.25)],
)
def test_four_fifths_of_what_the_provider_allows_are_used(kind: str, count: int, seconds: float):
    rate = limits.load(sms=kind).senders["sms"].rate
    assert rate.count == count
    assert rate.seconds == pytest.approx(seconds)


def test_the_tier_is_used_to_four_fifths_and_may_have_no_end():
    assert limits.load(tier="2000").senders["whatsapp"].tier == 1600
    assert limits.load(tier="unlimited").senders["whatsapp"].tier is None


def test_a_file_need_hold_only_what_differs(tmp_path: Path):
    file = own(tmp_path, "[sms.ours]\nper_second = 5\nshare = 1\n[telegram.bot]\nper_second = 20\n")
    table = limits.load(sms="ours", file=file)
    assert table.senders["sms"].rate.count == 5
    assert table.senders["telegram"].rate.count == 20
    assert table.senders["whatsapp"].rate.count == 64


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[sms.long_code]\nper_second = 0\n", "sms.long_code.per_second must be a number above"),
        ("[sms.long_code]\nper_second = 'x'\n", "sms.long_code.per_second must be a number above"),
        ("share = 2\n", "share must be a number above zero and not above 1"),
        ("[account.twilio]\nat_once = 1.5\n", "account.twilio.at_once must be a whole number"),
        ("[smms.long_code]\nper_second = 1\n", "smms is unknown"),
        ("[telegram.bot]\nper_secnd = 1\n", "telegram.bot.per_secnd is unknown"),
        ("sms = 3\n", "sms must be like in limits.toml"),
        ("nonsense", "is no TOML"),
    ],
)
def test_a_wrong_file_is_told_by_the_place_that_is_wrong(tmp_path: Path, text: str, said: str):
    with pytest.raises(WrongSetting) as told:
        limits.load(file=own(tmp_path, text))
    assert str(told.value).startswith("Set LIMITS_FILE: ")
    assert said in str(told.value)


def test_a_file_that_is_not_there_or_no_text_is_told(tmp_path: Path):
    with pytest.raises(WrongSetting, match="cannot be read: No such file"):
        limits.load(file=tmp_path / "none.toml")
    (tmp_path / "bytes").write_bytes(b"\xff\xfe")
    with pytest.raises(WrongSetting, match="is no text"):
        limits.load(file=tmp_path / "bytes")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"sms": "carrier_pigeon"}, "Set SMS_SENDER_KIND: it must be one of long_code, "),
        ({"whatsapp": "fast"}, "Set WHATSAPP_SENDER_KIND: it must be one of standard, raised"),
        ({"tier": "251"}, "Set WHATSAPP_TIER: it must be one of 250, 2000, 10000, 100000, unlim"),
    ],
)
def test_a_row_that_does_not_exist_is_told_with_those_that_do(given: dict[str, str], said: str):
    with pytest.raises(WrongSetting) as told:
        limits.load(**given)  # type: ignore[arg-type]
    assert str(told.value).startswith(said)


@pytest.mark.parametrize("rate", [3.0, 9.0, 64.0, 400.0])
@pytest.mark.parametrize("of", [1, 2, 3, 7])
def test_equal_parts_never_exceed_the_whole(rate: float, of: int):
    whole = limits.Rate.of(rate)
    part = whole.part(of)
    assert part.seconds >= 1
    if rate >= of:
        assert part.count * of <= whole.count
    assert part.per_second * of <= whole.per_second + 1e-9
