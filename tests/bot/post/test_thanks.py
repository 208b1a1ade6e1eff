"""What is said of a burst: what it is called, what was lost, and what may be hard to read."""

from datetime import UTC, datetime

import pytest

from bot.post.thanks import received, troubles_of
from bot.tongues import render
from models.evidence import Evidence, EvidenceState, Provenance

NOW = datetime(2026, 11, 24, tzinfo=UTC)


def file(kind: str = "photo", quality: str = "", failure: str = "") -> Evidence:
    return Evidence(
        person_id=1,
        via="telegram",
        kind=kind,
        provenance=Provenance.RECOMPRESSED,
        state=EvidenceState.FAILED if failure else EvidenceState.STORED,
        failure=failure,
        quality=quality,
        received_at=NOW,
    )


@pytest.mark.parametrize(
    ("kinds", "code", "said"),
    [
        (["photo"], "", "Recibí 1 foto."),
        (["photo", "photo"], "GT-0417", "Recibí 2 fotos para GT-0417."),
        (["voice"], "", "Recibí 1 archivo."),
        (["photo", "document"], "", "Recibí 2 archivos."),
        (["document"], "GT-0417", "Recibí 1 archivo para GT-0417."),
        (["voice", "photo"], "GT-0417", "Recibí 2 archivos para GT-0417."),
    ],
)
def test_what_came_is_called_what_it_is(kinds: list[str], code: str, said: str) -> None:
    assert render(received([file(kind) for kind in kinds], code), "spa") == said


def test_a_photo_that_may_be_hard_to_read_is_said_to_be_so_at_once() -> None:
    """The look is advice: nothing is refused, and a small photo alone is no trouble."""
    clear, small = file(), file(quality="small")
    assert troubles_of([clear, small]) == []
    one = troubles_of([clear, file(quality="dark")])
    assert [render(text, "spa") for text in one] == [
        "Una foto salió oscura o borrosa. Si puede, tómela otra vez."
    ]
    two = troubles_of([file(quality="blurred"), file(quality="dark")])
    assert [render(text, "spa") for text in two] == [
        "2 fotos salieron oscuras o borrosas. Si puede, tómelas otra vez."
    ]
    assert len(troubles_of([file(quality="unreadable"), file(failure="too_big")])) == 2
