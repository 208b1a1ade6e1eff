"""People brought into the record from a file, at a command: shown first, then all or nobody."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from sqlmodel import Session

from bot import settings
from bot.accounts import acting, within
from bot.console import words
from bot.office.reach import joining, roster, sheet
from bot.office.reach.joining import Plan
from bot.office.reach.roster import Entry, Lists
from bot.office.refusal import Refusal
from bot.settings import WrongSetting
from bot.tongues import render
from bot.vault import trail
from bot.wiring import rooted
from models.staff import Duty
from models.text import Text, _

LISTS = Lists(words.LANGUAGES, words.COUNTRIES, words.ZONES)
FIRST = 5  # lines that a preview shows


def bring_in(
    environment: dict[str, str],
    file: Path,
    say: Callable[[str], None],
    *,
    yes: bool,
    by: str,
    language: str,
) -> None:
    """Show what a file would do to the record; with `yes`, do it.

    Ends with every fault of the file as the message of `WrongSetting`, and nothing is brought in.
    """
    drawn = rooted(settings.load(environment))
    try:
        with file.open("rb") as opened:
            data = opened.read(sheet.MOST_BYTES + 1)
    except OSError as problem:
        raise WrongSetting(f"{file} cannot be read: {problem.strerror}.") from None

    with _line_by_line(language):
        entries = roster.read(data, LISTS)

    def act(s: Session) -> Plan:
        with _line_by_line(language):
            if not yes:
                return joining.plan(s, drawn, entries)
            return joining.join(s, drawn, entries, datetime.now(UTC), _actor(s, by))

    plan = within(environment, act, looks=not yes)
    say(_told(_done(plan) if yes else _preview(plan), language))


def _actor(s: Session, by: str) -> str:
    member = acting(s, by)
    if member is None:
        raise WrongSetting(
            "Who brings these people in? Say it with --as and the user name of a coordinator."
        )
    if member.duty is not Duty.COORDINATOR:
        raise WrongSetting(f"The account {member.username} may read, and change nothing.")
    return trail.by_staff(member.id)


@contextmanager
def _line_by_line(language: str) -> Iterator[None]:
    try:
        yield
    except Refusal as refusal:
        raise WrongSetting(_told(_refused(refusal), language)) from None


def _told(sentences: Iterable[Text], language: str) -> str:
    return "\n".join(render(one, language) for one in sentences)


def _refused(refusal: Refusal) -> Iterator[Text]:
    yield from refusal.reasons
    yield _(
        "Nobody was brought in. Faults: {count}. Correct the file and try again.",
        count=str(len(refusal.reasons)),
    )


def _preview(plan: Plan) -> Iterator[Text]:
    yield _("People who would join the record: {count}.", count=str(len(plan.new)))
    for (role, country), count in sorted(
        Counter((entry.role, entry.country) for entry in plan.new).items(),
        key=lambda one: (one[0][0].value, one[0][1]),
    ):
        yield _(
            "{role}, {country}: {count}",
            role=words.word(role),
            country=words.COUNTRIES[country],
            count=str(count),
        )
    for entry in plan.new[:FIRST]:
        yield _line(entry)
    if len(plan.new) > FIRST:
        yield _("… and {count} more.", count=str(len(plan.new) - FIRST))
    yield from _others(plan)
    if plan.new or plan.more:
        yield _("Nothing is changed yet. To bring them in, run this again with --yes.")


def _line(entry: Entry) -> Text:
    # A screen may be read along with: enough to know a number again, not enough to dial it.
    return _(
        "Line {line}: {name}, {language}, {zone}. {places}",
        line=str(entry.line),
        name=entry.name,
        language=words.LANGUAGES[entry.language],
        zone=entry.zone,
        places=" ".join(f"{one.column} …{one.wire[-3:]}" for one in entry.places),
    )


def _done(plan: Plan) -> Iterator[Text]:
    yield _("People who joined the record: {count}.", count=str(len(plan.new)))
    yield from _others(plan)


def _others(plan: Plan) -> Iterator[Text]:
    if plan.known:
        yield _("In the record already, and left as they are: {count}.", count=str(plan.known))
    if plan.more:
        yield _("New addresses of people who are known: {count}.", count=str(len(plan.more)))
