"""Whether somebody takes back what they allowed: «borren mis datos», «ya no doy permiso».

It stops nothing else, and a stop is none: «no me escriban» leaves what was allowed. Rather too much
is heard than too little: what was taken back by mistake can be given again.
"""

import re

from handlers.understanding.words import fold

_MINE = r"(?:mis|mi|todos mis|toda mi|my|all my)"
_WHAT = (
    r"(?:datos|informacion|info|fotos|documentos|papeles|data|information|photos|documents|papers)"
)
_PERMIT = r"(?:permiso|autorizacion|consentimiento|permission|consent|authorization|authorisation)"
_PHRASES = (
    rf"(?:borr|elimin|quit|destruy|delet|eras|remov)\w* {_MINE} {_WHAT}",
    rf"(?:retiro|quito|revoco|cancelo) (?:el |la )?(?:mi )?{_PERMIT}",
    rf"(?:i )?(?:withdraw|revoke|take back) (?:my |the )?{_PERMIT}",
    r"ya no (?:les |le )?autorizo",
    rf"(?:ya )?no (?:les |le )?doy (?:mi )?{_PERMIT}",
    rf"no (?:quiero que )?(?:compartan|usen|guarden) {_MINE} {_WHAT}",
    rf"(?:do not|dont|don't) (?:share|use|keep) {_MINE} {_WHAT}",
)
_WITHDRAWS = re.compile(rf"(?<!\w)(?:{'|'.join(_PHRASES)})(?!\w)")
_PARTS = "dato info foto documento papel permi autoriz consent data photo paper"
_ABOUT = tuple(_PARTS.split())
_DENIED = re.compile(r"(?:^|\W)(?:no|not|dont|don't|nunca|never)(?: me| nos| les)?\s*$")


def withdraws(text: str) -> bool:
    """Whether a text takes back what its writer allowed, in Spanish or English."""
    plain = text.casefold()
    if not any(part in plain for part in _ABOUT):
        return False  # as nearly always, and this is asked of every message
    line = " ".join(fold(text).split())
    return any(
        found[0].startswith(("no ", "do not", "don", "ya no"))
        or _DENIED.search(line[: found.start()]) is None
        for found in _WITHDRAWS.finditer(line)
    )
