"""WhatsApp's 24 hours: what goes freely, what in approved words, what waits, and until when."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from aiohttp import web
from sqlmodel import Session

from bot.db import Database
from bot.office import organisation, talks
from bot.post import outbox, templates, windows
from bot.post.acts import Acts
from bot.post.phrases import BOOK, LANGUAGES
from bot.post.sender import Sender
from channels.base import Call
from handlers.offer import OFFER_HOURS
from handlers.repertoire import SAMPLES
from models.conversation import ConversationState, Talked
from models.outbox import Held, Outbox, OutboxState, Weight
from models.person import Address, Person, Role, Via
from models.template import Approval, TemplateRow
from tests.bot import here, scene
from tests.bot.here import Clock
from tests.bot.post.counter import Office, office_of
from tests.bot.scene import MARTA, NOW
from tests.channels.desk import ACCOUNT, twilio_call
from tests.channels.standins import Handler, Provider, refusal, says, serve
from tests.channels.standins import message as resource

SIDS = {key: f"HX{n:032x}" for n, key in enumerate(BOOK, 1)}
NAMES = {sid: key for key, sid in SIDS.items()}
NUDGED = "Tiene un mensaje de Red de Defensoras. Para leerlo, responda ABRIR."


def answering() -> Handler:
    """Answer each message with an id of its own, and make contents for buttons."""
    count = 1000

    async def answer(request: web.Request) -> web.StreamResponse:
        nonlocal count
        count += 1
        if "Content" not in request.path:
            return web.json_response({**resource(), "sid": f"SM{count:032x}"})
        if request.method == "GET":
            return web.json_response({"contents": [], "meta": {"key": "contents"}})
        return web.json_response({"sid": f"HX{count:032x}"}, status=201)

    return answer


@dataclass
class Desk:
    """Marta on WhatsApp, whom we write to, and the provider that hears it."""

    office: Office
    sender: Sender
    provider: Provider
    person: int
    number: int = 0

    @property
    def db(self) -> Database:
        """The record."""
        return self.office.db

    @property
    def clock(self) -> Clock:
        """The time."""
        return self.office.clock

    def approves(
        self,
        approval: Approval = Approval.APPROVED,
        *keys: str,
        languages: tuple[str, ...] = LANGUAGES,
    ) -> None:
        """Have WhatsApp say this of our phrases, or of some of them."""

        def act(s: Session) -> None:
            for key in keys or BOOK:
                for language in languages:
                    row = templates.kept(s, BOOK[key], language) or TemplateRow(
                        key=key, language=language, version=BOOK[key].version, created_at=NOW
                    )
                    row.content_sid = SIDS[key]
                    row.approval = approval
                    row.reason = "INVALID_FORMAT" if approval is Approval.REJECTED else ""
                    s.add(row)

        self.db.write_now(act)

    def heard(self, hours: float | None) -> None:
        """Say how long ago she last wrote."""
        at = None if hours is None else self.clock.time - timedelta(hours=hours)
        self.change(Address, last_heard_at=at)

    def change(self, table: type[Person] | type[Address], **columns: object) -> None:
        """Change her, or her address."""

        def act(s: Session) -> None:
            found = (
                s.get_one(Person, self.person)
                if table is Person
                else scene.address_of(s, self.person)
            )
            for name, value in columns.items():
                setattr(found, name, value)
            s.add(found)

        self.db.write_now(act)

    def begins(self, name: str, code: str = "") -> int:
        """Begin a conversation with her, as its time comes."""
        given = SAMPLES[name]

        def act(s: Session) -> int:
            talked = talks.start(
                s,
                name=name,
                given=given,
                person_id=self.person,
                case_id=None,
                code=code or getattr(given, "code", ""),
                now=self.clock.time,
            )
            Acts(self.office.world).screen.next(s, self.person, self.clock.time)
            return talked.id or 0

        return self.db.write_now(act)

    async def sends(self) -> None:
        """Send all that is due."""
        await here.until_idle(self.sender.work, lambda: self.sender.drain(10))

    async def writes(self, text: str, **more: str) -> None:
        """Have her write."""
        self.number += 1
        self.clock.goes_on(seconds=1)
        await self.office.comes(whatsapp(self.number, text, **more))
        await self.office.works()
        await self.sends()

    @property
    def rows(self) -> list[Outbox]:
        """All that was put."""
        return scene.messages(self.db)

    @property
    def went(self) -> list[str]:
        """The words that were handed over, in their order; a template by its name."""
        sent = [
            one.form
            for one in self.provider.asked
            if one.method == "POST" and one.path.endswith("/Messages.json")
        ]
        return [
            NAMES.get(form.get("ContentSid", ""))
            or form.get("Body")
            or json.loads(form["ContentVariables"])["1"]
            for form in sent
        ]

    @property
    def variables(self) -> dict[str, str]:
        """What filled the template that was handed over last."""
        found: dict[str, str] = json.loads(self.provider.asked[-1].form["ContentVariables"])
        return found

    def states(self) -> list[tuple[str, OutboxState, Held | None]]:
        """All that was put: which words, how far it is, and why it waits."""
        return [(row.template or "own", row.state, row.held) for row in self.rows]

    def talk(self, number: int) -> Talked:
        """A conversation as it is now."""

        def act(s: Session) -> Talked:
            found = s.get_one(Talked, number)
            s.expunge(found)
            return found

        return self.db.read_now(act)


def whatsapp(number: int, text: str, **more: str) -> Call:
    """A message as Twilio brings it."""
    form = {
        "MessageSid": f"SM{number + 9000:032x}",
        "AccountSid": ACCOUNT,
        "From": f"whatsapp:{MARTA}",
        "To": "whatsapp:+14155238886",
        "Body": text,
        "NumMedia": "0",
        **more,
    }
    return twilio_call(form)


@pytest.fixture
async def desk(db: Database, tmp_path: Path) -> AsyncIterator[Desk]:
    """Give Marta on WhatsApp, who last wrote 25 hours ago, with all our phrases approved."""
    async with serve(answering()) as provider:
        office = office_of(db, tmp_path, provider=provider.url)
        db.write_now(
            lambda s: organisation.describe(
                s,
                name="Red de Defensoras",
                phone="+50222220000",
                website="",
                hours="",
                owner="Ana",
                review_by=NOW + timedelta(days=90),
                now=NOW,
                actor="staff:1",
            )
        )
        person = scene.somebody(db)
        made = Desk(office, here.sender(office.world), provider, person)
        made.approves()
        made.heard(25)
        yield made
        await here.closed(office.world)


ACCEPTED, PENDING = OutboxState.ACCEPTED, OutboxState.PENDING
WAITS = ("own", PENDING, Held.WINDOW)


# --- the window ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("hours", "shut", "ends"),
    [
        (1, None, 22 + 50 / 60),
        (23.8, None, 1 / 30),
        (23 + 50 / 60, None, None),  # ten minutes are for the way
        (24.5, None, None),
        (None, None, None),  # never
        (1, 0.5, None),  # WhatsApp itself said so, after she wrote
        (1, 2, 22 + 50 / 60),  # … before she wrote again
    ],
)
def test_the_hours_are_counted_from_what_was_heard(
    hours: float | None, shut: float | None, ends: float | None
) -> None:
    """D7.15."""
    address = Address(
        via=Via.WHATSAPP,
        lookup="x",
        last_heard_at=None if hours is None else NOW - timedelta(hours=hours),
        shut_at=None if shut is None else NOW - timedelta(hours=shut),
    )
    found = windows.shuts(address, NOW)
    assert (found is None) is (ends is None)
    if found is not None and ends is not None:
        assert abs(found - NOW - timedelta(hours=ends)) < timedelta(seconds=1)
    assert windows.shuts(Address(via=Via.SMS, lookup="y", last_heard_at=NOW), NOW) is None


async def test_within_the_hours_everything_goes_freely(desk: Desk) -> None:
    desk.heard(1)
    desk.begins("papers")
    await desk.sends()
    assert [row.state for row in desk.rows] == [ACCEPTED]
    assert "HN-0233" in desk.went[0]


async def test_another_channel_has_no_hours(desk: Desk) -> None:
    other = scene.somebody(desk.db, "Chepe", scene.CHEPE, Via.SMS)
    scene.put(desk.db, other, "k", text="Hola, Chepe")
    await desk.sends()
    assert desk.went == ["Hola, Chepe"]


# --- approved words ------------------------------------------------------------------------------


async def test_an_offer_goes_in_approved_words_with_buttons_that_answer_it(desk: Desk) -> None:
    number = desk.begins("offer")
    await desk.sends()
    assert (desk.went, desk.states()) == (["offer"], [("offer", ACCEPTED, None)])
    row = desk.rows[0]
    assert row.written.startswith("Hola, Marta. Le pedimos su ayuda. GT-0417")
    payloads = [pair[0] for pair in json.loads(row.options)]
    assert desk.variables == {
        "1": "Marta",
        "2": "GT-0417: búsqueda en Todos Santos Cuchumatán. Idioma: mam. Para el 5 dic. "
        "Viáticos: Q400.",
        **{str(n): payload for n, payload in enumerate(payloads, 3)},
    }
    await desk.writes("Tengo dudas", ButtonPayload=payloads[2], ButtonText="Tengo dudas")
    assert json.loads(desk.talk(number).journal)["take 1"]["choice"] == "question"


async def test_a_lawyer_hears_the_code_and_nothing_else(desk: Desk) -> None:
    desk.change(Person, role=Role.LAWYER, language="eng")
    desk.begins("ping")
    await desk.sends()
    assert desk.went == ["ping"]
    assert desk.rows[0].written == (
        "There is news on GT-0417. If you want to know more, write to us."
    )


async def test_a_possible_parent_is_written_to_in_the_first_message_s_own_words(desk: Desk) -> None:
    desk.change(Person, role=Role.PARENT)
    desk.heard(None)
    desk.begins("outreach")
    await desk.sends()
    assert desk.went == ["outreach"]
    assert desk.rows[0].written == desk.rows[0].text


async def test_the_guard_reads_the_words_as_they_will_stand(desk: Desk) -> None:
    """A name that only the filled words would show is kept back with them."""
    desk.change(Person, role=Role.UNKNOWN)

    def act(s: Session) -> None:
        outbox.put(
            s,
            person_id=desk.person,
            address=scene.address_of(s, desk.person),
            text="Hola",
            key="k",
            weight=Weight.NOTICE,
            now=NOW,
            template="ping",
            variables=json.dumps({"code": "su hijo"}),
        )

    desk.db.write_now(act)
    await desk.sends()
    assert [row.state for row in desk.rows] == [OutboxState.REFUSED]
    assert desk.went == []


# --- the nudge -----------------------------------------------------------------------------------


async def test_a_private_message_waits_behind_a_nudge_that_says_nothing(desk: Desk) -> None:
    desk.begins("papers")
    await desk.sends()
    assert desk.went == ["nudge"]
    assert desk.states() == [WAITS, ("nudge", ACCEPTED, None)]
    assert desk.rows[1].written == NUDGED
    assert desk.variables == {"1": "Red de Defensoras"}
    assert scene.tasks(desk.db) == []


async def test_she_answers_the_nudge_and_reads(desk: Desk) -> None:
    number = desk.begins("papers")
    await desk.sends()
    await desk.writes("ABRIR", ButtonPayload="open", ButtonText="ABRIR")
    assert len(desk.went) == 2
    assert "HN-0233" in desk.went[1]
    assert desk.states() == [("own", ACCEPTED, None), ("nudge", ACCEPTED, None)]
    assert desk.talk(number).state is ConversationState.ASKING
    assert desk.talk(number).asked_at == desk.clock.time


async def test_one_nudge_for_all_that_waits_and_all_of_it_comes_in_order(desk: Desk) -> None:
    desk.begins("papers")
    await desk.sends()
    desk.clock.goes_on(minutes=11)  # the first question has had the floor
    desk.begins("announce")
    await desk.sends()
    desk.clock.goes_on(minutes=5)
    scene.put(desk.db, desk.person, "human", text="Le escribo yo, Ana", weight=Weight.NOTICE)
    await desk.sends()
    assert desk.went == ["nudge"]
    await desk.writes("abrir")
    assert [words[:7] for words in desk.went[1:]] == ["HN-0233", "Le escr", "AV-0031"]


async def test_a_nudge_that_is_ignored_is_not_repeated_for_days(desk: Desk) -> None:
    for day in range(5):
        scene.put(desk.db, desk.person, f"k{day}", weight=Weight.NOTICE, now=desk.clock.time)
        await desk.sends()
        desk.clock.goes_on(days=1)
    assert desk.went == ["nudge", "nudge"]


async def test_when_she_writes_again_the_next_closed_hours_have_their_own_nudge(desk: Desk) -> None:
    scene.put(desk.db, desk.person, "a", weight=Weight.NOTICE)
    await desk.sends()
    await desk.writes("abrir")
    desk.clock.goes_on(hours=26)
    scene.put(desk.db, desk.person, "b", weight=Weight.NOTICE, now=desk.clock.time)
    await desk.sends()
    assert desk.went == ["nudge", "Hola", "nudge"]


@pytest.mark.parametrize("role", [Role.PARENT, Role.UNKNOWN])
async def test_whoever_may_be_the_person_looked_for_is_not_told_who_we_are(
    desk: Desk, role: Role
) -> None:
    desk.change(Person, role=role)
    scene.put(desk.db, desk.person, "k", text="Le llamamos mañana a las 4.", weight=Weight.NOTICE)
    await desk.sends()
    assert desk.went == ["knock"]
    assert "Red" not in desk.rows[1].written


async def test_nobody_who_may_not_be_written_to_is_nudged(desk: Desk) -> None:
    desk.change(Person, stopped_at=NOW)
    scene.put(desk.db, desk.person, "k", weight=Weight.NOTICE)
    await desk.sends()
    assert desk.states() == [("own", OutboxState.REFUSED, None)]
    assert desk.went == []


async def test_what_waits_too_long_is_not_sent_and_a_human_hears_of_it(desk: Desk) -> None:
    """D7.12."""
    scene.put(desk.db, desk.person, "k", weight=Weight.NOTICE)
    await desk.sends()
    desk.clock.goes_on(seconds=windows.AGAIN.total_seconds() + 1)
    await desk.sends()
    assert desk.states()[0] == ("own", OutboxState.EXPIRED, Held.WINDOW)
    assert [task.kind.value for task in scene.tasks(desk.db)] == ["not_sent"]
    await desk.writes("abrir")
    assert desk.went[1:] == ["Por ahora no tiene nada pendiente."]


async def test_what_names_its_own_end_waits_no_longer(desk: Desk) -> None:
    """D7.12."""
    ends = scene.later(hours=5)
    scene.put(desk.db, desk.person, "k", weight=Weight.NOTICE, expires_at=ends)
    await desk.sends()
    assert desk.rows[0].expires_at == ends
    desk.clock.goes_on(hours=6)
    await desk.sends()
    assert desk.states()[0] == ("own", OutboxState.EXPIRED, Held.WINDOW)


async def test_an_offer_waits_as_long_as_it_stands_and_goes_on_the_third_day(desk: Desk) -> None:
    desk.approves(Approval.PENDING, "offer")
    number = desk.begins("offer")
    await desk.sends()
    until = NOW + timedelta(hours=OFFER_HOURS)
    assert (desk.rows[0].expires_at, desk.talk(number).patience_until) == (until, until)
    desk.clock.goes_on(hours=OFFER_HOURS - 1)
    await desk.sends()
    await desk.writes("abrir")
    assert desk.went[0] == "nudge"
    assert desk.went[1].startswith("Hola Marta. GT-0417")


async def test_a_question_without_an_end_waits_for_days(desk: Desk) -> None:
    desk.begins("papers")
    await desk.sends()
    desk.clock.goes_on(days=6)
    await desk.sends()
    await desk.writes("abrir")
    assert "HN-0233" in desk.went[-1]


# --- what she writes when something waits --------------------------------------------------------


async def test_a_yes_to_the_nudge_does_not_accept_what_was_not_seen(desk: Desk) -> None:
    """An offer whose words are not approved waits too, and is not taken by «sí»."""
    desk.approves(Approval.PENDING, "offer")
    number = desk.begins("offer")
    await desk.sends()
    assert desk.went == ["nudge"]
    await desk.writes("sí")
    assert desk.talk(number).journal == "{}"
    assert desk.talk(number).state is ConversationState.ASKING
    assert len(desk.went) == 2
    assert desk.went[1].startswith("Hola Marta. GT-0417")
    await desk.writes("tengo dudas")
    assert json.loads(desk.talk(number).journal)["take 1"]["choice"] == "question"


async def test_the_code_of_what_waits_brings_it_once(desk: Desk) -> None:
    desk.approves(Approval.PENDING, "offer")
    desk.begins("offer")
    await desk.sends()
    await desk.writes("417")
    assert len(desk.went) == 2
    assert desk.went[1].startswith("Hola Marta. GT-0417")


async def test_what_means_something_else_is_heard_as_well(desk: Desk) -> None:
    desk.begins("papers")
    await desk.sends()
    await desk.writes("quien es?")
    assert "HN-0233" in desk.went[1]
    assert "Red de Defensoras" in desk.went[2]


async def test_what_fits_nothing_goes_to_a_human_though_something_waited(desk: Desk) -> None:
    desk.begins("papers")
    await desk.sends()
    await desk.writes("la señora ya no vive en la aldea, se fue con su hermana a la costa")
    assert [task.kind.value for task in scene.tasks(desk.db)] == ["unplaced"]


async def test_a_stop_to_the_nudge_stops_what_waits(desk: Desk) -> None:
    """D7.11."""
    scene.put(desk.db, desk.person, "k", weight=Weight.NOTICE)
    await desk.sends()
    await desk.writes("ya no me escriban")
    assert desk.went[0] == "nudge"
    assert len(desk.went) == 2
    assert "no le escribiremos" in desk.went[1]


async def test_opening_twice_says_what_is_open(desk: Desk) -> None:
    desk.begins("papers")
    await desk.sends()
    await desk.writes("abrir")
    await desk.writes("abrir")
    assert "HN-0233" in desk.went[-1]
    assert len(desk.went) == 3


async def test_a_question_that_was_withdrawn_meanwhile_does_not_come(desk: Desk) -> None:
    number = desk.begins("papers")
    await desk.sends()
    desk.db.write_now(lambda s: talks.cancel(s, s.get_one(Talked, number), desk.clock.time))
    await desk.writes("abrir")
    assert desk.states()[0] == ("own", OutboxState.CANCELLED, None)
    assert desk.rows[0].reason == "Its request was withdrawn."
    assert desk.went[1:] == ["Por ahora no tiene nada pendiente."]


async def test_a_nudge_that_had_not_gone_yet_goes_no_more(desk: Desk) -> None:
    desk.approves(Approval.PENDING)
    scene.put(desk.db, desk.person, "k", weight=Weight.NOTICE)
    await desk.sends()
    assert desk.states() == [WAITS, ("nudge", PENDING, Held.WINDOW)]
    await desk.writes("hola")
    assert desk.states()[1] == ("nudge", OutboxState.CANCELLED, None)
    assert "Hola" in desk.went


async def test_what_she_opens_at_night_comes_at_night(desk: Desk) -> None:
    desk.office.world.settings.quiet_hours = "21:00-08:00"
    desk.sender = here.sender(desk.office.world)
    scene.put(desk.db, desk.person, "k", weight=Weight.NOTICE)
    await desk.sends()
    desk.clock.time = datetime(2026, 11, 3, 4, 0, tzinfo=NOW.tzinfo)
    await desk.writes("abrir")
    assert desk.went == ["nudge", "Hola"]


# --- what WhatsApp says of our words -------------------------------------------------------------


@pytest.mark.parametrize("approval", [Approval.PENDING, Approval.PAUSED, Approval.REJECTED])
async def test_a_message_whose_own_words_may_not_go_waits_behind_the_nudge(
    desk: Desk, approval: Approval
) -> None:
    desk.approves(approval, "offer")
    desk.begins("offer")
    await desk.sends()
    assert desk.went == ["nudge"]
    assert desk.states()[0] == ("offer", PENDING, Held.WINDOW)


@pytest.mark.parametrize("approval", [Approval.UNSUBMITTED, Approval.PENDING, Approval.PAUSED])
async def test_while_the_nudge_is_not_approved_it_waits_too(desk: Desk, approval: Approval) -> None:
    desk.approves(approval)
    scene.put(desk.db, desk.person, "k", weight=Weight.NOTICE)
    await desk.sends()
    assert desk.went == []
    assert desk.states() == [WAITS, ("nudge", PENDING, Held.WINDOW)]


@pytest.mark.parametrize("approval", [Approval.REJECTED, Approval.DISABLED])
async def test_where_even_the_nudge_is_refused_a_human_hears_of_it(
    desk: Desk, approval: Approval
) -> None:
    desk.approves(approval)
    scene.put(desk.db, desk.person, "k", weight=Weight.NOTICE)
    await desk.sends()
    assert desk.states() == [("own", OutboxState.REFUSED, None)]
    assert [task.kind.value for task in scene.tasks(desk.db)] == ["not_sent"]
    assert desk.went == []


@pytest.mark.parametrize("name", ["offer", "papers"])
async def test_without_words_in_her_language_nothing_goes_and_a_human_has_a_task(
    desk: Desk, name: str
) -> None:
    """Never another language's words, and never an Indigenous language by machine."""
    desk.change(Person, language="mam")
    desk.begins(name)
    await desk.sends()
    assert [row.state for row in desk.rows] == [OutboxState.REFUSED]
    assert "mam" in desk.rows[0].reason
    assert [task.kind.value for task in scene.tasks(desk.db)] == ["not_sent"]
    assert desk.went == []


async def test_each_language_has_its_own_words(desk: Desk) -> None:
    desk.approves(Approval.PENDING, languages=("eng",))
    desk.change(Person, language="eng")
    desk.begins("offer")
    await desk.sends()
    assert desk.went == []


# --- 63016 as a surprise -------------------------------------------------------------------------


async def test_whatsapp_says_that_the_hours_are_over_and_it_goes_once_more_in_approved_words(
    desk: Desk,
) -> None:
    desk.heard(1)
    desk.begins("ping")
    desk.provider.will(says(refusal(63016), 400))
    await desk.sends()
    assert desk.went[1:] == ["ping"]
    assert desk.states() == [("ping", ACCEPTED, None)]
    assert desk.db.read_now(lambda s: scene.address_of(s, desk.person).shut_at) == desk.clock.time


async def test_a_private_message_that_whatsapp_sends_back_waits_behind_the_nudge(
    desk: Desk,
) -> None:
    desk.heard(1)
    scene.put(desk.db, desk.person, "k", weight=Weight.NOTICE)
    desk.provider.will(says(refusal(63016), 400))
    await desk.sends()
    assert desk.went == ["Hola", "nudge"]
    await desk.writes("abrir")
    assert desk.went == ["Hola", "nudge", "Hola"]


# --- what is not wanted any more -----------------------------------------------------------------


async def test_a_question_held_overnight_that_was_overtaken_does_not_come(desk: Desk) -> None:
    desk.heard(1)
    desk.office.world.settings.quiet_hours = "21:00-08:00"
    desk.sender = here.sender(desk.office.world)
    desk.clock.time = datetime(2026, 11, 3, 4, 0, tzinfo=NOW.tzinfo)
    desk.heard(1)
    number = desk.begins("papers")
    await desk.sends()
    assert desk.states() == [("own", PENDING, Held.HOURS)]
    await desk.writes("sí")  # to nothing that she can see
    assert desk.talk(number).journal == "{}"
    desk.db.write_now(lambda s: talks.cancel(s, s.get_one(Talked, number), desk.clock.time))
    desk.clock.goes_on(hours=11)
    await desk.sends()
    assert desk.states()[0] == ("own", OutboxState.CANCELLED, None)
    assert not any("HN-0233" in words for words in desk.went)


def test_a_message_of_no_conversation_is_never_outdated(desk: Desk) -> None:
    number = scene.put(desk.db, desk.person, "k")
    assert desk.db.read_now(lambda s: windows.outdated(s, s.get_one(Outbox, number))) is None


async def test_a_notice_about_somebody_else_s_talk_is_not_outdated_by_it(desk: Desk) -> None:
    number = desk.begins("papers")
    other = scene.somebody(desk.db, "Chepe", scene.CHEPE, Via.SMS)
    row = scene.put(desk.db, other, "k")
    scene.change(desk.db, row, lambda one: setattr(one, "conversation_id", number))
    desk.db.write_now(lambda s: talks.cancel(s, s.get_one(Talked, number), desk.clock.time))
    assert desk.db.read_now(lambda s: windows.outdated(s, s.get_one(Outbox, row))) is None
