"""Twilio as a test plays it: posts messages to the product, and remembers what it was answered."""

import asyncio
import re
import sqlite3
from contextlib import closing
from typing import Self
from uuid import uuid4

import httpx
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]

from tests.world import ACCOUNT, SMS_FROM, TOKEN, Town

AT_ONCE = 10


class Postbox:
    """Posts SMS, each of its own, from a few people."""

    def __init__(self, place: Town) -> None:
        self._url = f"{place.url}/webhooks/twilio/messages"
        self._client = httpx.AsyncClient(timeout=20)
        self.kept: set[str] = set()
        self.refused: set[str] = set()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *problem: object) -> None:
        await self._client.aclose()

    async def post(self, count: int) -> int:
        """Post so many new messages; give how many were taken."""
        before = len(self.kept)
        for _ in range(0, count, AT_ONCE):
            await asyncio.gather(*(self._post(f"SM{uuid4().hex}") for _ in range(AT_ONCE)))
        return len(self.kept) - before

    async def post_again(self) -> None:
        """Post what was refused once more, as the provider does."""
        for sid in sorted(self.refused):
            await self._post(sid)

    async def _post(self, sid: str) -> None:
        form = {
            "AccountSid": ACCOUNT,
            "ApiVersion": "2010-04-01",
            "Body": "Fui a la aldea. " * 60,
            "From": f"+5025555{int(sid[-2:], 16) % 20:04}",
            "To": SMS_FROM,
            "MessageSid": sid,
            "SmsSid": sid,
            "SmsMessageSid": sid,
            "SmsStatus": "received",
            "NumMedia": "0",
            "NumSegments": "1",
        }
        signature = RequestValidator(TOKEN).compute_signature(self._url, form)
        try:
            answer = await self._client.post(
                self._url, data=form, headers={"x-twilio-signature": signature}
            )
        except httpx.TransportError:
            self.refused.add(sid)  # no answer is no promise
            return
        assert answer.status_code in (200, 503), (answer.status_code, answer.text)
        if answer.status_code == 200:
            self.kept.add(sid)
            self.refused.discard(sid)
        else:
            self.refused.add(sid)

    def look(self, database_url: str) -> set[str]:
        """See that all that was taken is in the record, whole and once; give which are there."""
        path = database_url.removeprefix("sqlite:///")
        with closing(sqlite3.connect(path)) as found:
            assert found.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            rows = [event for (event,) in found.execute("SELECT event_id FROM inbox")]
            homeless = "SELECT count(*) FROM inbox WHERE lane NOT IN (SELECT id FROM lane)"
            assert found.execute(homeless).fetchone() == (0,)
        assert len(rows) == len(set(rows))
        there = {sid for row in rows for sid in re.findall("SM[0-9a-f]{32}", row)}
        assert self.kept - there == set()
        return there
