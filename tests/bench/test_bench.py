"""The bench measures everything it names and writes all of it down. No test asserts a time."""

import xml.etree.ElementTree as ET
from collections import Counter
from functools import partial
from pathlib import Path

import pytest
from sqlmodel import Session

from bot.bench import broadcast, crowd, letters, overload, plot, run, town
from bot.bench.provider import Provider
from bot.bench.results import Goal, Part, Side, ratios
from bot.bench.yard import Size
from bot.console.records import cases, threads, timeline
from bot.db import Database
from bot.office import people
from bot.office.reach.addresses import best_address
from bot.vault.keys import Keys
from bot.wiring import keys
from channels import _telegram_event
from channels.base import Inbound, MediaKind
from models.person import Via

# Those that start most processes only run in the long run.
NAMES = [
    name if name == "start" else pytest.param(name, marks=pytest.mark.long) for name in run.PARTS
]


@pytest.mark.parametrize("name", NAMES)
def test_a_part_measures_all_its_figures_and_loses_no_message(name: str, tmp_path: Path):
    said: list[str] = []
    report = run.run([name], tmp_path, said.append, Size.TINY).read_text("utf-8")
    rows = [line for line in report.splitlines() if line.startswith(f"| {name} |")]
    assert rows
    for row in rows:
        assert row.rstrip("| ").rsplit("| ", 1)[1] in {"met", "missed", "not measured"}
    assert "were answered" not in report  # it would say so of messages that were not
    assert " answered {" not in report
    drawn = ET.fromstring((tmp_path / f"{name}.svg").read_text("utf-8"))  # noqa: S314 - we drew it
    assert len([one for one in drawn if one.tag.endswith("rect")]) > 1  # the paper, and bars
    assert [path.name for path in tmp_path.glob("work-*")] == []
    assert name == "overload" or any("round 1 of 1" in line for line in said)


@pytest.mark.parametrize(
    ("side", "ratio", "verdict"),
    [
        (Side.AT_LEAST, 2.0, "met"),
        (Side.AT_LEAST, 1.0, "met"),
        (Side.AT_LEAST, 0.9, "missed"),
        (Side.AT_MOST, 0.9, "met"),
        (Side.AT_MOST, 1.0, "met"),
        (Side.AT_MOST, 2.0, "missed"),
        (Side.AT_LEAST, None, "not measured"),
    ],
)
def test_a_goal_is_met_on_its_side(side: Side, ratio: float | None, verdict: str):
    assert Goal("it", side, 1.0, ratio).verdict == verdict


def test_a_ratio_is_the_middle_of_rounds_that_stood_side_by_side():
    assert ratios([2.0, 30.0, 8.0], [1.0, 10.0, 2.0]) == 3.0
    assert ratios([], []) is None


def test_the_plot_shows_what_its_part_is_about():
    part = Part("x", "A & B")
    part.add("Enlace", "replies/s", [3.0, 4.0, 5.0])
    part.add("Enlace", "MB", [70.0])
    drawn = plot.draw([part])
    assert drawn.count("<rect") == 2  # the paper and one bar
    assert "A &amp; B" in drawn
    part.drawn = "MB"
    assert plot.draw([part]).count("<rect") == 2
    part.drawn = "s"
    assert plot.draw([part]).count("<rect") == 2  # …/s ends so too
    part.drawn = "us"
    assert plot.draw([part]).count("<rect") == 1


@pytest.mark.parametrize(
    ("times", "rate", "most"),
    [
        ([n / 16 for n in range(81)], 16.0, 16),
        ([second + n / 1024 for second in range(6) for n in range(20)], 20.0, 20),
        ([*(n / 16 for n in range(49)), 1.501, 1.502], 50 / 3, 18),
        ([0.0, 0.1], 2.0, 2),
    ],
)
def test_a_rate_is_counted_in_whole_seconds_and_its_densest_second_anywhere(
    times: list[float], rate: float, most: int
):
    steadily, densest = broadcast.steady(sorted(times))
    assert steadily == pytest.approx(rate)
    assert densest == most


def test_the_provider_knows_when_and_for_whom_it_took_a_message():
    provider = Provider()
    for to, words in (("+50250000001", "y"), ("+50250000002", "y" * 161), ("+50250000001", "y")):
        form = f"To=%2B{to[1:]}&From=x&Body={words}".encode()
        assert provider.take(b"POST", b"/2010-04-01/Accounts/A/Messages.json", form)[0] == 201
    assert provider.recipients == {"+50250000001": 2, "+50250000002": 1}
    assert (len(provider.times), provider.taken) == (4, 3)  # a long one is charged as two
    provider.forget(0.0)
    assert (provider.taken, provider.times, provider.recipients) == (0, [], {})


def test_a_photo_of_the_bench_is_one_that_the_product_reads():
    body = letters.letter("photo", 1, 7, 3, "").partition(b"\r\n\r\n")[2]
    event = _telegram_event.read(body, "bot")
    assert isinstance(event, Inbound)
    assert event.sender == letters.user(3)
    assert [one.kind for one in event.attachments] == [MediaKind.PHOTO]


@pytest.mark.parametrize(
    ("acked", "answered", "kept", "statuses", "met"),
    [
        ({"a": 2}, {"a": 2}, 2, {"200": 2, "503": 1}, [True, True, True, True]),
        ({"a": 2}, {"a": 1}, 2, {"200": 2}, [False, True, True, True]),
        ({"a": 2}, {"a": 3}, 2, {"200": 2}, [True, False, True, True]),
        ({"a": 2}, {"a": 1, "b": 1}, 2, {"200": 2}, [False, False, True, True]),
        ({"a": 2}, {"a": 2}, 3, {"200": 2, "503": 1}, [True, True, False, True]),
        ({"a": 2}, {"a": 2}, 2, {"200": 2, "500": 1}, [True, True, True, False]),
    ],
)
def test_an_overload_is_judged_message_by_message(
    acked: dict[str, int],
    answered: dict[str, int],
    kept: int,
    statuses: dict[str, int],
    met: list[bool],
):
    part = Part("x", "X")
    overload.judge(part, statuses, Counter(acked), Counter(answered), kept)
    assert [goal.verdict == "met" for goal in part.goals] == met


def test_what_is_poured_in_is_a_record_that_the_product_reads(tmp_path: Path):
    settings = town.settle(
        {
            "DATABASE_URL": f"sqlite:///{tmp_path / 'poured.db'}",
            "DATA_DIR": str(tmp_path),
            "MASTER_KEY": "be" * 32,
            "PUBLIC_URL": "http://127.0.0.1:1",
            "TWILIO_ACCOUNT_SID": letters.ACCOUNT,
            "TWILIO_AUTH_TOKEN": letters.TOKEN,
            "TWILIO_SMS_FROM": letters.SMS_FROM,
        }
    )
    numbers = crowd.messages(settings, 60)
    assert len(numbers) == 6
    db, drawn = Database(settings.url), keys(settings)
    try:
        db.read_now(partial(_must_hold, drawn=drawn, numbers=numbers))
    finally:
        db.close()


def _must_hold(s: Session, drawn: Keys, numbers: list[int]) -> None:
    for number in numbers:
        found = people.find(s, drawn, Via.SMS, letters.phone(number))
        assert found is not None
        assert found[0].id == number
        assert best_address(s, found[0]) == found[1]
        assert len(threads.of_person(s, number).entries) == crowd.MANY
        assert len(timeline.of_case(s, number).entries) == crowd.MANY
    assert len(cases.listing(s, cases.Filter()).items) == len(numbers)
    assert s.connection().exec_driver_sql("PRAGMA foreign_key_check").all() == []
