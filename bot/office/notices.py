"""Words for somebody else than who caused them, to be rendered and sent by whoever asked."""

from dataclasses import dataclass

from models.text import Text


@dataclass(frozen=True)
class Notice:
    """What somebody is to be told. The key makes it told once."""

    person_id: int
    text: Text
    conversation_id: int | None
    case_id: int | None
    key: str
