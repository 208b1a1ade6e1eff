"""Our own name, number and website, said or kept at a command."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time

from sqlmodel import Session

from bot.accounts import acting, within
from bot.office import organisation
from bot.settings import WrongSetting
from bot.tongues import render
from bot.vault import trail
from handlers import always
from models.organisation import Organisation


def introduce(
    environment: dict[str, str],
    say: Callable[[str], None],
    given: dict[str, str | int | None],
    *,
    review_by: str,
    by: str,
) -> None:
    """Keep what is given of who we are, and say what a frightened person reads from now on.

    What is not given stays. Without anything it only says. Refuses a number nobody can call.
    """
    now = datetime.now(UTC)
    until = _end_of(review_by) if review_by else None
    told = {name: value for name, value in given.items() if value is not None}

    def act(s: Session) -> Organisation:
        kept = organisation.ours(s)
        if not told and until is None:
            return kept
        member = acting(s, by)
        columns = {name: getattr(kept, name) for name in organisation.TOLD} | told
        columns["review_by"] = until or kept.review_by
        actor = trail.by_staff(member.id) if member else trail.BOT
        return organisation.describe(s, **columns, now=now, actor=actor)

    ours = within(environment, act)
    face = (ours.name, organisation.phone(ours, now), organisation.website(ours, now))
    for language in ("spa", "eng"):
        say(render(always.who_are_you(*face), language))
    lacks = organisation.lacks(ours, now)
    say(
        render(lacks, "eng")
        if lacks
        else f"{ours.owner} answers for it until {ours.review_by:%Y-%m-%d}."
    )


def _end_of(day: str) -> datetime:
    try:
        return datetime.combine(date.fromisoformat(day), time(23, 59), UTC)
    except ValueError:
        raise WrongSetting("Write --review-by as year-month-day, like 2026-12-05.") from None
