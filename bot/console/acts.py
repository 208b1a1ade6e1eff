"""The acts of the trail in sentences that staff read."""

from collections.abc import Mapping

from models.text import Text, _

WHO = "…"  # stands for a name while the sentence waits for one

ACTS: Mapping[str, Text] = {
    "case.opened": _("{who} opened the case.", who=WHO),
    "case.closed": _("{who} closed the case.", who=WHO),
    "case.reopened": _("{who} opened the case again.", who=WHO),
    "case.destroyed": _(
        "{who} destroyed the case: a second one of staff had asked for it.", who=WHO
    ),
    "person.destroyed": _(
        "{who} destroyed a person: a second one of staff had asked for it.", who=WHO
    ),
    "intake.destroyed": _(
        "{who} destroyed a week of raw envelopes: a second one of staff had asked for it.",
        who=WHO,
    ),
    "destruction.asked": _("{who} asked that it is destroyed.", who=WHO),
    "destruction.withdrawn": _("{who} took back that it is destroyed.", who=WHO),
    "hold.placed": _("{who} said that it must be kept.", who=WHO),
    "hold.released": _("{who} said that it need not be kept any more.", who=WHO),
    "keys.rotated": _("Another master key seals the keys now."),
    "keys.backed_up": _("A copy of the master key was sealed to people outside."),
    "keeping.set": _("{who} said how long a line of work keeps its closed cases.", who=WHO),
    "assignment.offered": _("{who} offered work to Defenders.", who=WHO),
    "assignment.accepted": _("{who} took the work.", who=WHO),
    "assignment.submitted": _("The work was reported. It awaits a human's look."),
    "assignment.done": _("The work is done: humans have decided about all of it."),
    "assignment.withdrawn": _("{who} withdrew the work.", who=WHO),
    "offer.declined": _("{who} declined.", who=WHO),
    "offer.next_week": _("{who} can next week.", who=WHO),
    "offer.next": _("The next in line was asked."),
    "details.read": _("{who} read the details.", who=WHO),
    "offer.lapsed": _("{who} did not answer in time.", who=WHO),
    "search.reported": _("{who} reported on the search.", who=WHO),
    "whereabouts.confirmed": _("{who} confirmed the report.", who=WHO),
    "whereabouts.rejected": _("{who} rejected the report.", who=WHO),
    "lawyer.pinged": _("The lawyer is told that there is news: the code, and nothing else."),
    "document.requested": _("{who} asked for a document.", who=WHO),
    "document.received": _("{who} says that the photos of a document are all there.", who=WHO),
    "document.unobtainable": _("{who} says that a document could not be had.", who=WHO),
    "document.accepted": _("{who} accepted a document.", who=WHO),
    "document.rejected": _("{who} rejected a document.", who=WHO),
    "document.withdrawn": _("A document is not asked for any more."),
    "file.looked_at": _("The bot made a working copy of a file."),
    "file.stored": _("A file of {who} is stored, with the hash of its very bytes.", who=WHO),
    "file.failed": _("A file of {who} could not be stored.", who=WHO),
    "task.needed": _("A task was made for staff."),
    "task.done": _("{who} did a task.", who=WHO),
    "task.settled": _("{who} did a task.", who=WHO),
    "task.given": _("{who} said whose a task is.", who=WHO),
    "task.left": _("{who} left a task to nobody.", who=WHO),
    "task.urgency": _("{who} said how pressing a task is.", who=WHO),
    "task.snoozed": _("{who} put a task off.", who=WHO),
    "task.back": _("{who} put a task back into the list.", who=WHO),
    "task.reopened": _("{who} opened a task again.", who=WHO),
    "task.escalated": _("Somebody was told of a task that nobody had done."),
    "person.frozen": _("{who} froze everything to a person.", who=WHO),
    "person.thaw_asked": _("{who} asked that messages may go to a person again.", who=WHO),
    "person.thawed": _("{who} was the second to ask: messages may go to a person again.", who=WHO),
    "person.duress_agreed": _("{who} kept the words agreed on for danger.", who=WHO),
    "person.duress_dropped": _("{who} dropped the words agreed on for danger.", who=WHO),
    "person.on_call": _("{who} put somebody on call.", who=WHO),
    "person.off_call": _("{who} took somebody off call.", who=WHO),
    "person.read": _("{who} looked at somebody.", who=WHO),
    "case.read": _("{who} looked at the case.", who=WHO),
    "list.read": _("{who} looked at a list.", who=WHO),
    "task.read": _("{who} looked at a task.", who=WHO),
    "evidence.listed": _("{who} looked at small pictures of files.", who=WHO),
    "messages.read": _("{who} looked at everybody's messages.", who=WHO),
    "person.invited": _("{who} made an invite.", who=WHO),
    "person.invite_revoked": _("{who} took invites back that were not used.", who=WHO),
    "person.enrolled": _("{who} came by an invite.", who=WHO),
    "address.proved": _("It is known who writes from an address: {who} showed it.", who=WHO),
    "address.doubted": _("An address is in doubt: who writes there has to show it anew."),
    "pin.kept": _("{who} chose a PIN.", who=WHO),
    "pin.forgotten": _("{who} dropped a PIN, to be chosen anew.", who=WHO),
    "link.changed": _("{who} changed what is known of an address.", who=WHO),
    "link.confirmed": _("{who} confirmed whose an address is.", who=WHO),
    "link.doubted": _("It is in doubt whose an address is."),
    "regrouping.proposed": _("It was proposed to change who is who."),
    "regrouping.confirmed": _("{who} confirmed who is who.", who=WHO),
    "regrouping.dropped": _("{who} dropped a proposal about who is who.", who=WHO),
    "regrouping.undone": _("{who} undid what was done about who is who.", who=WHO),
    "outreach.started": _("{who} began a first contact.", who=WHO),
    "recognition.written": _("{who} wrote down what a first contact asks.", who=WHO),
    "identity.answered": _("{who} answered what only the person looked for can answer.", who=WHO),
    "call.booked": _("{who} chose an hour for a call.", who=WHO),
    "call.held": _("{who} held the call, and recorded it.", who=WHO),
    "call.missed": _("{who} recorded that the call was missed.", who=WHO),
    "message.arrived": _("{who} knows that a message arrived.", who=WHO),
    "message.repeat": _("{who} let a message go once more.", who=WHO),
    "message.leave": _("{who} left a message as it is: nobody knows whether it arrived.", who=WHO),
    "grant.asked": _("{who} asked a person for consent.", who=WHO),
    "grant.granted": _("{who}: a consent was given.", who=WHO),
    "grant.refused": _("{who}: a consent was refused.", who=WHO),
    "grant.unclear": _("{who}: an answer about consent was not clear.", who=WHO),
    "grant.revoked": _("{who}: a consent was taken back.", who=WHO),
    "grant.shared": _("{who} kept that something was shared, as it was allowed.", who=WHO),
    "grant.overridden": _("{who} kept that something was shared without consent.", who=WHO),
    "fact.kept": _("{who} wrote a fact down, or renewed it.", who=WHO),
    "staff.ended": _("{who} ended the account of a colleague.", who=WHO),
    "staff.reopened": _("{who} let a colleague sign in again.", who=WHO),
    "organisation.described": _("{who} said who we are: name, number and page.", who=WHO),
    "call.cancelled": _("{who} cancelled the call.", who=WHO),
}
"""A sentence an act. `{who}` is a name; the bot itself has none."""


def told(act: str, who: str) -> Text:
    """Say an act. One we have no sentence for is said by its name."""
    known = ACTS.get(act)
    if known is None:
        return _("{act} ({who})", act=act, who=who or "bot")
    if not known.values:
        return known
    return Text(known.source, (("who", who or _("The bot")),))
