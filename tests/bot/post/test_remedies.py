"""What becomes of a message that was not taken or did not arrive: its provider's rules decide."""

from datetime import timedelta
from functools import partial

import pytest
from sqlmodel import Session, col, select

from bot.db import Database
from bot.office import gates, people
from bot.post import receipts, remedies
from bot.post.outbox import LIFE
from channels.base import (
    Busy,
    Failure,
    Receipt,
    Refused,
    Remedy,
    Scope,
    Status,
    Unreachable,
)
from models.outbox import Attempt, Outbox, OutboxState, Part, Weight
from models.person import Address, Link, Person, Role, Trust, Via
from models.task import TaskKind
from tests.bot import here, scene
from tests.bot.post.office import Office, sms
from tests.bot.scene import CHEPE, KEYS, MARTA, NOW, message, put, somebody
from tests.channels.standins import refusal, says

LONG = NOW + timedelta(days=30)


def at_telegram_too(db: Database, person_id: int, trust: Trust = Trust.ENROLLED) -> None:
    """Give somebody a second address."""

    def act(s: Session) -> None:
        person = s.get_one(Person, person_id)
        address = people.add_address(s, KEYS, person, Via.TELEGRAM, "700100", NOW, "staff:1")
        s.flush()
        link = s.exec(select(Link).where(Link.address_id == address.id)).one()
        link.trust = trust
        s.add(link)

    db.write_now(act)


def news(office: Office, number: int, failure: Failure) -> None:
    """Have the provider tell that a message it took did not arrive."""
    row = message(office.db, number)
    told = Receipt(
        row.via,
        "AC1",
        f"e{row.attempts}",
        row.provider_id,
        Status.FAILED,
        key=str(number),
        attempt=row.attempts,
        code=failure.code,
        failure=failure,
    )
    now = office.clock.time
    office.db.write_now(lambda s: receipts.apply(s, office.world.channels, told, now))


def parts(db: Database, number: int) -> list[tuple[int, str, OutboxState]]:
    """The parts of a message: leg, channel, state."""

    def act(s: Session) -> list[tuple[int, str, OutboxState]]:
        found = s.exec(select(Part).where(Part.outbox_id == number).order_by(col(Part.id)))
        return [(one.leg, one.via, one.state) for one in found]

    return db.read_now(act)


# --- again ----------------------------------------------------------------------------------------


async def test_what_failed_on_the_way_is_sent_anew_at_the_times_of_its_rule(office: Office) -> None:
    """A failed message is final at its provider: sending it anew is no duplicate."""
    number = put(office.db, sms(office.db), "k", expires_at=LONG)
    off = Unreachable("Switched off.", code="30003", remedy=Remedy(tries=(3600.0, 21600.0)))
    await office.sends()
    for hours in (1, 6):
        news(office, number, off)
        row = message(office.db, number)
        assert (row.state, row.next_at) == (
            OutboxState.PENDING,
            office.clock.time + timedelta(hours=hours),
        )
        before = len(office.creations)
        await office.sends()
        assert len(office.creations) == before
        office.clock.goes_on(hours=hours)
        await office.sends()
        assert len(office.creations) == before + 1
    news(office, number, off)
    assert message(office.db, number).state is OutboxState.FAILED
    assert [task.cause for task in scene.tasks(office.db)] == [f"failed:{number}"]


async def test_a_message_that_waits_for_hours_does_not_keep_the_next_one_waiting(
    office: Office,
) -> None:
    marta = sms(office.db)
    number = put(office.db, marta, "k1", text="uno", expires_at=LONG)
    await office.sends()
    news(office, number, Unreachable("Off.", code="30003", remedy=Remedy(tries=(3600.0,))))
    put(office.db, marta, "k2", text="dos", expires_at=LONG)
    await office.sends()
    assert office.words == ["uno", "dos"]


async def test_that_it_arrived_after_all_ends_the_waiting(office: Office) -> None:
    number = put(office.db, sms(office.db), "k", expires_at=LONG)
    await office.sends()
    news(office, number, Unreachable("Off.", code="30003", remedy=Remedy(tries=(3600.0,))))
    told = Receipt("sms", "AC1", "e9", "x", Status.DELIVERED, key=str(number), attempt=1)
    office.db.write_now(lambda s: receipts.apply(s, {}, told, NOW))
    office.clock.goes_on(hours=2)
    await office.sends()
    assert len(office.creations) == 1
    assert message(office.db, number).state is OutboxState.DELIVERED


# --- elsewhere ------------------------------------------------------------------------------------

FILTERED = Refused("Filtered.", code="30007", remedy=Remedy(elsewhere=True))


async def test_another_channel_is_tried_only_after_the_first_has_failed_for_good(
    office: Office,
) -> None:
    marta = sms(office.db)
    at_telegram_too(office.db, marta)
    number = put(office.db, marta, "k", text="Hola", via=Via.SMS)
    await office.sends()
    assert len(office.creations) == 1
    news(office, number, FILTERED)
    await office.sends()
    assert [one.path.rpartition("/")[2] for one in office.creations] == [
        "Messages.json",
        "sendMessage",
    ]
    row = message(office.db, number)
    assert (row.via, row.leg, row.state) == ("telegram", 1, OutboxState.SENT)
    assert parts(office.db, number) == [
        (0, "sms", OutboxState.FAILED),
        (1, "telegram", OutboxState.SENT),
    ]
    assert scene.tasks(office.db) == []


async def test_news_that_come_twice_move_a_message_elsewhere_once(office: Office) -> None:
    """D8.19: one fallback."""
    marta = sms(office.db)
    at_telegram_too(office.db, marta)
    number = put(office.db, marta, "k", via=Via.SMS)
    await office.sends()
    row = message(office.db, number)
    told = Receipt(
        "sms", "AC1", "e", row.provider_id, Status.FAILED, code="30007", failure=FILTERED
    )
    for _ in range(3):
        office.db.write_now(lambda s: receipts.apply(s, office.world.channels, told, NOW))
    await office.sends()
    assert message(office.db, number).leg == 1
    assert len(office.creations) == 2


async def test_what_nobody_knows_of_is_never_tried_elsewhere(office: Office) -> None:
    marta = sms(office.db)
    at_telegram_too(office.db, marta)
    number = put(office.db, marta, "k", via=Via.SMS)
    office.provider.will(says({}, 500))
    await office.sends()
    office.clock.goes_on(hours=1)
    await office.sends()
    assert message(office.db, number).state is OutboxState.UNKNOWN
    assert len(office.creations) == 1


@pytest.mark.parametrize(
    ("who", "what"),
    [
        (Role.PARENT, {}),  # whose phone may be read by others
        (Role.DEFENDER, {"trust": Trust.CLAIMED}),  # nobody has said that it is hers
        (Role.DEFENDER, {"weight": Weight.STOP}),
    ],
)
async def test_it_goes_elsewhere_only_where_its_reader_agreed_to_that(
    office: Office, who: Role, what: dict[str, object]
) -> None:
    person = somebody(office.db, "Marta", MARTA, Via.SMS, who)
    trust = what.get("trust", Trust.ENROLLED)
    assert isinstance(trust, Trust)
    at_telegram_too(office.db, person, trust)
    weight = what.get("weight", Weight.REPLY)
    assert isinstance(weight, Weight)
    number = put(office.db, person, "k", via=Via.SMS, weight=weight)
    await office.sends()
    news(office, number, FILTERED)
    await office.sends()
    assert (message(office.db, number).leg, len(office.creations)) == (0, 1)
    assert message(office.db, number).state is OutboxState.FAILED


async def test_what_arrived_after_all_does_not_go_elsewhere(office: Office) -> None:
    marta = sms(office.db)
    at_telegram_too(office.db, marta)
    number = put(office.db, marta, "k", via=Via.SMS)
    await office.sends()
    news(office, number, FILTERED)
    told = Receipt("sms", "AC1", "e9", "x", Status.DELIVERED, key=str(number), attempt=1)
    office.db.write_now(lambda s: receipts.apply(s, {}, told, NOW))
    await office.sends()
    row = message(office.db, number)
    assert (row.state, row.leg, len(office.creations)) == (OutboxState.DELIVERED, 0, 1)


CAPPED = Busy("Used up.", code="30023", remedy=Remedy(urgent_elsewhere=True), wait=3600.0)


@pytest.mark.parametrize("told", ["answer", "news"])
async def test_what_cannot_wait_for_tomorrow_goes_elsewhere_at_once(
    office: Office, told: str
) -> None:
    """A carrier's cap for the day is used up: the table's own row, as an answer and as news."""
    marta, chepe = sms(office.db), sms(office.db, "Chepe", CHEPE)
    at_telegram_too(office.db, marta)
    if told == "answer":
        office.provider.will(says(refusal(30023), 400))
    number = put(office.db, marta, "k", text="Hola", via=Via.SMS)
    await office.sends()
    if told == "news":
        news(office, number, CAPPED)
        await office.sends()
    row = message(office.db, number)
    assert (row.via, row.leg, row.state) == ("telegram", 1, OutboxState.SENT)
    office.db.write_now(lambda s: gates.open_(s, gates.of_channel("sms"), NOW, None))
    alone = put(office.db, chepe, "k2", text="Hola")
    if told == "answer":
        office.provider.will(says(refusal(30023), 400))
    await office.sends()
    if told == "news":
        news(office, alone, CAPPED)
    row = message(office.db, alone)
    assert (row.leg, row.state) == (0, OutboxState.PENDING)  # there is no other way to him


async def test_what_can_wait_for_tomorrow_waits(office: Office) -> None:
    marta = sms(office.db)
    at_telegram_too(office.db, marta)
    office.provider.will(says(refusal(30023), 400))
    number = put(office.db, marta, "k", via=Via.SMS, weight=Weight.NOTICE)
    await office.sends()
    row = message(office.db, number)
    assert (row.via, row.leg, row.state) == ("sms", 0, OutboxState.PENDING)
    assert shut(office.db) == {"channel:sms"}


# --- what must wait beside it ---------------------------------------------------------------------


def shut(db: Database) -> set[str]:
    """The gates that are shut."""
    return set(db.read_now(lambda s: gates.closed(s, NOW)))


@pytest.mark.parametrize(
    ("scope", "key"),
    [
        (Scope.CHANNEL, {"channel:sms"}),
        (Scope.ACCOUNT, {"channel:sms", "channel:whatsapp"}),
        (Scope.BROADCASTS, {"broadcasts:sms"}),
        (Scope.REGION, {"region:sms:+502"}),
        (Scope.TEMPLATE, set()),  # it went without one
        (Scope.NOTHING, set()),
    ],
)
async def test_what_a_failure_holds_waits_and_nothing_else(
    office: Office, scope: Scope, key: set[str]
) -> None:
    number = put(office.db, sms(office.db), "k")
    await office.sends()
    news(office, number, Refused("No.", code="1", remedy=Remedy(holds=scope, hold=600.0)))
    assert shut(office.db) == key


async def test_what_waits_before_a_shut_gate_is_kept_and_goes_when_it_opens(office: Office) -> None:
    """D7.14: a hold keeps its rows, uses no tries, and lets them go in order."""
    marta, chepe = sms(office.db), sms(office.db, "Chepe", CHEPE)
    office.db.write_now(partial(_shut, "channel:sms"))
    numbers = [
        put(office.db, person, f"k{person}{n}", text=f"{person}.{n}")
        for n in range(3)
        for person in (marta, chepe)
    ]
    await office.sends()
    assert office.creations == []
    assert {message(office.db, one).attempts for one in numbers} == {0}
    office.db.write_now(lambda s: gates.open_(s, "channel:sms", NOW))
    await office.sends()
    for person in (marta, chepe):
        heard = [one for one in office.words if one.startswith(f"{person}.")]
        assert heard == [f"{person}.{n}" for n in range(3)]


def _shut(key: str, s: Session) -> None:
    gates.shut(s, key, "Staff want it so.", NOW)


async def test_broadcasts_that_wait_let_replies_pass(office: Office) -> None:
    marta = sms(office.db)
    office.db.write_now(partial(_shut, "broadcasts:sms"))
    put(office.db, marta, "k1", text="aviso", weight=Weight.BROADCAST)
    put(office.db, marta, "k2", text="respuesta")
    await office.sends()
    assert office.words == ["respuesta"]


async def test_a_region_that_is_off_waits_for_staff_and_the_others_go(office: Office) -> None:
    marta, other = sms(office.db), sms(office.db, "Ana", "+50455550102")
    office.db.write_now(partial(_shut, "region:sms:+502"))
    waits = put(office.db, marta, "k1")
    put(office.db, other, "k2", text="va")
    await office.sends()
    assert office.words == ["va"]
    assert message(office.db, waits).state is OutboxState.PENDING


async def test_what_is_ours_to_mend_is_a_task_within_the_hour(office: Office) -> None:
    number = put(office.db, sms(office.db), "k")
    await office.sends()
    bug = Refused("Bad request.", code="21602", remedy=Remedy(alert=True, tell="Tell developers."))
    news(office, number, bug)
    alert = next(one for one in scene.tasks(office.db) if one.cause.startswith("channel:sms"))
    assert (alert.kind, alert.due_at) == (TaskKind.NOT_SENT, NOW + timedelta(hours=1))
    assert "21602" in alert.detail
    assert "Tell developers." in alert.detail


async def test_carriers_that_take_a_broadcast_for_spam_pause_what_is_left_of_it(
    office: Office,
) -> None:
    crowd = [sms(office.db, f"P{n}", f"+5025555{n:04}") for n in range(25)]
    numbers = [put(office.db, who, f"k{who}", weight=Weight.BROADCAST) for who in crowd]
    await office.sends()
    news(office, numbers[0], FILTERED)
    assert "broadcasts:sms" in shut(office.db)
    assert any(one.cause.startswith("filtered:sms") for one in scene.tasks(office.db))


# --- the address ----------------------------------------------------------------------------------


async def test_a_number_is_written_in_its_other_way_once(office: Office) -> None:
    """Some networks know a Mexican number with a 1 after its country, some without."""
    person = somebody(office.db, "Sofía", "whatsapp:+525555550108", Via.WHATSAPP)
    office.db.write_now(partial(_heard_now, person))
    number = put(office.db, person, "k")
    office.provider.will(says(refusal(63003), 400), says(refusal(63003), 400))
    await office.sends()
    assert [one.form["To"] for one in office.creations] == [
        "whatsapp:+525555550108",
        "whatsapp:+5215555550108",
    ]
    assert message(office.db, number).state is OutboxState.FAILED
    assert office.db.read_now(lambda s: s.exec(select(Address.bad_at)).one()) == NOW


def _heard_now(person_id: int, s: Session) -> None:
    address = scene.address_of(s, person_id)
    address.last_heard_at = NOW
    s.add(address)


async def test_an_address_that_is_to_be_left_alone_is_left_alone(office: Office) -> None:
    marta = sms(office.db)
    number = put(office.db, marta, "k1", expires_at=LONG)
    await office.sends()
    news(office, number, Refused("Not now.", code="63032", remedy=Remedy(rest=86400.0)))
    put(office.db, marta, "k2", text="luego", expires_at=LONG)
    await office.sends()
    assert len(office.creations) == 1
    office.clock.goes_on(hours=25)
    await office.sends()
    assert office.words[-1] == "luego"


# --- our own guard --------------------------------------------------------------------------------


async def test_nobody_hears_more_a_day_than_they_can_bear(office: Office) -> None:
    most = 3
    office.world.limits = office.world.limits.__class__(
        office.world.limits.senders, unsolicited=most
    )
    office.sender = office.sender.__class__(office.world, office.sender._pacer)
    marta = sms(office.db)
    for n in range(most + 2):
        put(office.db, marta, f"k{n}", text=f"{n}", weight=Weight.NOTICE, expires_at=LONG)
    put(office.db, marta, "asked", text="respuesta")
    await office.sends_all()
    assert len(office.words) == most + 1
    assert "respuesta" in office.words  # what somebody asked for is not counted
    office.clock.goes_on(hours=25)
    await office.sends_all()
    assert office.words[-2:] == ["3", "4"]


async def test_the_same_words_again_and_again_are_a_loop_and_end(office: Office) -> None:
    marta = sms(office.db)
    for n in range(7):
        put(office.db, marta, f"k{n}", text="¿Sí o no?")
    await office.sends_all()
    assert len(office.creations) == office.world.limits.identical
    states = [row.state for row in scene.messages(office.db)]
    assert states[5:] == [OutboxState.REFUSED] * 2
    assert "answers itself" in scene.messages(office.db)[5].reason


async def test_what_expires_while_it_waits_is_not_sent(office: Office) -> None:
    """D7.12."""
    number = put(office.db, sms(office.db), "k")
    office.db.write_now(partial(_shut, "channel:sms"))
    office.clock.goes_on(seconds=LIFE.total_seconds())
    await office.sends()
    office.db.write_now(lambda s: gates.open_(s, "channel:sms", office.clock.time))
    await office.sends()
    assert office.creations == []
    assert message(office.db, number).state is OutboxState.EXPIRED


def test_no_rule_is_forgotten_on_the_way_to_its_consequence() -> None:
    """Each kind of failure has its name in the record."""
    assert set(remedies._NAMES.values()) == {
        *("busy", "unreachable", "misconfigured", "unknown"),
        *("stopped", "bad_address", "refused", "window_closed"),
    }


def test_late_news_of_a_try_that_was_repeated_is_kept_with_that_try(sqlite_db: Database) -> None:
    """D7.8: where a part was repeated, both of its provider's ids are known, and counted."""
    number = put(sqlite_db, somebody(sqlite_db), "k", repeatable=True)

    def lived(s: Session) -> None:
        (first,) = scene.take(s)
        scene.ends_in(s, first, "unknown", OutboxState.UNKNOWN)
        row = s.get_one(Outbox, number)
        part = s.exec(select(Part)).one()
        part.state = row.state = OutboxState.PENDING
        s.add_all((row, part))
        s.flush()
        (second,) = scene.take(s)
        scene.ends_in(s, second, "accepted", OutboxState.ACCEPTED, "SM2")
        told = Receipt("whatsapp", "AC1", "e", "SM1", Status.SENT, key=str(number), attempt=1)
        receipts.apply(s, {}, told, NOW)

    sqlite_db.write_now(lived)
    ids = sqlite_db.read_now(
        lambda s: s.exec(select(Attempt.provider_id).order_by(col(Attempt.n))).all()
    )
    assert ids == ["SM1", "SM2"]
    assert message(sqlite_db, number).provider_id == "SM2"


# --- parts ----------------------------------------------------------------------------------------

LINES = [f"Renglón {n}. " + "Una frase que se repite. " * 20 for n in range(10)]
LONG_WORDS = "\n\n".join(LINES)


async def test_a_long_message_goes_in_parts_each_after_the_one_before(office: Office) -> None:
    marta = sms(office.db)
    number = put(office.db, marta, "k", text=LONG_WORDS)
    after = put(office.db, marta, "k2", text="después")
    await office.sends_all()
    assert len(office.words) > 3
    assert office.words[-1] == "después"
    whole = " ".join(" ".join(office.words[:-1]).split())
    assert whole == " ".join(LONG_WORDS.replace("ó", "o").split())
    states = [state for _leg, _via, state in parts(office.db, number)]
    assert states == [OutboxState.ACCEPTED] * (len(office.words) - 1)
    assert message(office.db, number).state is OutboxState.ACCEPTED
    assert message(office.db, after).state is OutboxState.ACCEPTED


async def test_a_message_in_parts_goes_on_at_the_part_where_it_was_left(office: Office) -> None:
    """D8.17: what was accepted is not said again."""
    number = put(office.db, sms(office.db), "k", text=LONG_WORDS)
    await office.sender.work()
    await office.sender.drain(10)
    assert len(office.creations) == 1
    assert message(office.db, number).state is OutboxState.PENDING
    office.sender = here.sender(office.world)  # another process
    await office.sends_all()
    assert len(set(office.words)) == len(office.words)


async def test_a_part_that_may_have_gone_out_holds_the_rest_of_it(office: Office) -> None:
    number = put(office.db, sms(office.db), "k", text=LONG_WORDS)
    office.provider.will(says({}, 500))
    await office.sends_all()
    assert len(office.creations) == 1
    assert message(office.db, number).state is OutboxState.UNKNOWN


async def test_a_message_in_parts_is_where_the_last_of_them_is(office: Office) -> None:
    number = put(office.db, sms(office.db), "k", text=LONG_WORDS)
    await office.sends_all()
    tries = scene.tries(office.db, number)
    for one in tries:
        assert message(office.db, number).state is OutboxState.ACCEPTED
        told = Receipt(
            "sms", "AC1", f"e{one.n}", one.provider_id, Status.DELIVERED,
            key=str(number), attempt=one.n,
        )  # fmt: skip
        office.db.write_now(partial(_apply, told))
    assert message(office.db, number).state is OutboxState.DELIVERED


def _apply(told: Receipt, s: Session) -> None:
    receipts.apply(s, {}, told, NOW)


async def test_a_stop_between_two_parts_keeps_the_rest_back(office: Office) -> None:
    """D7.11."""
    marta = sms(office.db)
    number = put(office.db, marta, "k", text=LONG_WORDS)
    await office.sender.work()
    await office.sender.drain(10)

    def stops(s: Session) -> None:
        person, address = s.get_one(Person, marta), scene.address_of(s, marta)
        people.stop(s, person, address, Via.SMS, "alto", None, NOW)

    office.db.write_now(stops)
    await office.sends_all()
    assert len(office.creations) == 1
    assert message(office.db, number).state is OutboxState.CANCELLED
