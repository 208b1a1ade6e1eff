"""Offering work: seen first, sent as seen, and never to whom it may not go."""

from sqlmodel import Session

from models.assignment import Assignment, AssignmentKind, Offer, OfferState
from models.case import Case, CaseState
from models.conversation import Talked
from models.document import DocumentRequest, DocumentType
from models.person import Lockout, Person, Role, Via
from tests.console.desk import Desk

WORK = {
    "kind": "field_search",
    "municipality": "Todos Santos",
    "language_needed": "mam",
    "due": "2026-12-05",
    "budget": "Q 400",
    "details": "Preguntar en la alcaldía.",
    "documents": ["birth_cert", "national_id"],
}
PATH = "/console/cases/GT-0417/offer"


async def test_an_offer_is_seen_on_each_channel_and_then_sent(desk: Desk):
    desk.case()
    marta = desk.person()
    rosa = desk.person("Rosa Inventada", Role.DEFENDER, Via.SMS)
    lucia = desk.person("Lucía Imaginaria", Role.DEFENDER, Via.TELEGRAM)
    chosen = [str(person.id) for person in (marta, rosa, lucia)]
    async with desk.browser("marisol") as browser:
        await browser.get(PATH)
        look = await browser.post(PATH, **WORK, person_ids=chosen, step="look")
        assert look.status_code == 200
        for word in ("phone whatsapp", "phone sms", "phone telegram", "Hola Rosa.", "1 Acepto"):
            assert word in look.text
        for phone in look.text.split("<figure")[1:]:
            shown = phone.partition("</figure>")[0]
            assert "GT-0417" in shown
            assert "Tomasa" not in shown
            assert "alcald" not in shown
        assert desk.all(Assignment) == []
        answer = await browser.post(
            PATH, **WORK, person_ids=chosen, step="send", looked_at=browser.field("looked_at")
        )
        page = await browser.follow(answer)
    made = desk.only(Assignment)
    assert made.kind is AssignmentKind.FIELD_SEARCH
    assert (made.municipality, made.due, made.details) == (
        "Todos Santos",
        "2026-12-05",
        "Preguntar en la alcaldía.",
    )
    assert made.documents == "birth_cert,national_id"
    assert [offer.person_id for offer in desk.all(Offer)] == [marta.id, rosa.id, lucia.id]
    assert len(desk.all(Talked, Talked.name == "offer")) == 3
    assert "Rosa Inventada" in page.text


async def test_a_line_is_seen_and_kept_in_the_order_that_was_chosen(desk: Desk):
    desk.case()
    marta, rosa, lucia = (desk.person(f"{name} Ficticia") for name in ("Marta", "Rosa", "Lucía"))
    filled = {
        **WORK,
        "person_ids": str(marta.id),
        "then_ids": [str(lucia.id), "", str(rosa.id)],
    }
    async with desk.browser("marisol") as browser:
        await browser.get(PATH)
        look = await browser.post(PATH, **filled, step="look")
        line = look.text.rpartition('id="look"')[2]
        assert line.index("Marta Ficticia") < line.index("Lucía Ficticia")
        assert line.index("Lucía Ficticia") < line.index("Rosa Ficticia")
        await browser.post(PATH, **filled, step="send", looked_at=browser.field("looked_at"))
        page = await browser.get("/console/cases/GT-0417")
    assert [(offer.person_id, offer.state) for offer in desk.all(Offer)] == [
        (marta.id, OfferState.OFFERED),
        (lucia.id, OfferState.NEXT),
        (rosa.id, OfferState.NEXT),
    ]
    assert len(desk.all(Talked, Talked.name == "offer")) == 1
    assert page.text.count("Espera su turno") == 2


async def test_what_changed_after_it_was_seen_is_shown_again_and_not_sent(desk: Desk):
    desk.case()
    marta = desk.person()
    async with desk.browser("marisol") as browser:
        await browser.get(PATH)
        await browser.post(PATH, **WORK, person_ids=str(marta.id), step="look")
        seen = browser.field("looked_at")
        changed = {**WORK, "budget": "Q 900"}
        answer = await browser.post(
            PATH, **changed, person_ids=str(marta.id), step="send", looked_at=seen
        )
        assert answer.status_code == 200
        assert "Q 900" in answer.text
        assert desk.all(Assignment) == []
        unseen = await browser.post(PATH, **WORK, person_ids=str(marta.id), step="send")
        assert unseen.status_code == 200
    assert desk.all(Assignment) == []


async def test_who_cannot_be_asked_is_shown_with_the_reason_and_cannot_be_chosen(desk: Desk):
    desk.case()
    marta, ana, eva = (desk.person(f"{name} Ficticia") for name in ("Marta", "Ana", "Eva"))

    def act(s: Session) -> None:
        s.get_one(Person, ana.id).stopped_at = desk.clock.at
        s.get_one(Person, eva.id).lockout = Lockout.UNSAFE

    desk.write(act)
    async with desk.browser("marisol") as browser:
        page = (await browser.get(PATH)).text
        for person, may in ((marta, True), (ana, False), (eva, False)):
            box = page.partition(f'name="person_ids" value="{person.id}"')[2].partition("</label>")[
                0
            ]
            assert (" disabled" in box) is not may
            assert ('class="why"' in box) is not may
        await browser.post(PATH, **WORK, person_ids=str(ana.id), step="look")
        answer = await browser.post(
            PATH, **WORK, person_ids=str(ana.id), step="send", looked_at=browser.field("looked_at")
        )
    assert answer.status_code == 422
    assert "Ana Ficticia" in answer.text.partition('id="problems"')[2].partition("</div>")[0]
    assert desk.all(Assignment) == []


async def test_an_offer_that_would_name_somebody_is_refused(desk: Desk):
    desk.case()
    marta = desk.person()
    hostile = {**WORK, "municipality": "Aldea Las Nubes", "person_ids": str(marta.id)}
    async with desk.browser("marisol") as browser:
        await browser.get(PATH)
        await browser.post(PATH, **hostile, step="look")
        answer = await browser.post(
            PATH, **hostile, step="send", looked_at=browser.field("looked_at")
        )
    assert answer.status_code == 422
    assert desk.all(Assignment) == []


async def test_what_is_wrong_is_said_and_everything_typed_stays(desk: Desk):
    desk.case()
    marta = desk.person()
    async with desk.browser("marisol") as browser:
        await browser.get(PATH)
        for wrong, field in (
            ({"due": "2020-01-01"}, "due"),
            ({"due": "soon"}, "due"),
            ({"kind": ""}, "kind"),
            ({"documents": ["a treaty"]}, "documents"),
            ({"person_ids": []}, "person_ids"),
            ({"person_ids": ["x"]}, "person_ids"),
            ({"municipality": "x" * 81}, "municipality"),
        ):
            typed = {**WORK, "person_ids": str(marta.id), **wrong}
            answer = await browser.post(PATH, **typed, step="look")
            assert answer.status_code == 422
            assert f'href="#f-{field}"' in answer.text
            assert "Preguntar en la alcaldía." in answer.text
            assert 'value="Q 400"' in answer.text


async def test_work_is_not_offered_on_a_closed_case(desk: Desk):
    desk.case()
    marta = desk.person()

    def close(s: Session) -> None:
        s.get_one(Case, 1).state = CaseState.CLOSED

    desk.write(close)
    async with desk.browser("marisol") as browser:
        assert (await browser.get(PATH)).status_code == 422
        await browser.post(PATH, **WORK, person_ids=str(marta.id), step="look")
        answer = await browser.post(
            PATH,
            **WORK,
            person_ids=str(marta.id),
            step="send",
            looked_at=browser.field("looked_at"),
        )
        assert answer.status_code == 422
    assert desk.all(Assignment) == []


async def test_without_defenders_the_form_says_where_to_add_them(desk: Desk):
    desk.case()
    async with desk.browser("marisol") as browser:
        assert 'class="empty"' in (await browser.get(PATH)).text


async def test_a_document_is_asked_for_after_it_was_seen(desk: Desk):
    desk.case("HN-0233")
    rosa = desk.person("Rosa Inventada", Role.DEFENDER, Via.SMS)
    path = "/console/cases/HN-0233/document"
    typed = {"type": "birth_cert", "person_id": str(rosa.id)}
    async with desk.browser("marisol") as browser:
        await browser.get(path)
        for wrong in ({"type": ""}, {"person_id": ""}, {"person_id": "x"}):
            assert (await browser.post(path, **{**typed, **wrong})).status_code == 422
        look = await browser.post(path, **typed, step="look")
        assert "copia de folio" in look.text
        assert desk.all(DocumentRequest) == []
        answer = await browser.post(
            path, **typed, step="send", looked_at=browser.field("looked_at")
        )
        await browser.follow(answer)
        parent = desk.person("Tomasa Novela", Role.PARENT)
        await browser.post(path, type="birth_cert", person_id=str(parent.id), step="look")
        refused = await browser.post(
            path,
            type="birth_cert",
            person_id=str(parent.id),
            step="send",
            looked_at=browser.field("looked_at"),
        )
    assert refused.status_code == 422
    made = desk.only(DocumentRequest)
    assert (made.type, made.person_id) == (DocumentType.BIRTH_CERTIFICATE, rosa.id)
