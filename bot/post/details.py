"""The link to the details, for who has just taken work."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlmodel import Session

from bot.office.work.details import by_link
from bot.vault.keys import Keys, new_token
from bot.world import World
from handlers import always
from models.assignment import Assignment
from models.conversation import Talked
from models.document import UploadPass
from models.facts import Accepted
from models.text import Text

LIFE = timedelta(days=3)


def link(
    s: Session, world: World, talked: Talked, facts: Sequence[object], now: datetime
) -> list[Text]:
    """Give the words with the link, where somebody took work whose details a link may carry.

    It holds once, three days. It goes with words of the case, so only where it is known who reads.
    """
    taken = next((fact for fact in facts if isinstance(fact, Accepted)), None)
    if taken is None or not by_link(s, s.get_one(Assignment, taken.assignment)):
        return []
    token = new_token()
    s.add(
        UploadPass(
            token_hash=digest(world.keys, token),
            conversation_id=talked.id or 0,
            person_id=talked.person_id,
            expires_at=now + LIFE,
            created_at=now,
        )
    )
    return [always.details_link(f"{world.settings.public_url}/d/{token}")]


def digest(keys: Keys, token: str) -> str:
    """Say what is kept of a link's token."""
    return keys.token_hash(f"details:{token}")
