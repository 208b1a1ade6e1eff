"""One case from offer to photo, act by act, as its people live it."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from tests.journeys.cast import Cast
from tests.world import Staff, count, link_in

CASE = "GT-0417"
Act = Callable[[], Awaitable[None]]


@dataclass
class Story:
    """The whole story; `hero` is the channel of the Defender who takes the assignment."""

    staff: Staff
    cast: Cast
    hero: str
    patience: float = 20.0  # seconds; longer where a killed process's leases must run out

    @property
    def others(self) -> tuple[str, str]:
        """The channels of the two other Defenders: who declines, and who comes too late."""
        first, second = (via for via in ("sms", "telegram", "whatsapp") if via != self.hero)
        return first, second

    async def acts(self) -> AsyncIterator[tuple[str, Act]]:
        """Give the acts in their order. Each waits until what it causes has happened."""
        for act in (
            self.a_case_is_opened_and_offered,
            self.one_declines_in_her_own_words,
            self.one_takes_it_with_typos,
            self.she_reports_the_search,
            self.she_says_where_and_how_she_knows,
            self.she_confirms_what_was_understood,
            self.she_sends_three_photos,
            self.staff_confirm_and_the_lawyer_knows,
            self.a_broadcast_is_answered,
            self.a_possible_parent_picks_an_hour,
        ):
            yield act.__name__, act

    async def a_case_is_opened_and_offered(self) -> None:
        """The coordinator opens the case and offers it; three phones ring."""
        ids = self.cast.ids
        await self.staff.post(
            "/cases",
            reference=CASE,
            program="family_sep",
            country="GT",
            summary="Buscar al padre y pedir el acta de nacimiento.",
            sought="Juan Pérez Mendoza",
            guarded="Xexuxcap",
            lawyer_id=ids["lawyer"],
            parent_id=ids["parent"],
        )
        await self.staff.post(
            f"/cases/{CASE}/assignments",
            kind="field_search",
            municipality="Todos Santos Cuchumatán",
            language_needed="mam",
            due="2026-12-05",
            budget="Q400",
            documents=["birth_cert"],
            person_ids=[ids["whatsapp"], ids["sms"], ids["telegram"]],
        )
        for via in ("whatsapp", "sms", "telegram"):
            heard = await self.cast.phone[via].hears(CASE, within=self.patience)
            assert "Todos Santos" in heard["text"]
            assert "Juan" not in heard["text"]

    async def one_declines_in_her_own_words(self) -> None:
        """She says no politely, with typos, and why."""
        phone = self.cast.phone[self.others[0]]
        await phone.says("Fijese q esta semana no voy a poder, ando en audiencia")
        await phone.hears("por avisar", within=self.patience)
        await phone.says("1")
        await phone.hears("Entendido", within=self.patience)
        await self._offer_is(self.others[0], "declined")

    async def one_takes_it_with_typos(self) -> None:
        """One takes it; the third is told that it is covered, and her late yes changes nothing."""
        hero, late = self.cast.phone[self.hero], self.cast.phone[self.others[1]]
        await hero.says("si la agaro")
        await hero.hears("queda a su cargo", within=self.patience)
        if late.channel == "whatsapp":
            # She has never written to us there, so only approved words may come: that one waits.
            await late.hears("responda ABRIR", within=self.patience)
            await late.says("abrir")
        await late.hears("ya se cubr", within=self.patience)
        await late.says("si la tomo 417")
        await late.hears("ya se cubr", within=self.patience)
        await self._offer_is(self.hero, "accepted")
        await self._offer_is(self.others[1], "covered")

    async def she_reports_the_search(self) -> None:
        """She writes the code when she is back, and is asked what she found."""
        phone = self.cast.phone[self.hero]
        await phone.says("gt 417")
        await phone.hears("?", within=self.patience)
        await phone.says("1")
        await phone.hears("?", within=self.patience)

    async def she_says_where_and_how_she_knows(self) -> None:
        """She says where, by a pin where the phone has one, how she knows and how sure she is."""
        phone = self.cast.phone[self.hero]
        if self.hero == "sms":
            await phone.says("aldea San Martin, Todos Santos")
        else:
            await phone.sends_pin(15.5082, -91.6047, label="Todos Santos")
        await phone.hears("?", within=self.patience)
        await phone.says("1")
        await phone.hears("?", within=self.patience)
        await phone.says("1")
        heard = await phone.hears("Entend", within=self.patience)
        assert "?" in heard["text"]

    async def she_confirms_what_was_understood(self) -> None:
        """Nothing is in the record before she says that it is right; then it is only reported."""
        before = await self.staff.get(f"/cases/{CASE}/whereabouts")
        assert before["items"] == []
        phone = self.cast.phone[self.hero]
        await phone.says("si")
        found = await self.staff.until(f"/cases/{CASE}/whereabouts", lambda page: page["items"])
        report = found["items"][0]
        assert len(found["items"]) == 1
        assert report["standing"] == "reported"
        assert report["finding"] == "found"
        assert report["reported_by"] == self.cast.ids[self.hero]
        assert report["place"] or report["pin"]
        await phone.hears("acta de nacimiento", within=self.patience)

    async def she_sends_three_photos(self) -> None:
        """Three photos in one burst are stored before she is thanked, once, with the count."""
        phone = self.cast.phone[self.hero]
        if self.hero == "sms":
            await self._uploads_three()
        else:
            await phone.sends_photos("birth-certificate", "birth-certificate", "birth-certificate")
        heard = await phone.hears(f"3 fotos para {CASE}", within=self.patience)
        evidence = (await self.staff.get(f"/cases/{CASE}/evidence"))["items"]
        assert len(evidence) == 3
        assert {one["state"] for one in evidence} == {"stored"}
        assert all(len(one["sha256"]) == 64 for one in evidence)
        assert {one["person_id"] for one in evidence} == {self.cast.ids[self.hero]}
        assert "?" in heard["text"]
        await phone.says("si es todo")
        await phone.hears("3 fotos en", within=self.patience)
        assert count(await phone.thread(), f"3 fotos para {CASE}") == 1

    async def staff_confirm_and_the_lawyer_knows(self) -> None:
        """A named human confirms; the lawyer's ping holds the code and nothing else."""
        lawyer = await self.cast.phone["lawyer"].hears(CASE, within=self.patience)
        for word in ("Juan", "Todos Santos", "found", "birth"):
            assert word not in lawyer["text"]
        report = (await self.staff.get(f"/cases/{CASE}/whereabouts"))["items"][0]
        decided = await self.staff.post(
            f"/cases/{CASE}/whereabouts/{report['id']}/decision",
            standing="confirmed",
            note="Hablé con la Defensora.",
        )
        assert decided["standing"] == "confirmed"
        assert decided["decided_by"] is not None

    async def a_broadcast_is_answered(self) -> None:
        """Chosen people are asked, once each, and their answers are counted."""
        ids = self.cast.ids
        made = await self.staff.post(
            "/broadcasts",
            title="Declaración en q'eqchi'",
            body_es="¿Quién puede tomar una declaración en q'eqchi' esta semana?",
            person_ids=[ids["whatsapp"], ids["sms"], ids["telegram"], ids["lawyer"]],
        )
        code = made["code"]
        audience = await self.staff.get(f"/broadcasts/{code}/audience")
        reasons = {one["person_id"]: one["exclusion"] for one in audience["items"]}
        assert audience["gets"] == 3
        assert reasons[ids["lawyer"]] == "no_translation"
        await self.staff.post(f"/broadcasts/{code}/confirmation", number=audience["gets"])
        for via, words in (("whatsapp", "yo puedo"), ("sms", "2"), ("telegram", "👍")):
            phone = self.cast.phone[via]
            await phone.hears(code, within=self.patience)
            await phone.says(words)
            await phone.hears("Gracias", within=self.patience)
        board = await self.staff.until(
            f"/broadcasts/{code}", lambda found: sum(found["replies"].values()) == 3
        )
        assert board["replies"] == {"yes": 2, "no": 1}
        for via in ("whatsapp", "sms", "telegram"):
            assert count(await self.cast.phone[via].thread(), "declaraci") == 1

    async def a_possible_parent_picks_an_hour(self) -> None:
        """The first message gives nothing away; a human calls, and records what is established."""
        slots = [datetime.now(UTC) + timedelta(hours=hours) for hours in (30, 40)]
        await self.staff.post(
            f"/cases/{CASE}/outreach",
            person_id=self.cast.ids["parent"],
            slots=[slot.replace(minute=0, second=0, microsecond=0).isoformat() for slot in slots],
        )
        phone = self.cast.phone["parent"]
        first = await phone.hears("derechos humanos", within=self.patience)
        for word in ("hij", "deport", CASE, "Juan", "migra", "Guatemala"):
            assert word not in first["text"]
        await phone.says("quien es? no tengo dinero, ya nos estafaron")
        await phone.hears("Nunca pedimos dinero", within=self.patience)
        await phone.says("1")
        await phone.hears("llamar", within=self.patience)
        await phone.says("1")
        await phone.hears("le llamar", within=self.patience)
        calls = await self.staff.until(f"/cases/{CASE}/calls", lambda page: page["items"])
        call = calls["items"][0]
        assert call["state"] == "booked"
        assert call["established"] == "nothing"
        recorded = await self.staff.post(
            f"/cases/{CASE}/calls/{call['id']}/record",
            state="held",
            established="is_the_person",
            note="Dio su apodo y su aldea.",
        )
        assert recorded["recorded_by"] is not None

    async def _offer_is(self, via: str, state: str) -> None:
        def holds(page: Any) -> bool:
            offers = page["items"][0]["offers"]
            return any(
                offer["person_id"] == self.cast.ids[via] and offer["state"] == state
                for offer in offers
            )

        await self.staff.until(f"/cases/{CASE}/assignments", holds)

    async def _uploads_three(self) -> None:
        words = "\n".join(await self.cast.phone["sms"].words())
        link = link_in(words[words.rindex("http") :])
        picture = PICTURE
        async with httpx.AsyncClient() as browser:
            form = await browser.get(link)
            assert "<script" not in form.text
            files = [("files", (f"{n}.png", picture, "image/png")) for n in range(3)]
            sent = await browser.post(link, files=files)
            assert sent.status_code == 200, sent.text
            again = await browser.post(link, files=files)
            assert "no sirve" in again.text


PICTURE = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c63"
    "f8cfc0f01f00050001ff56c72f0d0000000049454e44ae426082"
)
