"""What nobody is ever asked for in our name: money, passwords, full ID numbers, signatures.

It is looked for in all words of both languages, whoever wrote them. «Nunca pedimos dinero» asks for
nothing: a «no» shortly before the verb, in the same breath, takes it back.
"""

import re
from collections.abc import Sequence

from bot.office.wording import fold, words

REACH = 8  # words after the verb in which it may name what it asks for
BREATH = 3  # words before the verb in which a «no» takes it back

PHRASES = (
    "clave secreta",
    "clave del banco",
    "clave bancaria",
    "numero de cuenta",
    "numero de tarjeta",
    "numero de dpi",
    "numero de su dpi",
    "numero de dui",
    "numero de dni",
    "numero de cedula",
    "numero de identidad",
    "numero de pasaporte",
    "numero de seguro social",
    "su curp",
    "su cui",
    "su firma",
    "id number",
    "passport number",
    "social security number",
    "account number",
    "card number",
    "your signature",
)
OUTRIGHT = (
    "pay us",
    "pay now",
    "sign here",
    "sign this",
    "sign it",
    "sign below",
    "sign and",
    "firmar aqui",
)
NO = "no nunca jamas nadie ni sin never not dont nobody without cannot nor"
TO_GIVE = """
mande mandeme mandenos mandar envie envieme envienos enviar traiga traer entregue entregar consiga
ponga poner escriba escribanos escribir diga digame diganos decir deme denos dar comparta confirme
indique ingrese necesitamos necesito pedimos pido ocupo cobramos cuesta cual
send bring give write type enter share confirm tell need needs want require what provide
"""
TO_PAY = """
pague paguenos paguele deposite depositenos depositeme transfiera transfieranos gire
"""
FOR_MONEY = "pagar depositar transferir girar pay paying deposit wire transfer"
MONEY = """
dinero plata pisto feria efectivo pago pagos deposito transferencia remesa quetzales quetzal
lempiras lempira dolares dolar pesos cordobas adelanto cuota cuotas
money cash dollars dollar payment payments fee fees
"""
SECRETS = "contrasena contrasenas password passwords passcode"
TO_SIGN = "firme firmela firmelo firmenos firmenla"
AMOUNT = re.compile(r"(?:q|l|c|usd|us)\d{2,}")

_BREATHS = re.compile(r"[.!?¿¡;:\n]+")
_NO = frozenset(NO.split())
_GIVE = frozenset(TO_GIVE.split())
_GIVE_MONEY = _GIVE | frozenset(FOR_MONEY.split())
_PAY_OR_SIGN = frozenset(f"{TO_PAY} {TO_SIGN}".split())
_VERBS = _GIVE_MONEY | _PAY_OR_SIGN | {one.split()[0] for one in OUTRIGHT}
_MONEY = frozenset(MONEY.split())
_SECRETS = frozenset(SECRETS.split())


def asks(text: str) -> bool:
    """Tell whether a text asks its reader for what nobody of ours may ask for."""
    folded = fold(text)
    if _VERBS.isdisjoint(words(folded)):
        return False  # as most often
    return any(_asks(breath) for breath in _BREATHS.split(folded))


def _asks(breath: str) -> bool:
    said, starts = _said(breath)
    for at, word in enumerate(said):
        if word not in _VERBS:
            continue
        if not _NO.isdisjoint(said[max(at - BREATH, starts[at]) : at]):
            continue
        after = said[at + 1 : at + 1 + REACH]
        if word in _PAY_OR_SIGN or " ".join([word, *after[:1]]) in OUTRIGHT:
            return True
        if word in _GIVE_MONEY and _wants_money(after):
            return True
        if word in _GIVE and (not _SECRETS.isdisjoint(after) or _names(after)):
            return True
    return False


def _said(breath: str) -> tuple[Sequence[str], Sequence[int]]:
    """Give the words, and for each where the part between commas begins that it stands in."""
    said: list[str] = []
    starts: list[int] = []
    for part in breath.split(","):
        begin = len(said)
        said += words(part)
        starts += [begin] * (len(said) - begin)
    return said, starts


def _wants_money(after: Sequence[str]) -> bool:
    return not _MONEY.isdisjoint(after) or any(AMOUNT.fullmatch(word) for word in after)


def _names(after: Sequence[str]) -> bool:
    line = f" {' '.join(after)} "
    return any(f" {phrase} " in line for phrase in PHRASES)
