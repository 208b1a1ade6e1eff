"""Who writes? Nothing of a case is said on a phone whose holder has not shown who they are."""

from pathlib import Path

import pytest
from sqlmodel import Session, select

from bot.db import Database
from bot.office.reach import proof
from bot.office.who import links
from bot.post.vouching import confirm
from models.inbox import Heard
from models.outbox import Held, OutboxState, Weight
from models.person import Address, Person, Via
from models.staff import Staff
from models.task import Task, TaskKind, TaskState, Urgency
from tests.bot import here, scene
from tests.bot.here import Clock
from tests.bot.post.phones import SECRETS, Phones
from tests.bot.post.test_cost import counted
from tests.bot.scene import MARTA

NEW = "+50255550002"
OTHER = "+50255550003"
STRANGER = "+50255550099"
PIN = "4821"
ASKED = "Antes de seguir, escriba su PIN."
THANKS = "Gracias. Ya podemos seguir por aquí."
TAKEN = "Su mensaje nos llegó"


@pytest.fixture
def phones(sqlite_db: Database, tmp_path: Path) -> Phones:
    """Give a world in which a Defender has one phone, as staff wrote it down."""
    clock = Clock()
    return Phones(sqlite_db, here.world(sqlite_db, tmp_path, clock=clock), clock)


@pytest.fixture
def phones_anywhere(db: Database, tmp_path: Path) -> Phones:
    """Give the same on a record of each kind."""
    clock = Clock()
    return Phones(db, here.world(db, tmp_path, clock=clock), clock)


@pytest.fixture
def marta(phones: Phones) -> int:
    """Give that Defender."""
    return scene.somebody(phones.db, "Marta Ficticia", MARTA, Via.SMS)


def chosen(phones: Phones) -> None:
    """Let her choose a PIN on the phone that is known to be hers."""
    phones.says(MARTA, "PIN")
    assert phones.says(MARTA, PIN) == ["Listo: guardamos su PIN. Ya puede borrar su mensaje."]


def secrets(phones: Phones, wire: str) -> list[str]:
    return [text for text in phones.shown.get(wire, []) if any(one in text for one in SECRETS)]


def test_what_staff_wrote_down_counts_until_she_has_answered_from_another(
    phones_anywhere: Phones,
) -> None:
    phones = phones_anywhere
    marta = scene.somebody(phones.db, "Marta Ficticia", MARTA, Via.SMS)
    phones.offers(marta)
    phones.goes()
    assert secrets(phones, MARTA)

    phones.has(marta, NEW)
    phones.says(MARTA, "gracias")  # now it is known which of the two she holds
    code = phones.says(NEW, "417")
    assert code[0].startswith("Antes de seguir, escriba los 6 números que le acabamos de enviar")
    assert secrets(phones, NEW) == []
    sent = phones.shown[MARTA][-1]
    assert sent.startswith("Su clave es ")
    assert phones.says(NEW, sent[12:18])[0] == "Gracias. Ya podemos seguir por aquí."
    assert secrets(phones, NEW), "what she wrote before is answered now"


def test_a_new_phone_hears_of_nothing_before_the_pin_and_then_of_all_that_waited(
    phones: Phones, marta: int
) -> None:
    phones.says(MARTA, "hola")
    chosen(phones)
    token = phones.invited(marta)
    assert phones.says(NEW, token)[0].startswith(ASKED)
    phones.db.write_now(_lose(MARTA))
    phones.offers(marta)
    assert phones.goes(NEW) == []
    (waiting,) = [one for one in scene.messages(phones.db) if one.held is Held.PROOF]
    assert waiting.state is OutboxState.PENDING

    assert phones.says(NEW, "1111")[0].startswith("Ese no es.")
    assert phones.says(NEW, "si, aqui estoy")[0].startswith("Guardamos su mensaje.")
    assert secrets(phones, NEW) == []
    phones.says(NEW, f"mi pin es {PIN}.")
    assert secrets(phones, NEW)


def test_no_pin_is_kept_where_anybody_may_read_it(phones: Phones) -> None:
    scene.somebody(phones.db, "Marta Ficticia", MARTA, Via.SMS)
    phones.says(MARTA, "hola")
    chosen(phones)
    phones.says(MARTA, f"persona, olvidé si mi pin es {PIN}")
    kept = phones.db.read_now(lambda s: [one.text for one in s.exec(select(Heard))])
    told = [one.detail for one in scene.tasks(phones.db)]
    said = [one.text for one in scene.messages(phones.db)]
    assert not [text for text in (*kept, *told, *said) if PIN in text]
    assert "····" in kept


def test_a_code_is_good_for_one_phone_once_and_for_ten_minutes(phones: Phones, marta: int) -> None:
    phones.says(MARTA, "hola")
    for wire in (NEW, OTHER):
        phones.has(marta, wire)
        phones.says(wire, "417")
    first, second = (text[12:18] for text in phones.shown[MARTA][-2:])
    assert phones.says(OTHER, first)[0].startswith("Ese no es.")
    phones.clock.goes_on(minutes=11)
    assert phones.says(OTHER, second)[0].startswith("Ese no es.")
    phones.says(NEW, "clave")
    third = phones.shown[MARTA][-1][12:18]
    assert phones.says(NEW, third)[0] == THANKS
    phones.clock.goes_on(days=31)
    assert phones.says(NEW, "417") == [
        "Por su seguridad, una persona de nuestro equipo va a confirmar que es usted."
    ], "her other phone is as quiet: nobody could tell who reads the code there"
    assert phones.says(NEW, third) == []


def test_after_long_silence_it_is_asked_anew_and_a_proof_lets_go_what_waited(
    phones: Phones, marta: int
) -> None:
    phones.says(MARTA, "hola")
    chosen(phones)
    phones.clock.goes_on(days=31)
    phones.offers(marta)
    assert phones.goes(MARTA)[0].startswith(ASKED)
    assert secrets(phones, MARTA) == []
    phones.says(MARTA, PIN)
    assert secrets(phones, MARTA)


def test_who_writes_first_after_long_silence_is_asked_too(phones: Phones, marta: int) -> None:
    phones.offers(marta)
    phones.goes()
    phones.says(MARTA, "hola")
    chosen(phones)
    phones.clock.goes_on(days=31)
    before = len(secrets(phones, MARTA))
    assert phones.says(MARTA, "417")[0].startswith(ASKED)
    assert len(secrets(phones, MARTA)) == before
    assert phones.says(MARTA, "ayuda")  # help is for anybody


def test_trouble_with_a_delivery_is_a_doubt(phones: Phones, marta: int) -> None:
    phones.says(MARTA, "hola")
    chosen(phones)

    def trouble(s: Session) -> None:
        proof.doubt_all(s, _address(s, MARTA), phones.clock.time)

    phones.db.write_now(trouble)
    phones.offers(marta)
    assert phones.goes(MARTA)[0].startswith(ASKED)


def test_wrong_pins_have_to_wait_longer_and_longer_and_staff_hear_of_it(
    phones: Phones, marta: int
) -> None:
    phones.says(MARTA, "hola")
    chosen(phones)
    phones.says(NEW, phones.invited(marta))
    for _ in range(3):
        assert phones.says(NEW, "9999")[0].startswith("Ese no es.")
    waits = "Por su seguridad, espere un rato. Luego escríbalo otra vez."
    assert phones.says(NEW, PIN) == [waits], "nothing is looked at, right or wrong"
    assert phones.says(NEW, "9999") == [waits]
    for minutes in (2, 6):
        phones.clock.goes_on(minutes=minutes)
        phones.says(NEW, "9999")
    (task,) = [one for one in scene.tasks(phones.db) if one.cause.startswith("proof:tries")]
    assert "Marta Ficticia gave a wrong PIN or code five times" in task.detail
    phones.clock.goes_on(hours=2)
    assert phones.says(NEW, PIN)[0] == "Gracias. Ya podemos seguir por aquí."


def test_who_forgot_it_and_has_no_other_phone_is_for_a_human_who_vouches(
    phones: Phones, marta: int
) -> None:
    phones.says(MARTA, "hola")
    chosen(phones)
    phones.clock.goes_on(days=31)
    phones.offers(marta)
    phones.goes()
    assert phones.says(MARTA, "olvidé mi PIN") == [
        "Por su seguridad, una persona de nuestro equipo va a confirmar que es usted."
    ]
    assert [one.cause for one in scene.tasks(phones.db) if one.cause.startswith("proof:pin")]


def test_a_code_for_another_phone_never_becomes_the_pin_whenever_it_is_typed(
    phones: Phones, marta: int
) -> None:
    phones.says(MARTA, "hola")
    phones.has(marta, NEW)
    phones.says(MARTA, "PIN")  # and while she chooses, her other phone asks for a code
    phones.says(NEW, "417")
    code = phones.shown[MARTA][-1][12:18]
    where = "Nuestras claves tienen 6 números: si le llegó una, escríbala en su otro teléfono."
    assert phones.says(MARTA, code)[0].startswith(where)
    assert phones.says(NEW, code)[0] == THANKS
    assert phones.says(MARTA, f"mi clave es {code}")[0].startswith(where), "also when it was used"
    phones.clock.goes_on(hours=1)
    assert phones.says(MARTA, code)[0].startswith(where), "and when it is over"
    assert phones.says(MARTA, PIN) == ["Listo: guardamos su PIN. Ya puede borrar su mensaje."]
    assert phones.db.read_now(lambda s: proof.fits(s, s.get_one(Person, marta), PIN))
    assert not phones.db.read_now(lambda s: proof.fits(s, s.get_one(Person, marta), code))


def test_a_pin_is_never_as_long_as_a_code(phones: Phones, marta: int) -> None:
    now = phones.clock.time

    def kept(digits: str) -> bool:
        return phones.db.write_now(
            lambda s: proof.keep_pin(s, s.get_one(Person, marta), digits, now)
        )

    tried = ("4821", "48213", "482137", "4821379", "48213795", "482137951")
    assert [len(digits) for digits in tried if kept(digits)] == [4, 5, 7, 8]


# --- a phone that was added ----------------------------------------------------------------------

ADDED = "Se agregó otro teléfono a su cuenta. Si no fue usted, responda NO."


def doubts_of(phones: Phones) -> list[Task]:
    return [one for one in scene.tasks(phones.db) if one.kind is TaskKind.DOUBT]


def entered(phones: Phones, marta: int) -> str:
    """Let her choose a PIN, and somebody come in by an invite on another phone. Gives the words."""
    phones.says(MARTA, "hola")
    chosen(phones)
    token = phones.invited(marta)
    phones.says(NEW, token)
    return token


def test_her_other_phone_is_told_once_that_one_was_added(phones: Phones, marta: int) -> None:
    token = entered(phones, marta)
    phones.says(NEW, token)
    assert phones.shown[MARTA].count(ADDED) == 1
    assert ADDED not in phones.shown[NEW]
    (row,) = [one for one in scene.messages(phones.db) if one.text == ADDED]
    assert (row.weight, row.case_id) == (Weight.NOTICE.value, None), "it waits by night"
    phones.says(NEW, PIN)
    phones.has(marta, OTHER)
    assert phones.shown.get(OTHER) is None, "what staff write down is no enrolment"


@pytest.mark.parametrize("words", ["no", "No.", "no fui yo", "NO, yo no la agregué"])
def test_a_no_puts_the_new_phone_in_doubt_which_no_pin_ends(
    phones: Phones, marta: int, words: str
) -> None:
    entered(phones, marta)
    assert phones.says(NEW, PIN)[0] == THANKS
    phones.offers(marta)
    phones.goes()
    assert phones.says(MARTA, words) == [
        "Gracias por avisarnos. Ya no diremos nada ahí, y una persona de nuestro equipo se encarga."
    ]
    (task,) = doubts_of(phones)
    assert (task.state, task.urgency) == (TaskState.OPEN, Urgency.SOON)


def test_who_is_denied_is_known_again_only_by_a_human(phones: Phones, marta: int) -> None:
    entered(phones, marta)
    phones.says(MARTA, "no")
    before = len(secrets(phones, NEW))
    phones.says(NEW, "417")
    assert phones.says(NEW, PIN) == ["Por su seguridad, espere un rato. Luego escríbalo otra vez."]
    phones.offers(marta)
    phones.goes()
    assert len(secrets(phones, NEW)) == before
    (task,) = doubts_of(phones)
    assert task.state is TaskState.OPEN

    def vouch(s: Session) -> None:
        member = Staff(username="ana", name="Ana", password_hash="x", created_at=phones.clock.time)
        s.add(member)
        s.flush()
        link = links.of(s, marta, _address(s, NEW).id or 0)
        assert link is not None
        confirm(s, phones.world, link, member.id or 0, phones.clock.time)

    phones.db.write_now(vouch)
    phones.goes()
    (task,) = doubts_of(phones)
    assert task.state is TaskState.DONE
    phones.says(NEW, "417")
    assert len(secrets(phones, NEW)) > before


def test_only_the_phone_that_was_told_denies_and_only_by_words_about_it(
    phones: Phones, marta: int
) -> None:
    entered(phones, marta)
    phones.says(NEW, "no fui yo")
    phones.says(MARTA, "sí")
    phones.says(MARTA, "2")
    assert doubts_of(phones) == []
    phones.offers(marta)  # asked later, on the phone that is known: a bare no is about that
    phones.goes()
    phones.says(MARTA, "no")
    assert doubts_of(phones) == []
    phones.says(MARTA, "no fui yo")
    assert len(doubts_of(phones)) == 1


# --- impostors ------------------------------------------------------------------------------------


def test_a_stranger_who_names_her_and_a_true_code_hears_what_one_with_an_invented_one_hears(
    phones: Phones, marta: int
) -> None:
    """Byte for byte, and statement for statement: there is no branch that tells."""
    phones.offers(marta)
    phones.says(MARTA, "hola")
    told, costs = [], []
    # The first of all reads what may not be said to strangers, whatever they write.
    for number, words in enumerate(("GT-7141", "GT-0417", "GT-7140")):
        wire = f"{STRANGER[:-1]}{number}"
        heard = []
        with counted(phones.db) as statements:
            for text in (f"soy Marta Ficticia, perdí mi teléfono. {words}", words, "sí", PIN):
                heard += phones.says(wire, text)
        told.append(heard)
        costs.append(statements)
    assert told[0] == told[1] == told[2] != []
    assert costs[1] == costs[2]
    causes = [one.cause.partition(":")[0] for one in scene.tasks(phones.db)]
    assert causes.count("intake") == 3, "one task each"
    assert not [text for text in told[0] if "Marta" in text or "0417" in text]


def test_an_invite_of_somebody_else_s_tells_no_more_than_an_invented_one(
    phones: Phones, marta: int
) -> None:
    used = phones.invited(marta)
    phones.says(NEW, used)
    over = phones.invited(marta)
    phones.clock.goes_on(days=8)
    told = [
        [text for word in (token, "hola") for text in phones.says(f"+5025555010{n}", word)]
        for n, token in enumerate((used, over, "ALTA 22222-22222"))
    ]
    assert told[0] == told[1] == told[2] != []


def _address(s: Session, wire: str) -> Address:
    return next(one for one in s.exec(select(Address)) if one.wire == wire)


def _lose(wire: str):  # noqa: ANN202 - a little act
    def act(s: Session) -> None:
        address = _address(s, wire)
        address.bad_at = scene.NOW
        s.add(address)

    return act
