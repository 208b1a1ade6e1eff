"""By when a human answers, in words. Who calls them knows that the time is one that can be kept."""

from models.text import Hour, Text, _


def within(hours: int) -> Text:
    """Say within how many hours: this is true by any clock."""
    if hours == 1:
        return _("You will have an answer within an hour.")
    return _("You will have an answer within {hours} hours.", hours=str(hours))


def clock(hour: Hour) -> Text:
    """Say an hour of the day."""
    return Text("{hour:clock}", (("hour", hour),))


def before(clock: Text) -> Text:
    """Say by which hour of today."""
    return _("A person answers you before {clock}.", clock=clock)


def later(clock: Text) -> Text:
    """Say from which hour of today on: nobody answers before."""
    return _("A person answers you today from {clock}.", clock=clock)


def tomorrow(clock: Text) -> Text:
    """Say from which hour of tomorrow on."""
    return _("A person answers you tomorrow from {clock}.", clock=clock)


def on_day(hour: Hour, clock: Text) -> Text:
    """Say from which hour of a later day on."""
    return _("A person answers you on {hour:date} from {clock}.", hour=hour, clock=clock)


def some_time() -> Text:
    """Say that it cannot be said: whoever answers is away."""
    return _("A person answers you. We cannot tell you when yet.")
