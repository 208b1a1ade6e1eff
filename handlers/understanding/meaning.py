"""What a reply can mean, and what kind of question it may answer."""

from enum import Enum


class Meaning(Enum):
    """What a person meant by a reply, as far as the words alone can tell."""

    YES = "yes"
    NO = "no"
    LATER = "later"
    STOP = "stop"
    START = "start"
    HELP = "help"
    PERSON = "person"
    LANGUAGE = "language"
    STATUS = "status"
    READ = "read"
    BACK = "back"
    SKIP = "skip"
    WRONG_PERSON = "wrong_person"
    WHO_ARE_YOU = "who_are_you"
    DONE = "done"
    UNCLEAR = "unclear"


class Expect(Enum):
    """What is on the person's screen: a plain question, an offer, or nothing that a yes answers."""

    YES_NO = "yes_no"
    OFFER = "offer"
    OPEN = "open"
