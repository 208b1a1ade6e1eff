"""Some countries write one phone number in several ways; each is found from any other."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.numbers import forms, other_forms


@pytest.mark.parametrize(
    ("number", "others"),
    [
        ("+525512345678", ("+5215512345678",)),
        ("+5215512345678", ("+525512345678",)),
        ("+5491123456789", ("+541123456789", "+54111523456789")),
        ("+541123456789", ("+5491123456789", "+54111523456789")),
        ("+54111523456789", ("+5491123456789", "+541123456789")),
        ("+5492214567890", ("+542214567890",)),
        ("+54221154567890", ("+5492214567890", "+542214567890")),
        ("+54926211545678", ()),
        ("+54262115456789", ("+5492621456789", "+542621456789")),
        ("+5511987654321", ("+551187654321",)),
        ("+551187654321", ("+5511987654321",)),
        ("+551132654321", ()),  # a landline
        ("+50255512345", ()),
        ("+14155550123", ()),
        ("+52551234567", ()),
        ("", ()),
        ("GT.1349abc", ()),
    ],
)
def test_a_number_has_its_other_forms_with_and_without_a_prefix(
    number: str, others: tuple[str, ...]
):
    assert other_forms(number) == others
    assert other_forms(f"whatsapp:{number}") == tuple(f"whatsapp:{one}" for one in others)


@given(
    st.sampled_from(["+52", "+521", "+54", "+549", "+5411", "+54911", "+5411159", "+55", "+55119"]),
    st.text("0123456789", min_size=6, max_size=11),
)
def test_each_form_leads_back_to_every_other(country: str, rest: str):
    number = country + rest
    for other in other_forms(number):
        assert forms(other)[0] == forms(number)[0]
        assert {*other_forms(other), other} >= {one for one in forms(number) if one != number}
