"""The bot's webhook: where updates go, which ones, and how Telegram insists."""

import json
import random
import re
import time
from collections.abc import Sequence
from typing import Any

import aiohttp

from bot.simulator.house import House
from bot.simulator.record.deliveries import Delivery, Webhook
from bot.simulator.record.faults import Provider
from bot.simulator.telegram.errors import bad_request
from bot.simulator.wires.postman import Letter, Outcome

_SECRET = re.compile(r"[A-Za-z0-9_-]{1,256}")
_DAY = 24 * 3600.0
_PRESS = 150.0
_LONGEST_WAIT = (60.0, 120.0)
_LONGEST_ASKED = 3600.0
_EMPTY = {"url": "", "secret_token": "", "allowed_updates": [], "max_connections": 40}
# What an empty list of allowed updates leaves out.
_ONLY_ASKED = ("chat_member", "message_reaction", "message_reaction_count")
_LANES = {"callback_query": "press", "my_chat_member": "member"}


class BotWebhook:
    """Keeps the webhook's settings and queues updates for it."""

    def __init__(self, house: House) -> None:
        self._house = house

    @property
    def settings(self) -> dict[str, Any]:
        """What setWebhook last said."""
        kept = self._house.store.fact("telegram/webhook") or {}
        return {**_EMPTY, **kept}

    def set(self, asked: dict[str, Any]) -> None:
        """Point the webhook somewhere; what is not named about updates stays as it was."""
        url = str(asked.get("url") or "")
        secret = str(asked.get("secret_token") or "")
        if secret and not _SECRET.fullmatch(secret):
            raise bad_request("secret token contains unallowed characters")
        if url and not url.startswith(("http://", "https://")):
            raise bad_request("bad webhook: An HTTPS URL must be provided for webhook")
        allowed = asked.get("allowed_updates")
        self._house.store.remember(
            "telegram/webhook",
            {
                "url": url,
                "secret_token": secret,
                "allowed_updates": self.settings["allowed_updates"] if allowed is None else allowed,
                "max_connections": min(100, max(1, int(asked.get("max_connections") or 40))),
            },
        )
        if asked.get("drop_pending_updates"):
            self._house.deliveries.forget_waiting(Provider.TELEGRAM)
        self._house.deliveries.wake(Provider.TELEGRAM)

    def info(self) -> dict[str, Any]:
        """What getWebhookInfo tells."""
        kept = self.settings
        found = {
            "url": kept["url"],
            "has_custom_certificate": False,
            "pending_update_count": self._house.deliveries.waiting(Provider.TELEGRAM),
            "max_connections": kept["max_connections"],
        }
        if kept["allowed_updates"]:
            found["allowed_updates"] = kept["allowed_updates"]
        failure = self._house.store.fact("telegram/last_error")
        if failure and kept["url"]:
            found |= {
                "last_error_date": failure["date"],
                "last_error_message": failure["message"],
            }
        return found

    def push(self, updates: Sequence[tuple[str, dict[str, Any], int | None]], who: int) -> None:
        """Queue updates of one person: their kind, their object, the message they tick."""
        wanted = [one for one in updates if self._wanted(one[0])]
        self._house.deliveries.put(
            Provider.TELEGRAM,
            [
                Webhook(
                    provider=Provider.TELEGRAM,
                    kind="update",
                    fields={"update_id": self._number(), kind: content},
                    lane=f"{_LANES.get(kind, 'chat')}:{who}",
                    message=message,
                    lifetime=_PRESS if kind == "callback_query" else _DAY,
                )
                for kind, content, message in wanted
            ],
        )

    def _wanted(self, kind: str) -> bool:
        allowed = self.settings["allowed_updates"]
        return kind in allowed if allowed else kind not in _ONLY_ASKED

    def _number(self) -> int:
        return self._house.store.count("telegram/update_id", start=100_000_000)


class TelegramRound:
    """JSON posts with the secret token, one under way per lane, tried again for a day."""

    provider = Provider.TELEGRAM

    def __init__(self, house: House) -> None:
        self._house = house
        self._webhook = BotWebhook(house)

    def ready(self, busy: dict[int, str]) -> list[Delivery]:
        """The head of every free lane, once there is a webhook."""
        kept = self._webhook.settings
        if not kept["url"]:
            return []
        heads = self._house.deliveries.heads(self.provider, time.time(), set(busy.values()))
        return heads[: max(0, kept["max_connections"] - len(busy))]

    def letter(self, delivery: Delivery) -> Letter | None:
        """The update; nothing once it is too old."""
        kept = self._webhook.settings
        if delivery.expires is not None and time.time() > delivery.expires:
            return None
        headers = {"Content-Type": "application/json"}
        if kept["secret_token"]:
            headers["X-Telegram-Bot-Api-Secret-Token"] = kept["secret_token"]
        return Letter(
            url=kept["url"],
            body=json.dumps(delivery.fields).encode(),
            headers=headers,
            timeout=aiohttp.ClientTimeout(total=60, sock_connect=10),
        )

    def again(self, delivery: Delivery, outcome: Outcome) -> float | None:
        """At once, then after twice as long each time, or when the product asks for."""
        wait = self._wait(delivery.attempts)
        if outcome.retry_after is not None:
            wait = min(outcome.retry_after, _LONGEST_ASKED)
        words = (
            f"Wrong response from the webhook: {outcome.status}"
            if outcome.status
            else f"Connection failed: {outcome.words}"
        )
        self._house.store.remember(
            "telegram/last_error", {"date": int(time.time()), "message": words}
        )
        due = time.time() + wait
        return None if delivery.expires is not None and due > delivery.expires else due

    def _wait(self, attempts: int) -> float:
        if attempts == 0:
            return 0.0
        longest = random.uniform(*_LONGEST_WAIT)  # noqa: S311 - only spreads the waits
        return float(min(self._house.settings.telegram_retry * 2 ** (attempts - 1), longest))
