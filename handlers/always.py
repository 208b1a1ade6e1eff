"""What can be said at any moment, whatever conversation is open.

Each function gives words that are true when they are said: who calls it has done what they tell.
Any of them may reach somebody we know nothing of, so none of them says what a request is about.
"""

from collections.abc import Sequence
from typing import assert_never

from handlers.sentences import together
from handlers.talk import Kind
from models.text import Text, _


def help_text(organisation: str, phone: str = "", website: str = "") -> Text:
    """Say who we are, how to check us, how to reach a human, how to stop."""
    return together(
        _("This is the assistant of {organisation}.", organisation=organisation),
        _checking(phone, website),
        _("Write PERSON to talk to somebody, STOP for no more messages, LANGUAGE for another one."),
    )


def who_are_you(organisation: str, phone: str = "", website: str = "") -> Text:
    """Answer a worry that we are a swindle: never argue, never press, let them check us."""
    return together(
        _("I understand. We never ask for money or passwords."),
        _("We are {organisation}.", organisation=organisation),
        _checking(phone, website),
        _("There is no hurry."),
    )


def _checking(phone: str, website: str) -> Text:
    if phone and website:
        return _(
            "To check, call {phone} yourself, or look for that number on {website}.",
            phone=phone,
            website=website,
        )
    if phone:
        return _("To check, call {phone} yourself.", phone=phone)
    return _("To check, ask somebody you trust about us.")


def repeated() -> Text:
    """Mark words that may have arrived before: nobody could tell us."""
    return _("(We send this once more in case it did not arrive.)")


def stopped() -> Text:
    """Confirm a stop, once."""
    return _("Done: we will not write to you any more; if you ever want us to, write START.")


def withdrawn_consent() -> Text:
    """Confirm that what somebody allowed is not used any more, and that a human deletes."""
    return _("Done: we do not use your data any more. A person will see to it that it is deleted.")


def bland() -> Text:
    """End a talk as if nothing were: somebody else may be reading."""
    return _("Thank you, not for now. Have a good day.")


def alarm(code: str) -> Text:
    """Wake whoever is on call. It may be read on a lock screen: a code, and nothing else."""
    return _("Safety alert {code}: open the console now.", code=code)


def returned() -> Text:
    """Confirm that they want messages again."""
    return _("Welcome back. We can write to you again.")


def person_called(when: Text) -> Text:
    """Say that a human was called, and when one answers."""
    return together(_("I have told our team."), when)


def not_placed(when: Text) -> Text:
    """Say once that what came fits nothing we know, and when a human answers."""
    return together(_("Your message has reached us."), when)


def a_person_will_write(when: Text) -> Text:
    """Say that we cannot go on by ourselves."""
    return together(_("Our team goes on from here."), when)


def open_requests(codes: Sequence[str]) -> Text:
    """Say which requests wait for this person."""
    return _("Your open requests: {codes}. Write a code to go on.", codes=", ".join(codes))


def nothing_open() -> Text:
    """Say that nothing waits for this person."""
    return _("Nothing is waiting for you at the moment.")


def resumed(code: str) -> Text:
    """Open a question again after something else came between."""
    return _("We go on where we were: {code}.", code=code)


def no_hurry(code: str) -> Text:
    """Answer «later» to a question that takes yes or no. The question stays."""
    return _("That is fine. When you know, answer with the code: {code}.", code=code)


def noted() -> Text:
    """Thank for an answer after which nothing else is said."""
    return _("Thank you. It is noted.")


def late() -> Text:
    """Say why a question is asked again: a late answer to an old question answers nothing."""
    return _("Some time has passed, so I ask you again.")


def given_up(when: Text) -> Text:
    """Say that a reply was not understood too often, and when a human answers."""
    return together(_("I cannot understand you, so I have told our team."), when)


def not_understood(kind: Kind, times: int) -> Text:
    """Say that a reply was not understood, the second time more plainly. Then a human is called."""
    match kind:
        case Kind.CHOICE if times == 1:
            return _("I did not understand. Please choose one of these.")
        case Kind.CHOICE:
            return _("Press one, or write only its number. The first is 1.")
        case Kind.PLACE if times == 1:
            return _("I did not understand. Please write the name of the place.")
        case Kind.PLACE:
            return _("Write only village and municipality. For example: Las Flores, San Juan")
        case Kind.PHOTOS if times == 1:
            return _("I did not understand. Please send the photos here.")
        case Kind.PHOTOS:
            return _("Send a photo, or write only DONE or NO.")
        case Kind.WORDS:
            return _("I did not understand. Please answer with a few words.")
        case _:
            assert_never(kind)


def photos_received(count: int, code: str = "") -> Text:
    """Thank for files, by the count that is stored."""
    if code and count == 1:
        return _("I received 1 photo for {code}.", code=code)
    if code:
        return _("I received {count} photos for {code}.", count=str(count), code=code)
    if count == 1:
        return _("I received 1 photo.")
    return _("I received {count} photos.", count=str(count))


def files_received(count: int, code: str = "") -> Text:
    """Thank for files that are not all photos, such as a voice message, by the count stored."""
    if code and count == 1:
        return _("I received 1 file for {code}.", code=code)
    if code:
        return _("I received {count} files for {code}.", count=str(count), code=code)
    if count == 1:
        return _("I received 1 file.")
    return _("I received {count} files.", count=str(count))


def hard_to_read(count: int) -> Text:
    """Say that photos are kept and may be too dark or blurred for whoever must read them."""
    if count == 1:
        return _("One photo came out dark or blurred. If you can, take it again.")
    return _(
        "{count} photos came out dark or blurred. If you can, take them again.", count=str(count)
    )


def photo_failed() -> Text:
    """Say that a file did not reach us."""
    return _("A photo did not reach us. Please send it again.")


def photo_too_big(megabytes: int) -> Text:
    """Say that a file is larger than we take."""
    return _(
        "A file is too big: it may have {megabytes} megabytes at most. Please send it smaller.",
        megabytes=str(megabytes),
    )


def photo_unreadable() -> Text:
    """Say that a file is not one we can take at all."""
    return _("A file came broken. Please take the photo again and send it.")


def kept_but_unreadable() -> Text:
    """Say that a file is kept as it came, and that nobody can look at it yet."""
    return _("We kept a file that we cannot open. If you can, send it again as a photo or a PDF.")


def upload_link(link: str) -> Text:
    """Tell somebody whose messages carry no pictures how to send them."""
    return _("Send them on this page, which works once: {link}", link=link)


def upload_title() -> Text:
    """Head the page behind the link."""
    return _("Send photos")


def upload_request(code: str) -> Text:
    """Say on the page what the photos are for: the code, nothing else."""
    return _("For {code}. Choose the photos, then press the button.", code=code)


def upload_choose() -> Text:
    """Label the field of files on the page."""
    return _("Choose photos or files")


def upload_button() -> Text:
    """Label the button on the page."""
    return _("Send")


def upload_nothing() -> Text:
    """Say on the page that no file was chosen."""
    return _("No photo was chosen. Choose at least one, then press the button.")


def upload_over() -> Text:
    """Say on the page that the link was used or has lapsed."""
    return _("This page does not work any more. Write to us and we will send you another.")


def details_link(link: str) -> Text:
    """Tell whoever took work where she reads what it is about."""
    return _("The details, to be read once: {link}", link=link)


def details_title() -> Text:
    """Head the page behind the link."""
    return _("The details")


def details_ask(code: str) -> Text:
    """Say on the page, before it is opened, that it opens once: the code, nothing else."""
    return _(
        "{code}. They are shown once. Open them where nobody reads over your shoulder.", code=code
    )


def details_button() -> Text:
    """Label the button on the page."""
    return _("Show the details")


def details_shown() -> Text:
    """Say on the page, under the details, that they are not shown again."""
    return _("They are not shown again. Close this page when you have read them.")


def details_over() -> Text:
    """Say on the page that the link was used, has lapsed, or opens nothing of hers any more."""
    return _("This page does not work any more. Write PERSON, and coordination will help you.")


def no_way_back() -> Text:
    """Say that the last answer cannot be taken back here."""
    return _("That cannot be undone here. If something is wrong, write PERSON.")


def covered(code: str) -> Text:
    """Say that somebody else took it first."""
    return _("Thank you. Somebody else has taken {code} already.", code=code)


def covered_by_others(conversation: str, code: str) -> Text:
    """Say that others were first: to what one takes, or to a broadcast."""
    return enough(code) if conversation == "announce" else covered(code)


def enough(code: str) -> Text:
    """Thank somebody who says yes when as many had said so as were needed."""
    return _("Thank you. {code} is covered already; we will remember you.", code=code)


def reminded() -> Text:
    """Say why a question comes again."""
    return _("We ask you once more, in case it passed you by.")


def still_open(code: str) -> Text:
    """Remind of a question without asking it: another one is being answered."""
    return _("{code} still waits for your answer. If you can, write {code}.", code=code)


def withdrawn(code: str) -> Text:
    """Say that a request is not wanted any more."""
    return _("{code} is no longer needed. Please do no more for it. Thank you.", code=code)


def wrong_person() -> Text:
    """Ask pardon of somebody who is not whom we look for."""
    return _("Sorry for the trouble. We will not write to you again.")
