"""What a broadcast is measured against: the same messages posted to Twilio, and nothing kept.

`python -m bot.bench.posters NAME COUNT WINDOW` posts them to TWILIO_API_URL, and says the seconds
from the first to the last answer.
"""

import asyncio
import os
import sys
import time
from collections.abc import Iterator

from bot.bench import letters
from bot.bench.desk import WORDS

WARM = 32


async def bare(count: int, window: int) -> float:
    """Post with aiohttp, so many at a time."""
    from aiohttp import ClientSession, encode_basic_auth  # noqa: PLC0415 - only this one needs it

    account = os.environ["TWILIO_ACCOUNT_SID"]
    url = f"{os.environ['TWILIO_API_URL']}/2010-04-01/Accounts/{account}/Messages.json"
    signed = {"Authorization": encode_basic_auth(account, os.environ["TWILIO_AUTH_TOKEN"])}
    async with ClientSession(headers=signed) as session:

        async def post(numbers: Iterator[int]) -> None:
            for number in numbers:
                async with session.post(url, data=_form(number)) as answer:
                    await answer.read()

        await post(iter(range(WARM)))
        numbers = iter(range(count))
        began = time.perf_counter()
        await asyncio.gather(*(post(numbers) for _ in range(window)))
        return time.perf_counter() - began


def client(count: int) -> float:
    """Post with Twilio's own client, one after the other as it does."""
    from twilio.rest import Client  # type: ignore[import-untyped]  # noqa: PLC0415 - the same

    made = Client(os.environ["TWILIO_ACCOUNT_SID"], os.environ["TWILIO_AUTH_TOKEN"])
    made.api.base_url = os.environ["TWILIO_API_URL"]

    def post(number: int) -> None:
        form = _form(number)
        made.messages.create(to=form["To"], from_=form["From"], body=form["Body"])

    for number in range(WARM):
        post(number)
    began = time.perf_counter()
    for number in range(count):
        post(number)
    return time.perf_counter() - began


def _form(number: int) -> dict[str, str]:
    return {"To": letters.phone(number), "From": letters.SMS_FROM, "Body": WORDS}


def main() -> None:
    """Post, and say how long it took."""
    import uvloop  # noqa: PLC0415 - ours runs on it too

    name, count, window = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    took = client(count) if name == "client" else uvloop.run(bare(count, window))
    sys.stdout.write(f"{took}\n")


if __name__ == "__main__":
    main()
