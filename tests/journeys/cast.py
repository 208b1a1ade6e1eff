"""The people of the journeys, fictional, as the coordinator enters them."""

from dataclasses import dataclass, field
from typing import Any

from bot.simulator.remote import Phone, Phones
from tests.world import Staff

NAMES = {
    "whatsapp": ("Marta Ficticia", "+50255550101", None),
    "sms": ("Rosa Inventada", "+50455550102", None),
    "telegram": ("Lucía Imaginaria", "", 700100103),
}


@dataclass
class Cast:
    """Everybody in the story: their rows, and their phones."""

    phones: Phones
    ids: dict[str, int] = field(default_factory=dict)
    phone: dict[str, Phone] = field(default_factory=dict)

    @classmethod
    async def enter(cls, staff: Staff, phones: Phones) -> "Cast":
        """Enrol three Defenders, one on each channel, a lawyer and a possible parent."""
        cast = cls(phones)
        book: list[dict[str, Any]] = []
        people = {
            **{via: (*who, "defender", via) for via, who in NAMES.items()},
            "lawyer": ("Grace Example", "+15005550110", None, "lawyer", "sms"),
            "parent": ("Tomasa Novela", "+50255550201", None, "parent", "whatsapp"),
        }
        for key, (name, number, telegram_id, _role, via) in people.items():
            entry: dict[str, Any] = {"name": name, "channels": [via], "started": True}
            if number:
                entry["phone"] = number
            if telegram_id:
                entry["telegram_id"] = telegram_id
            book.append(entry)
            cast.phone[key] = cast._phone_of(via, number, telegram_id)
        await phones.book(book)
        for key, (name, number, telegram_id, role, via) in people.items():
            made = await staff.post(
                "/people",
                name=name,
                role=role,
                country="US" if role == "lawyer" else "GT",
                language="eng" if role == "lawyer" else "spa",
                address={"via": via, "wire": number or str(telegram_id)},
            )
            cast.ids[key] = made["id"]
        return cast

    def _phone_of(self, via: str, number: str, telegram_id: int | None) -> Phone:
        if via == "telegram":
            assert telegram_id is not None
            return self.phones.telegram(telegram_id)
        return self.phones.whatsapp(number) if via == "whatsapp" else self.phones.sms(number)
