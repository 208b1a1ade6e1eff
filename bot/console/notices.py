"""What the next page says after an act, named in its address."""

from collections.abc import Mapping

from models.text import Text, _

NOTICES: Mapping[str, Text] = {
    "case-opened": _("The case is open. Now offer its work to Defenders."),
    "offered": _("The offers are on their way. Answers show up here by themselves."),
    "withdrawn": _("The work is withdrawn. Everybody who had it is told."),
    "report-confirmed": _("The report is confirmed, in your name."),
    "report-rejected": _("The report is rejected, in your name. It stays on the record."),
    "document-requested": _("The document is asked for."),
    "document-accepted": _("The document is accepted, in your name. Its sender is told."),
    "document-rejected": _("The document is rejected, in your name. Its sender is told why."),
    "outreach": _("The first message is on its way. It gives nothing away."),
    "call-recorded": _("What you established is recorded, in your name."),
    "person-added": _("The person is in the record."),
    "people-joined": _("The people of the file are in the record."),
    "address-added": _("The address is added."),
    "proof-vouch": _("It is kept, in your name, that you know who writes there."),
    "proof-doubt": _("Words of a case wait until this person has shown who they are."),
    "proof-forget": _("The PIN is dropped. By writing PIN this person chooses another."),
    "proof-revoke": _("No invite of this person holds any more."),
    "held": _("You have the talk. The bot stays quiet until you hand it back."),
    "released": _("The bot answers again, and goes on where it stood."),
    "frozen": _("Nothing goes to this person now, on any channel."),
    "thaw-asked": _("You asked that messages may go again. A colleague must ask for it too."),
    "thawed": _("Messages to this person may go again. Two of you have said so."),
    "agreed": _("It is kept. Whoever is on call is woken when this person writes it."),
    "on-call": _("This person is on call now."),
    "off-call": _("This person is not on call any more."),
    "written": _("Your message is on its way."),
    "waits": _(
        "Your message is kept. WhatsApp's 24 hours are over, so this person first gets a notice "
        "that says nothing of yours. Your words go when it is answered."
    ),
    "fact-kept": _("The fact is kept. Messages that hold it say so from now on."),
    "task-done": _("The task is done."),
    "task-take": _("The task is yours."),
    "task-give": _("The task has another owner now."),
    "task-leave": _("The task is nobody's now."),
    "task-urgency": _("It is kept how pressing the task is."),
    "task-snooze": _("It is kept until when the task is put off."),
    "task-back": _("The task is back in the list."),
    "task-note": _("Your note is kept."),
    "task-reopen": _("The task is open again. What was written stays."),
    "duty": _("It is kept who answers when."),
    "leave": _("It is kept when this person is away."),
    "broadcast-confirmed": _("It is going out. Deliveries and answers are counted below."),
    "paused": _("It is paused, in your name. What waits is kept, and goes when you resume."),
    "resumed": _("It goes on. What waited is on its way."),
    "replayed": _("The envelope is back in its line. If it fails again, it shows up here."),
    "message-arrived": _("The message counts as arrived, in your name."),
    "message-repeat": _("The message goes out once more, in your name."),
    "message-leave": _("The message stays as it is. It is not asked about any more."),
    "account-opened": _("Your account is open. Sign in with your new password."),
    "language": _("The console now speaks your language."),
}
