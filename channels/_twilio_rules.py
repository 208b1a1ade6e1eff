"""What Twilio's own codes and the carriers' mean to us, and what is done about each."""

from collections.abc import Mapping

from channels._rule import DAY, HOUR, MINUTE, Rule, ours
from channels.failures import (
    BadAddress,
    Busy,
    Misconfigured,
    Refused,
    Remedy,
    Scope,
    Stopped,
    Uncertain,
    Unreachable,
)

PACIFIC = "America/Los_Angeles"  # where the carriers of the United States begin their day

CREDENTIALS = Rule(
    Misconfigured,
    "Twilio does not accept our credentials.",
    ours("Check TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN against Twilio's console."),
)
UNKNOWN = Rule(
    Refused,
    "Twilio refused this message for a reason that we do not know.",
    Remedy(
        tries=(15 * MINUTE,),
        alert=True,
        tell="Look the code up at twilio.com/docs/api/errors, and tell the developers.",
    ),
)
BUSY = Rule(Busy, "Twilio asks us to send more slowly.")
IN_DOUBT = Rule(Uncertain, "Twilio failed while it took the message: it may have been sent.")

RULES: Mapping[str, Rule] = {
    code: rule
    for codes, rule in (
        # --- our account, and the API itself ---
        ("20003 20404", CREDENTIALS),
        ("20429", BUSY),
        ("20500 20503", IN_DOUBT),
        (
            "21608",
            Rule(
                Misconfigured,
                "A trial account may write to verified numbers only.",
                ours("Upgrade the account in Twilio's console, or verify the number there."),
            ),
        ),
        (
            "30002",
            Rule(
                Misconfigured,
                "Twilio suspended our account.",
                ours("Talk to Twilio's support: nothing goes out until then.", Scope.ACCOUNT),
            ),
        ),
        (
            "63038",
            Rule(
                Busy,
                "Our account has sent all that it may in a day.",
                Remedy(
                    holds=Scope.ACCOUNT,
                    until="UTC",
                    alert=True,
                    tell="Ask Twilio's support for a higher daily limit.",
                ),
                wait=HOUR,
            ),
        ),
        # --- our sender ---
        (
            "21212 21606 63002 63007",
            Rule(
                Misconfigured,
                "Twilio does not know the sender that we send from.",
                ours("Check TWILIO_SMS_FROM and TWILIO_WHATSAPP_FROM against Twilio's console."),
            ),
        ),
        (
            "21703 21704",
            Rule(
                Misconfigured,
                "The messaging service has no sender.",
                ours("Add a sender to the messaging service in Twilio's console."),
            ),
        ),
        (
            "30018 30024",
            Rule(
                Misconfigured,
                "The sender is not provisioned for this network yet.",
                ours("Look at the sender's registration in Twilio's console."),
            ),
        ),
        (
            "30032 30034",
            Rule(
                Misconfigured,
                "The number is not verified or registered with the carriers.",
                ours("Finish the toll-free verification or A2P 10DLC registration at Twilio."),
            ),
        ),
        (
            "21408",
            Rule(
                Misconfigured,
                "Our account may not send to this country.",
                ours(
                    "Allow the country under Messaging, Geo permissions in Twilio's console.",
                    Scope.REGION,
                    elsewhere=True,
                ),
            ),
        ),
        # --- too much at once ---
        (
            "21611 30001",
            Rule(
                Busy,
                "The sender's queue at Twilio is full.",
                Remedy(holds=Scope.SENDER, hold=MINUTE),
                wait=MINUTE,
            ),
        ),
        (
            "30017",
            Rule(
                Busy,
                "The carrier is congested.",
                Remedy(holds=Scope.SENDER, hold=MINUTE),
                wait=MINUTE,
            ),
        ),
        (
            "30022",
            Rule(
                Busy,
                "The number sends faster than its registration allows.",
                Remedy(holds=Scope.SENDER, hold=10.0),
                wait=10.0,
            ),
        ),
        (
            "30023 30027",
            Rule(
                Busy,
                "The carrier takes no more from us today.",
                Remedy(
                    holds=Scope.SENDER,
                    until=PACIFIC,
                    urgent_elsewhere=True,
                    alert=True,
                    tell="Reach people another way today, or ask Twilio for a higher daily cap.",
                ),
                wait=HOUR,
            ),
        ),
        (
            "30026",
            Rule(
                Busy,
                "Most of what the carrier takes from us in a day is used up.",
                Remedy(alert=True, tell="Put off what is not urgent until tomorrow."),
                wait=MINUTE,
            ),
        ),
        # --- the person, and the address ---
        (
            "21610",
            Rule(
                Stopped,
                "The person opted out of messages from this sender.",
                Remedy(
                    tell="Only the person can lift it: have them text START to us from that phone."
                ),
            ),
        ),
        (
            "30004 63014 63033",
            Rule(
                Stopped,
                "The person or the carrier blocks messages from this sender.",
                Remedy(tell="Decide for a case matter whether to reach the person another way."),
            ),
        ),
        (
            "21211 21217",
            Rule(
                BadAddress,
                "This is not a phone number.",
                Remedy(tell="Ask the person or a colleague for the right number."),
            ),
        ),
        (
            "21612",
            Rule(
                BadAddress,
                "The number cannot be reached from our sender.",
                Remedy(elsewhere=True, tell="Reach the person on another channel."),
            ),
        ),
        (
            "21614 30006",
            Rule(
                BadAddress,
                "The number is a landline, or no mobile phone.",
                Remedy(elsewhere=True, tell="Call the number, or ask for a mobile number."),
            ),
        ),
        (
            "30003",
            Rule(
                Unreachable,
                "The phone is off or out of reach.",
                Remedy(
                    tries=(HOUR, 6 * HOUR),
                    elsewhere=True,
                    tell="Call the person, or reach them through somebody near.",
                ),
            ),
        ),
        (
            "30005",
            Rule(
                BadAddress,
                "The network does not know this number, or it is no longer in use.",
                Remedy(tries=(DAY,), tell="Ask the person or a colleague for the present number."),
            ),
        ),
        # --- it failed on the way, for good: a new message is no duplicate ---
        (
            "30008 63023 30410",
            Rule(
                Unreachable,
                "The message was lost on the way, and the carrier does not say why.",
                Remedy(
                    tries=(15 * MINUTE,),
                    elsewhere=True,
                    tell="Reach the person on another channel.",
                ),
            ),
        ),
        # --- WhatsApp's window and templates ---
        (
            "21655 21656 63027 63028",
            Rule(
                Refused,
                "The template does not exist so, or not in this language.",
                ours(
                    "Compare the template at Twilio with ours, and its variables.", Scope.TEMPLATE
                ),
            ),
        ),
        # --- these very words, or this file ---
        (
            "30007",
            Rule(
                Refused,
                "The carrier took the message for spam.",
                Remedy(elsewhere=True, tell="Say it in other words, without links."),
            ),
        ),
        (
            "21602 21604 21609 21617 21623 63030 63031",
            Rule(
                Refused,
                "Our request was not as Twilio wants it.",
                Remedy(alert=True, tell="Tell the developers: the fault is in our own code."),
            ),
        ),
        ("21619", UNKNOWN),
        (
            "21620 11751 63019 63034 63037 30019",
            Rule(
                Refused,
                "Twilio could not fetch the file, or it is too large.",
                Remedy(tell="Send the file smaller, or a secure link to it in words."),
            ),
        ),
        (
            "30011",
            Rule(
                Refused,
                "This network takes no picture messages.",
                Remedy(tell="Send the words alone, with a secure link to the file."),
            ),
        ),
        (
            "30010",
            Rule(
                Refused,
                "The message costs more than we allow.",
                Remedy(alert=True, tell="Tell the developers: no price limit should be set."),
            ),
        ),
        (
            "30012",
            Rule(Refused, "The message's time was over before it could be delivered."),
        ),
        # --- what came in, and our own webhooks ---
        (
            "30009",
            Rule(
                Refused,
                "A part of what the person wrote was lost on the way.",
                Remedy(tell="Ask the person to send it again."),
            ),
        ),
        (
            "11200 11205 12300",
            Rule(
                Uncertain,
                "Our own webhook did not answer Twilio.",
                Remedy(alert=True, tell="Run `doctor`. The sweep fetches what was not delivered."),
            ),
        ),
    )
    for code in codes.split()
}
