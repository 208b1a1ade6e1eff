"""A Defender sends a document in photos, says when they are all there, or why it cannot be had."""

from collections.abc import Mapping
from enum import Enum

from handlers.sentences import together
from handlers.talk import Photos, Talk
from handlers.understanding import Meaning
from models.document import DocumentType, Obstacle
from models.facts import PapersGiven, PapersSent, Unobtainable
from models.text import Text, _

PAPERS: Mapping[DocumentType, Text] = {
    DocumentType.BIRTH_CERTIFICATE: _("birth certificate"),
    DocumentType.NATIONAL_ID: _("identity card"),
    DocumentType.PASSPORT: _("passport"),
    DocumentType.DEATH_CERTIFICATE: _("death certificate"),
    DocumentType.CRIMINAL_RECORD: _("criminal record"),
    DocumentType.COMPLAINT: _("complaint to the authorities"),
    DocumentType.COURT_FILE: _("court file"),
    DocumentType.MEDICAL_RECORD: _("medical record"),
    DocumentType.CUSTODY: _("custody paper"),
    DocumentType.SWORN_STATEMENT: _("sworn statement"),
    DocumentType.OTHER: _("the one agreed with coordination"),
}
"""What papers are called where the country has no name of its own for them."""


class AllThere(Enum):
    """Whether the photos that came are all."""

    YES = "yes"
    MORE = "more"


class Instead(Enum):
    """What to do when no photo came."""

    LATER = "later"
    CANNOT = "cannot"
    ALL_SENT = "all_sent"


async def papers(talk: Talk, given: PapersGiven) -> None:
    """Collect photos, counting what is stored, until she says that they are all there."""
    total, n, told = 0, 1, ""
    sent = await talk.photos("photos 1", _wanted(given))
    while True:
        total += sent.count
        if sent.count:
            if await _are_all(talk, given, sent, total, n):
                break
        else:
            if sent.meaning is None:
                told = "\n".join(part for part in (told, sent.words) if part)
            instead = await _instead(talk, given, sent, total, n)
            if instead is Instead.CANNOT:
                await _cannot(talk, given, told)
                return
            if instead is Instead.ALL_SENT:
                break
        n += 1
        sent = await talk.photos(
            f"photos {n}",
            _("{code}: send them here when you can. When done, write DONE.", code=given.code),
        )
    talk.record(PapersSent(given.request, total))
    talk.say(_kept(given.code, total))


async def _are_all(talk: Talk, given: PapersGiven, sent: Photos, total: int, n: int) -> bool:
    if sent.meaning is Meaning.DONE:
        return True
    there = await talk.choose(
        f"all {n}",
        _received(given.code, sent.count, total),
        {AllThere.YES: _("Yes, that is all"), AllThere.MORE: _("More to come")},
        means={AllThere.YES: Meaning.YES, AllThere.MORE: Meaning.NO},
        words={
            AllThere.YES: ("listo", "son todas", "es todo", "done", "that is all", "that's all"),
            AllThere.MORE: ("faltan", "falta", "mas", "more"),
        },
        on_photos=AllThere.MORE,
    )
    return there is AllThere.YES


async def _instead(talk: Talk, given: PapersGiven, sent: Photos, total: int, n: int) -> Instead:
    if sent.meaning is Meaning.DONE and total:
        return Instead.ALL_SENT
    if sent.meaning is Meaning.NO and not total:
        return Instead.CANNOT
    options = {Instead.LATER: _("I will send it later")}
    if total:
        options[Instead.ALL_SENT] = _("That is all there is")
    else:
        options[Instead.CANNOT] = _("It cannot be had")
    return await talk.choose(
        f"instead {n}",
        _("{code}: your message came without photos. What shall we do?", code=given.code),
        options,
        means={Instead.LATER: Meaning.LATER},
        on_photos=Instead.LATER,
    )


async def _cannot(talk: Talk, given: PapersGiven, told: str) -> None:
    obstacle = await talk.choose(
        "obstacle",
        _("{code}: why can it not be had?", code=given.code),
        {
            Obstacle.DESTROYED: _("It no longer exists"),
            Obstacle.REFUSED: _("They refuse it"),
            Obstacle.OTHER: _("Another reason"),
        },
        words={
            Obstacle.DESTROYED: ("se quemo", "quemaron", "destruido", "burned", "destroyed"),
            Obstacle.REFUSED: ("no quieren", "no quiere", "negaron", "refuse", "refused"),
            Obstacle.OTHER: ("otra", "otro", "other"),
        },
        otherwise=Obstacle.OTHER,
    )
    words = [told, talk.aside("obstacle")]
    if obstacle is Obstacle.OTHER and not words[1]:
        obstacle = await talk.choose(
            "other obstacle",
            _("{code}: what is the reason?", code=given.code),
            {
                Obstacle.NOT_FOUND: _("They cannot find it"),
                Obstacle.UNSAFE: _("It is not safe"),
                Obstacle.OTHER: _("Something else"),
            },
            words={
                Obstacle.NOT_FOUND: ("no aparece", "not find", "not found"),
                Obstacle.UNSAFE: ("peligroso", "peligro", "unsafe", "dangerous"),
            },
            otherwise=Obstacle.OTHER,
        )
        words.append(talk.aside("other obstacle"))
    words.append(
        await talk.hear(
            "tried",
            _("{code}: tell us what you tried, where and when, and who said no.", code=given.code),
        )
    )
    talk.record(Unobtainable(given.request, obstacle, "\n".join(part for part in words if part)))
    talk.say(_("Thank you. Your explanation is kept in {code}: it helps too.", code=given.code))


def _wanted(given: PapersGiven) -> Text:
    return together(
        _(
            "{code}: send photos of this paper: {document}.",
            code=given.code,
            document=given.alias or PAPERS[given.document],
        ),
        _("All pages, both sides. If it cannot be had, write NO."),
    )


def _received(code: str, count: int, total: int) -> Text:
    return together(
        _("I received 1 photo for {code}.", code=code)
        if count == 1
        else _("I received {count} photos for {code}.", count=str(count), code=code),
        _("In all there are {total}.", total=str(total)) if total > count else None,
        _("Is that all?"),
    )


def _kept(code: str, total: int) -> Text:
    return together(
        _("Thank you. 1 photo is kept in {code}.", code=code)
        if total == 1
        else _("Thank you. {total} photos are kept in {code}.", total=str(total), code=code),
        _("A person will look at the document."),
    )
