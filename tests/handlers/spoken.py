"""Everything that `always` can say, with values as long as they come."""

from handlers import always, promise
from handlers.talk import Kind
from models.text import Hour, Text

NAME, PHONE, PAGE, CODE = "la Red de Defensoras", "+502 2222 0000", "defensoras.example", "GT-0417"


def promises() -> list[Text]:
    """Give each sentence by when a human answers."""
    hour = Hour("2026-12-02T14:00:00+00:00", "America/Guatemala")  # a Wednesday
    clock = promise.clock(hour)
    return [
        promise.within(1),
        promise.within(24),
        promise.before(clock),
        promise.later(clock),
        promise.tomorrow(clock),
        promise.on_day(hour, clock),
        promise.some_time(),
    ]


def everything() -> list[Text]:
    """Give each sentence once, in every form that it has."""
    return [
        always.help_text(NAME, PHONE, PAGE),
        always.help_text(NAME, PHONE),
        always.help_text(NAME),
        always.who_are_you(NAME, PHONE, PAGE),
        always.who_are_you(NAME, PHONE),
        always.who_are_you(NAME),
        always.repeated(),
        always.stopped(),
        always.returned(),
        always.withdrawn_consent(),
        always.bland(),
        always.alarm("P-17"),
        *(always.person_called(when) for when in promises()),
        *(always.not_placed(when) for when in promises()),
        *(always.a_person_will_write(when) for when in promises()),
        *(always.given_up(when) for when in promises()),
        always.open_requests([CODE, "HN-0233", "SV-0009"]),
        always.nothing_open(),
        always.resumed(CODE),
        always.no_hurry(CODE),
        always.noted(),
        always.late(),
        *(always.not_understood(kind, times) for kind in Kind for times in (1, 2)),
        *(always.photos_received(n, code) for n in (1, 12) for code in ("", CODE)),
        *(always.files_received(n, code) for n in (1, 12) for code in ("", CODE)),
        *(always.hard_to_read(n) for n in (1, 12)),
        always.photo_failed(),
        always.photo_too_big(20),
        always.photo_unreadable(),
        always.kept_but_unreadable(),
        always.upload_link(f"https://bot.defensoras.example/u/{'x' * 43}"),
        always.upload_title(),
        always.upload_request(CODE),
        always.upload_choose(),
        always.upload_button(),
        always.upload_nothing(),
        always.upload_over(),
        always.details_link(f"https://bot.defensoras.example/d/{'x' * 43}"),
        always.details_title(),
        always.details_ask(CODE),
        always.details_button(),
        always.details_shown(),
        always.details_over(),
        always.no_way_back(),
        always.covered(CODE),
        always.enough(CODE),
        always.covered_by_others("offer", CODE),
        always.reminded(),
        always.still_open(CODE),
        always.withdrawn(CODE),
        always.wrong_person(),
    ]
