"""What a kept Telegram update means: what a person did, or that they blocked us.

aiogram is imported with the first update that is read.
"""

from typing import TYPE_CHECKING, Any

from channels import _telegram_library
from channels._place import place
from channels._telegram_update import Kept, load, moment, words
from channels.base import (
    TELEGRAM,
    Attachment,
    Blocked,
    Event,
    Inbound,
    MediaKind,
    Odd,
    Pin,
)

if TYPE_CHECKING:
    from aiogram.types import CallbackQuery, ChatMemberUpdated, Message


def read(raw: bytes, account: str) -> Event:
    """Read an update. Never raises: what cannot be read is `Odd`."""
    try:
        update = load(raw)
    except ValueError as error:
        return Odd(TELEGRAM, account, "", "", f"Not an update: {error}.")
    return _event(update, account)


def _event(update: Kept, account: str) -> Event:
    _telegram_library.load()
    from aiogram.types import CallbackQuery, ChatMemberUpdated, Message  # noqa: PLC0415

    if not update.content:
        return _odd(update, account, "It nests too deep to be read.")
    if not update.sender:
        return _odd(update, account, f"Not from a person, or of no known kind: {update.names()}.")
    content = update.pruned()
    try:
        match update.kind:
            case "my_chat_member":
                return _membership(update, account, ChatMemberUpdated.model_validate(content))
            case "callback_query":
                return _press(update, account, CallbackQuery.model_validate(content))
            case _:
                return _message(update, account, Message.model_validate(content))
    except ValueError:  # as the library's validation says it
        return _odd(update, account, f"Not as Telegram documents it: {update.kind}.")


def _odd(update: Kept, account: str, why: str) -> Odd:
    return Odd(TELEGRAM, account, str(update.number), update.sender, why)


def _membership(update: Kept, account: str, change: "ChatMemberUpdated") -> Event:
    status = change.new_chat_member.status
    if status not in {"kicked", "member"}:
        return _odd(update, account, f"A membership that we do not know: {status}.")
    blocked = status == "kicked"
    return Blocked(TELEGRAM, account, str(update.number), update.sender, blocked)


def _press(update: Kept, account: str, query: "CallbackQuery") -> Event:
    if not query.data or not query.message:
        return _odd(update, account, "A pressed button without its payload.")
    chat = query.message.chat.id
    return Inbound(
        channel=TELEGRAM,
        account=account,
        event_id=str(update.number),
        message_id=f"{chat}:press:{query.id}",
        sender=update.sender,
        recipient=account,
        button=query.data,
        quoted=f"{chat}:{query.message.message_id}",
        press=query.id,
        profile_name=query.from_user.full_name,
        language_hint=query.from_user.language_code or "",
    )


def _message(update: Kept, account: str, message: "Message") -> Event:
    text, start = words(message.text or message.caption or "")
    person, contact, quoted = message.from_user, message.contact, message.reply_to_message
    if contact and person and contact.user_id == person.id:
        text = contact.phone_number
    attachments, pin = _attachments(message), _pin(message)
    if not (text.strip() or attachments or pin):
        return _odd(update, account, f"A message that we cannot read: {update.names(update.kind)}.")
    return Inbound(
        channel=TELEGRAM,
        account=account,
        event_id=str(update.number),
        message_id=f"{message.chat.id}:{message.message_id}",
        sender=update.sender,
        recipient=account,
        text=text,
        quoted=f"{message.chat.id}:{quoted.message_id}" if quoted else "",
        start=start,
        attachments=attachments,
        pin=pin,
        album=message.media_group_id or "",
        edited=update.kind == "edited_message",
        forwarded="forward_origin" in update.content[update.kind],
        profile_name=person.full_name if person else "",
        language_hint=(person.language_code or "") if person else "",
        sent_at=moment(message.date, message.edit_date),
    )


def _attachments(message: "Message") -> tuple[Attachment, ...]:
    if message.photo:
        largest = max(message.photo, key=lambda size: size.width * size.height)
        return (_attachment(largest, MediaKind.PHOTO, "image/jpeg"),)
    for file, kind in (
        (message.animation, MediaKind.VIDEO),  # which comes with a document of the same file
        (message.document, MediaKind.DOCUMENT),
        (message.voice, MediaKind.VOICE),
        (message.audio, MediaKind.VOICE),
        (message.video, MediaKind.VIDEO),
        (message.video_note, MediaKind.VIDEO),
    ):
        if file:
            return (_attachment(file, kind, getattr(file, "mime_type", None) or ""),)
    return ()


def _attachment(file: Any, kind: MediaKind, mime: str) -> Attachment:
    return Attachment(
        kind=kind,
        locator=file.file_id,
        mime=mime,
        filename=getattr(file, "file_name", None) or "",
        size=file.file_size,
        provider_id=file.file_unique_id,
    )


def _pin(message: "Message") -> Pin | None:
    if message.venue:
        label = ", ".join(filter(None, (message.venue.title, message.venue.address)))
        spot = message.venue.location
    elif message.location:
        spot, label = message.location, ""
    else:
        return None
    return place(spot.latitude, spot.longitude, label, live=spot.live_period is not None)
