import asyncio
import json
from typing import Any

import pytest
from twilio.base.exceptions import TwilioRestException  # type: ignore[import-untyped]  # no types
from twilio.rest.content.v1.content import (  # type: ignore[import-untyped]  # it has no types
    ContentList,
)

from bot.simulator.remote import ClumsyError
from tests.simulator.conftest import MARTA, SMS, TOKEN, WHATSAPP, Stand
from tests.simulator.ears import Ears

BUTTONS = {
    "twilio/quick-reply": {
        "body": "Solicitud {{1}}: ¿la toma?",
        "actions": [
            {"title": "Acepto", "id": "offer:yes"},
            {"title": "No puedo", "id": "offer:no"},
        ],
    }
}
ROWS = {
    "twilio/list-picker": {
        "body": "¿Qué encontró?",
        "button": "Ver opciones",
        "items": [
            {"item": "La encontré", "id": "found", "description": "Hablé con ella"},
            {"item": "Se mudó", "id": "moved", "description": ""},
        ],
    }
}


async def created(stand: Stand, types: dict[str, Any], name: str = "offer", **examples: str) -> str:
    asked = ContentList.ContentCreateRequest(
        {"friendly_name": name, "language": "es", "variables": examples, "types": types}
    )
    content = await asyncio.to_thread(
        stand.twilio().content.v1.contents.create, content_create_request=asked
    )
    sid: str = content.sid
    return sid


async def sent(stand: Stand, sid: str, **more: Any) -> Any:
    return await asyncio.to_thread(
        stand.twilio().messages.create,
        to=f"whatsapp:{MARTA}",
        from_=WHATSAPP,
        content_sid=sid,
        **more,
    )


async def test_buttons_are_shown_and_a_press_brings_its_payload(stand: Stand, ears: Ears):
    sid = await created(stand, BUTTONS)
    asked = await sent(stand, sid, content_variables=json.dumps({"1": "GT-0417"}))
    assert asked.body == "Solicitud GT-0417: ¿la toma?"
    phone = stand.phones.whatsapp(MARTA)
    shown = await phone.hears("Solicitud GT-0417")
    labels = [one["label"] for row in shown["choices"]["rows"] for one in row]
    assert (shown["choices"]["kind"], labels) == ("buttons", ["Acepto", "No puedo"])
    await phone.taps("Acepto")
    press = (await ears.hears(1))[0]
    assert press.signed_with(TOKEN)
    assert press.form["MessageType"] == "button"
    assert (press.form["ButtonText"], press.form["ButtonPayload"]) == ("Acepto", "offer:yes")
    assert press.form["Body"] == "Acepto"
    assert press.form["OriginalRepliedMessageSid"] == asked.sid
    with pytest.raises(ClumsyError, match="Quizás"):
        await phone.taps("Quizás")


async def test_a_list_is_shown_and_a_row_brings_its_id(stand: Stand, ears: Ears):
    asked = await sent(stand, await created(stand, ROWS))
    phone = stand.phones.whatsapp(MARTA)
    shown = await phone.hears("¿Qué encontró?")
    assert (shown["choices"]["kind"], shown["choices"]["button"]) == ("list", "Ver opciones")
    await phone.taps("moved")
    choice = (await ears.hears(1))[0]
    assert choice.form["MessageType"] == "interactive"
    assert (choice.form["ListId"], choice.form["ListTitle"]) == ("moved", "Se mudó")
    assert choice.form["OriginalRepliedMessageSid"] == asked.sid


@pytest.mark.parametrize(
    ("code", "types"),
    [
        (21658, {"twilio/quick-reply": {"body": "x", "actions": [{"title": "x" * 21, "id": "1"}]}}),
        (21658, {"twilio/list-picker": {"body": "x", "button": "b",
                                        "items": [{"item": "x" * 25, "id": "1"}]}}),
        (20001, {"twilio/list-picker": {"body": "x", "button": "b", "items":
                                        [{"item": str(n), "id": str(n)} for n in range(11)]}}),
        (20001, {"twilio/quick-reply": {"body": "x", "actions": []}}),
        (20001, {"twilio/quick-reply": {"body": "x", "actions": [{"title": "a", "id": "1"},
                                                                 {"title": "a", "id": "2"}]}}),
    ],
)  # fmt: skip
async def test_content_that_no_phone_could_show_is_refused(
    stand: Stand, code: int, types: dict[str, Any]
):
    with pytest.raises(TwilioRestException) as refused:
        await created(stand, types)
    assert (refused.value.code, refused.value.status) == (code, 400)


@pytest.mark.parametrize("variables", ["not json", "{}", '{"1": ""}', "[1]"])
async def test_a_variable_without_a_value_is_21656(stand: Stand, variables: str):
    sid = await created(stand, BUTTONS)
    with pytest.raises(TwilioRestException) as refused:
        await sent(stand, sid, content_variables=variables)
    assert refused.value.code == 21656


async def test_a_variable_that_makes_a_button_too_long_is_21658(stand: Stand):
    types = {"twilio/quick-reply": {"body": "x", "actions": [{"title": "{{1}}", "id": "{{2}}"}]}}
    sid = await created(stand, types)
    message = await sent(stand, sid, content_variables=json.dumps({"1": "Sí", "2": "yes"}))
    assert message.status == "queued"
    with pytest.raises(TwilioRestException) as refused:
        await sent(stand, sid, content_variables=json.dumps({"1": "x" * 21, "2": "yes"}))
    assert refused.value.code == 21658


async def test_four_buttons_need_an_approved_template(stand: Stand, ears: Ears):
    actions = [{"title": f"{number}", "id": f"{number}"} for number in range(4)]
    sid = await created(stand, {"twilio/quick-reply": {"body": "Elija", "actions": actions}})
    callback = f"{ears.url}/status"
    await sent(stand, sid, status_callback=callback)
    assert (await ears.hears_status("failed")).form["ErrorCode"] == "63021"
    await approve(stand, sid)
    await sent(stand, sid, status_callback=callback)
    await ears.hears_status("delivered")


async def test_an_approved_template_opens_a_closed_window(stand: Stand, ears: Ears):
    await stand.phones.faults("twilio", whatsapp_window=True)
    sid = await created(stand, BUTTONS, **{"1": "GT-0417"})
    asked: dict[str, str] = {
        "content_variables": json.dumps({"1": "GT-0417"}),
        "status_callback": f"{ears.url}/status",
    }
    await sent(stand, sid, **asked)
    assert (await ears.hears_status("undelivered")).form["ErrorCode"] == "63016"
    await approve(stand, sid)
    await sent(stand, sid, **asked)
    await ears.hears_status("delivered")
    with pytest.raises(TwilioRestException):
        await approve(stand, await created(stand, ROWS))
    with pytest.raises(TwilioRestException):
        await approve(stand, sid, name="Offer 1")


@pytest.mark.parametrize(
    ("state", "code"),
    [("pending", "63016"), ("rejected", "63016"), ("paused", "63041"), ("disabled", "63040")],
)
async def test_a_template_that_is_not_approved_opens_nothing(
    stand: Stand, ears: Ears, state: str, code: str
):
    other = await created(stand, BUTTONS, "ping", **{"1": "GT-0417"})
    await approve(stand, other)
    await stand.phones.faults("twilio", whatsapp_window=True, approvals={"offer": state})
    sid = await created(stand, BUTTONS, **{"1": "GT-0417"})
    await approve(stand, sid, says=state)
    callback = f"{ears.url}/status"
    asked: dict[str, str] = {"content_variables": json.dumps({"1": "GT-0417"})}
    await sent(stand, sid, **asked, status_callback=callback)
    assert (await ears.hears_status("undelivered")).form["ErrorCode"] == code
    await sent(stand, other, **asked, status_callback=callback)
    await ears.hears_status("delivered")


@pytest.mark.parametrize(
    ("body", "examples"),
    [
        ("{{1}}: ¿la toma?", {"1": "GT-0417"}),
        ("Hay novedades en {{1}}.", {"1": "GT-0417"}),
        ("Solicitud {{1}} {{2}} nueva", {"1": "GT-0417", "2": "hoy"}),
        ("Solicitud {{1}} nueva", {}),
    ],
)
async def test_words_that_whatsapp_refuses_are_rejected_with_a_reason(
    stand: Stand, body: str, examples: dict[str, str]
):
    sid = await created(stand, {"twilio/text": {"body": body}}, **examples)
    await approve(stand, sid, says="rejected")
    told = await asyncio.to_thread(stand.twilio().content.v1.contents(sid).approval_fetch().fetch)
    assert "ariable" in told.whatsapp["rejection_reason"]


async def test_a_switch_that_whatsapp_does_not_know_is_refused(stand: Stand):
    for wrong in ({"approval": "perhaps"}, {"approvals": {"offer": "perhaps"}}):
        with pytest.raises(ClumsyError):
            await stand.phones.faults("twilio", **wrong)


async def approve(stand: Stand, sid: str, *, name: str = "offer", says: str = "approved") -> None:
    from twilio.rest.content.v1.content.approval_create import (  # type: ignore[import-untyped]  # noqa: PLC0415 - only here
        ApprovalCreateList,
    )

    asked = ApprovalCreateList.ContentApprovalRequest({"name": name, "category": "UTILITY"})
    content = stand.twilio().content.v1.contents(sid)
    given = await asyncio.to_thread(content.approval_create.create, content_approval_request=asked)
    assert given.status == says
    fetched = await asyncio.to_thread(content.approval_fetch().fetch)
    assert fetched.whatsapp["status"] == says


async def test_contents_are_fetched_listed_and_deleted(stand: Stand):
    contents = stand.twilio().content.v1.contents
    first, second = await created(stand, BUTTONS), await created(stand, ROWS)
    fetched = await asyncio.to_thread(contents(first).fetch)
    assert fetched.types["twilio/quick-reply"]["actions"][0]["id"] == "offer:yes"
    listed = await asyncio.to_thread(contents.list, page_size=1)
    assert [one.sid for one in listed] == [first, second]
    assert await asyncio.to_thread(contents(first).delete) is True
    with pytest.raises(TwilioRestException) as gone:
        await asyncio.to_thread(contents(first).fetch)
    assert (gone.value.code, gone.value.status) == (20404, 404)


async def test_an_sms_phone_has_no_buttons(stand: Stand):
    with pytest.raises(ClumsyError, match="An SMS phone sends no buttons"):
        await stand.phones.sms(MARTA).taps("1")
    message = await asyncio.to_thread(
        stand.twilio().messages.create, to=MARTA, from_=SMS, body="1 Sí  2 No"
    )
    assert message.status == "queued"
