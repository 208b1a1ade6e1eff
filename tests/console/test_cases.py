"""Opening a case, finding it again, and deciding about what Defenders bring."""

import pytest
from sqlmodel import Session

from models.assignment import Assignment, AssignmentState
from models.case import Case, CaseState, Program
from models.document import DocumentRequest, DocumentState
from models.outbox import Outbox
from models.person import Role, Via
from models.whereabouts import Standing, Whereabouts
from tests.console.desk import Desk
from tests.console.story import Day

CASE = {
    "country": "HN",
    "reference": "hn 233",
    "program": "sij",
    "summary": "Conseguir la copia de folio.",
    "sought": "Pedro Cuento",
    "guarded": "Aldea Inventada",
}


async def test_a_case_is_opened_with_what_was_typed(desk: Desk):
    lawyer = desk.person("Grace Example", Role.LAWYER, Via.SMS, language="eng", country="US")
    async with desk.browser("marisol") as browser:
        await browser.get("/console/cases/new")
        answer = await browser.post("/console/cases/new", **CASE, lawyer_id=str(lawyer.id))
        page = await browser.follow(answer)
    case = desk.only(Case)
    assert (case.reference, case.program, case.country) == ("HN-0233", Program.SIJ, "HN")
    assert (case.summary, case.sought, case.guarded) == (
        CASE["summary"],
        CASE["sought"],
        CASE["guarded"],
    )
    assert case.lawyer_id == lawyer.id
    assert "HN-0233" in page.text
    assert "Grace Example" in page.text


async def test_the_form_proposes_the_next_reference_of_the_country(desk: Desk):
    desk.case("GT-0417")
    async with desk.browser("marisol") as browser:
        assert 'value="GT-0418"' in (await browser.get("/console/cases/new")).text
        assert 'value="HN-0001"' in (await browser.get("/console/cases/new?country=HN")).text


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"reference": ""}, "reference"),
        ({"program": ""}, "program"),
        ({"program": "none of ours"}, "program"),
        ({"country": "XX"}, "country"),
        ({"summary": "  "}, "summary"),
        ({"summary": "x" * 4001}, "summary"),
        ({"lawyer_id": "somebody"}, "lawyer_id"),
        ({"parent_id": "99999999999999999999"}, "parent_id"),
    ],
)
async def test_what_is_wrong_is_said_at_the_field_and_the_rest_stays(
    desk: Desk, wrong: dict[str, str], field: str
):
    async with desk.browser("marisol") as browser:
        await browser.get("/console/cases/new")
        answer = await browser.post("/console/cases/new", **{**CASE, **wrong})
    assert answer.status_code == 422
    assert f'href="#f-{field}"' in answer.text
    assert f'id="e-{field}"' in answer.text
    assert "Aldea Inventada" in answer.text
    assert desk.all(Case) == []


async def test_what_the_office_refuses_is_said_and_nothing_is_lost(desk: Desk):
    desk.case("HN-0233")
    async with desk.browser("marisol") as browser:
        await browser.get("/console/cases/new")
        taken = await browser.post("/console/cases/new", **CASE)
        odd = await browser.post("/console/cases/new", **{**CASE, "reference": "nonsense"})
    assert taken.status_code == odd.status_code == 422
    assert "HN-0233" in taken.text.partition('id="problems"')[2]
    assert "Aldea Inventada" in odd.text
    assert len(desk.all(Case)) == 1


async def test_cases_are_found_as_people_write_their_code(desk: Desk):
    for reference in ("GT-0417", "HN-0417", "GT-4170"):
        desk.case(reference)
    async with desk.browser("marisol") as browser:
        for code in ("gt0417", "GT 417", "gt-417", " GT-0417 "):
            page = (await browser.get(f"/console/cases?code={code}")).text
            assert "/console/cases/GT-0417" in page
            assert "/console/cases/HN-0417" not in page
            assert "/console/cases/GT-4170" not in page
        page = (await browser.get("/console/cases?code=417")).text
        assert "/console/cases/HN-0417" in page
        assert "/console/cases/GT-4170" not in page
        page = (await browser.get("/console/cases?code=%25")).text
        assert "/console/cases/GT-0417" not in page


async def test_the_filter_is_in_the_address_and_an_unknown_one_shows_everything(desk: Desk):
    desk.case("GT-0417")
    desk.case("HN-0233", program=Program.SIJ)

    def close(s: Session) -> None:
        case = s.get_one(Case, 1)
        case.state = CaseState.CLOSED
        s.add(case)

    desk.write(close)
    async with desk.browser("marisol") as browser:
        for query, shown, hidden in (
            ("state=open", "HN-0233", "GT-0417"),
            ("state=closed", "GT-0417", "HN-0233"),
            ("program=sij", "HN-0233", "GT-0417"),
            ("country=GT", "GT-0417", "HN-0233"),
        ):
            page = (await browser.get(f"/console/cases?{query}")).text
            assert f"/console/cases/{shown}" in page
            assert f"/console/cases/{hidden}" not in page
        page = (await browser.get("/console/cases?state=nonsense&program=x&before=y")).text
        assert "GT-0417" in page
        assert "HN-0233" in page


async def test_a_long_list_goes_on_where_it_stopped(desk: Desk):
    for number in range(60):
        desk.case(f"GT-{number + 1:04d}")
    async with desk.browser("marisol") as browser:
        first = (await browser.get("/console/cases?country=GT")).text
        older = first.partition('class="older"><a href="')[2].partition('"')[0]
        second = (await browser.get("/console/cases" + older.replace("&amp;", "&"))).text
    assert first.count('href="/console/cases/GT-') == 50
    assert second.count('href="/console/cases/GT-') == 10
    assert "country=GT" in older
    assert 'class="older"' not in second


async def test_a_list_without_cases_says_what_would_fill_it(desk: Desk):
    async with desk.browser("marisol") as browser:
        empty = (await browser.get("/console/cases")).text
        narrow = (await browser.get("/console/cases?code=GT-9999")).text
    assert 'class="empty"' in empty
    assert 'class="empty"' in narrow
    assert empty.partition('class="empty"')[2][:200] != narrow.partition('class="empty"')[2][:200]


async def test_a_case_that_there_is_not_says_so(desk: Desk):
    async with desk.browser("marisol") as browser:
        for path in ("", "/offer", "/document", "/first-contact", "/timeline"):
            assert (await browser.get(f"/console/cases/GT-9999{path}")).status_code == 404


async def test_the_case_shows_who_said_where_and_that_nobody_has_confirmed_it(desk: Desk, day: Day):
    async with desk.browser("marisol") as browser:
        page = (await browser.get("/console/cases/gt-0417")).text
    assert "cantón Twitzí" in page
    assert "Informado por Marta Ficticia" in page
    assert "Falta confirmar" in page
    assert day.report.standing is Standing.REPORTED


async def test_a_report_is_confirmed_by_a_named_human_once(desk: Desk, day: Day):
    path = f"/console/cases/GT-0417/whereabouts/{day.report.id}"
    async with desk.browser("marisol") as browser:
        answer = await browser.post(path, standing="confirmed", note="Hablé con la alcaldía.")
        await browser.follow(answer)
        again = await browser.post(path, standing="rejected", note="No.")
    report = desk.only(Whereabouts)
    assert (report.standing, report.decided_by) == (Standing.CONFIRMED, 1)
    assert report.decision_note == "Hablé con la alcaldía."
    assert again.status_code == 422


async def test_a_rejected_report_is_told_to_the_defender(desk: Desk, day: Day):
    before = len(desk.all(Outbox))
    async with desk.browser("marisol") as browser:
        path = f"/console/cases/GT-0417/whereabouts/{day.report.id}"
        await browser.follow(await browser.post(path, standing="rejected", note="Falta el cantón."))
    assert desk.only(Whereabouts).standing is Standing.REJECTED
    assert desk.only(Assignment).state is AssignmentState.ACCEPTED
    told = desk.all(Outbox)[before:]
    assert [row.person_id for row in told] == [day.marta.id]
    assert "Falta el cantón" not in told[0].text


@pytest.mark.parametrize("standing", ["", "reported", "nonsense"])
async def test_a_decision_that_is_none_changes_nothing_and_keeps_the_note(
    desk: Desk, day: Day, standing: str
):
    async with desk.browser("marisol") as browser:
        path = f"/console/cases/GT-0417/whereabouts/{day.report.id}"
        answer = await browser.post(path, standing=standing, note="Mi nota larga")
    assert answer.status_code == 422
    assert "Mi nota larga" in answer.text
    assert desk.only(Whereabouts).standing is Standing.REPORTED


async def test_what_belongs_to_another_case_cannot_be_decided_here(desk: Desk, day: Day):
    async with desk.browser("marisol") as browser:
        for path in (
            f"whereabouts/{day.report.id}",
            f"documents/{day.request.id}",
            f"assignments/{day.assignment.id}/withdraw",
        ):
            answer = await browser.post(
                f"/console/cases/HN-0233/{path}", standing="confirmed", verdict="accept"
            )
            assert answer.status_code == 404
    assert desk.only(Whereabouts).standing is Standing.REPORTED


async def test_a_document_is_accepted_or_sent_back_with_a_reason(desk: Desk, day: Day):
    path = f"/console/cases/GT-0417/documents/{day.request.id}"
    async with desk.browser("marisol") as browser:
        silent = await browser.post(path, verdict="reject")
        assert silent.status_code == 422
        nothing = await browser.post(path)
        assert nothing.status_code == 422
        before = len(desk.all(Outbox))
        await browser.follow(await browser.post(path, verdict="reject", note="Falta el reverso."))
    assert desk.all(DocumentRequest)[0].state is DocumentState.REJECTED
    told = desk.all(Outbox)[before:]
    assert "Falta el reverso." in told[0].text
    assert told[0].person_id == day.marta.id


async def test_an_accepted_document_is_accepted_by_name(desk: Desk, day: Day):
    async with desk.browser("marisol") as browser:
        path = f"/console/cases/GT-0417/documents/{day.request.id}"
        await browser.follow(await browser.post(path, verdict="accept"))
    request = desk.only(DocumentRequest)
    assert (request.state, request.decided_by) == (DocumentState.ACCEPTED, 1)


async def test_work_is_taken_back_from_whoever_has_it(desk: Desk, day: Day):
    before = len(desk.all(Outbox))
    async with desk.browser("marisol") as browser:
        path = f"/console/cases/GT-0417/assignments/{day.assignment.id}/withdraw"
        await browser.follow(await browser.post(path))
    assert desk.only(Assignment).state is AssignmentState.WITHDRAWN
    assert day.marta.id in {row.person_id for row in desk.all(Outbox)[before:]}


async def test_a_long_timeline_is_read_to_its_beginning_without_a_gap(desk: Desk):
    marta = desk.person()
    case = desk.case()
    for number in range(150):
        desk.heard(marta, f"mensaje {number}.", case)
    seen: list[str] = []
    async with desk.browser("marisol") as browser:
        page = (await browser.get("/console/cases/GT-0417")).text
        while True:
            timeline = page.partition('class="timeline"')[2].partition("</ol>")[0]
            seen += [part.partition(".")[0] for part in timeline.split("mensaje ")[1:]]
            link = page.partition('class="older"><a href="')[2].partition('"')[0]
            if not link:
                break
            page = (await browser.get(link)).text
    assert seen == [str(number) for number in reversed(range(150))]


async def test_marks_that_are_none_are_not_here(desk: Desk):
    desk.case()
    async with desk.browser("marisol") as browser:
        for below in ("x", "W10", "WzEsMiwzXQ", "WyJhIixudWxsLG51bGwsbnVsbF0"):
            answer = await browser.get(f"/console/cases/GT-0417/timeline?below={below}")
            assert answer.status_code == 404
