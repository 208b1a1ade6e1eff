"""What providers post to a webhook: signed forms of Twilio's, updates of Telegram's."""

import base64
import hmac
import json
from hashlib import sha1
from urllib.parse import urlencode

ACCOUNT = "AC" + "b" * 32
TOKEN = "bench" * 6 + "00"
BOT = "5000000001:" + "B" * 35
SECRET = "a-secret-of-the-bench-0123456789"  # noqa: S105 - it opens nothing
SMS_FROM = "+15005550006"

MESSAGES = "/webhooks/twilio/messages"
UPDATES = "/webhooks/telegram"

_MAC = hmac.new(TOKEN.encode(), digestmod=sha1)


def phone(number: int) -> str:
    """The number of the n-th person who writes by SMS."""
    return f"+5025{number:07d}"


def user(number: int) -> str:
    """The id of the n-th person who writes on Telegram."""
    return str(600_000_000 + number)


def sign(url: str, fields: dict[str, str]) -> str:
    """Sign a form as Twilio does."""
    mac = _MAC.copy()
    mac.update((url + "".join(f"{name}{fields[name]}" for name in sorted(fields))).encode())
    return base64.b64encode(mac.digest()).decode()


def letter(shape: str, port: int, serial: int, sender: int, words: str) -> bytes:
    """Write one whole HTTP request: the message number `serial`, from person number `sender`."""
    if shape != "twilio":
        said: dict[str, object] = {"text": words} if shape == "telegram" else {"photo": [_PHOTO]}
        return _request(port, UPDATES, _update(serial, sender, said), _TELEGRAM_HEAD)
    fields = _form(serial, phone(sender), words)
    head = (
        "Content-Type: application/x-www-form-urlencoded; charset=UTF-8\r\n"
        f"X-Twilio-Signature: {sign(f'http://127.0.0.1:{port}{MESSAGES}', fields)}\r\n"
        "User-Agent: TwilioProxy/1.1\r\nAccept: */*\r\n"
    )
    return _request(port, MESSAGES, urlencode(fields).encode(), head)


_PHOTO = {"file_id": "F", "file_unique_id": "U", "width": 4000, "height": 3000}
_TELEGRAM_HEAD = (
    f"Content-Type: application/json\r\nX-Telegram-Bot-Api-Secret-Token: {SECRET}\r\n"
    "Accept-Encoding: gzip, deflate\r\n"
)


def _request(port: int, path: str, body: bytes, head: str) -> bytes:
    first = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Length: {len(body)}\r\n"
    return f"{first}{head}\r\n".encode() + body


def _form(serial: int, sender: str, words: str) -> dict[str, str]:
    sid = f"SM{serial:032x}"
    return {
        "ToCountry": "US",
        "ToState": "",
        "SmsMessageSid": sid,
        "NumMedia": "0",
        "ToCity": "",
        "FromZip": "",
        "SmsSid": sid,
        "FromState": "",
        "SmsStatus": "received",
        "FromCity": "",
        "Body": words,
        "FromCountry": "GT",
        "To": SMS_FROM,
        "ToZip": "",
        "NumSegments": "1",
        "MessageSid": sid,
        "AccountSid": ACCOUNT,
        "From": sender,
        "ApiVersion": "2010-04-01",
    }


def _update(serial: int, sender: int, said: dict[str, object]) -> bytes:
    who = int(user(sender))
    person = {"id": who, "is_bot": False, "first_name": "Marta", "language_code": "es"}
    message = {
        "message_id": serial,
        "from": person,
        "chat": {"id": who, "first_name": "Marta", "type": "private"},
        "date": 1_790_000_000,
        **said,
    }
    return json.dumps({"update_id": serial, "message": message}).encode()
