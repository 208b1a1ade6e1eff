"""Which request a text names."""

import pytest

from handlers.understanding import codes

KNOWN = {"GT-0417", "HN-0233", "AV-0003"}


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("417", ("GT-0417",)),
        ("gt0417", ("GT-0417",)),
        ("GT 417", ("GT-0417",)),
        ("gt-o417", ("GT-0417",)),
        ("caso 417 por favor", ("GT-0417",)),
        ("si la tomo 417", ("GT-0417",)),
        ("si la agaro 417 cuanto dan d viaticos", ("GT-0417",)),
        ("el #417", ("GT-0417",)),
        ("417 y 233", ("GT-0417", "HN-0233")),
        ("gt 417, hn 233", ("GT-0417", "HN-0233")),
        ("417 417", ("GT-0417",)),
        ("solicitud 3", ("AV-0003",)),
        ("hn 417", ()),
        ("3", ()),
        ("cuesta 417", ()),
        ("$417", ()),
        ("417%", ()),
        ("417km de camino", ()),
        ("a las 417", ()),
        ("llame al 5555 417 233", ()),
        ("4171233", ()),
        ("son las 4:17", ()),
        ("12/417/20", ()),
        ("en 2026", ()),
        ("tengo 417 quetzales", ()),
        ("a417", ()),
        ("nada", ()),
        ("", ()),
    ],
)
def test_a_code_is_known_however_it_is_written(text: str, named: tuple[str, ...]) -> None:
    assert codes(text, KNOWN) == named


def test_two_requests_may_share_a_number() -> None:
    assert set(codes("417", {"GT-0417", "HN-0417"})) == {"GT-0417", "HN-0417"}
    assert codes("hn 417", {"GT-0417", "HN-0417"}) == ("HN-0417",)


def test_a_year_is_no_code_and_what_is_no_code_is_left_out() -> None:
    assert codes("2019", {"GT-2019"}) == ()
    assert codes("gt 2019", {"GT-2019", "sin número"}) == ("GT-2019",)
