"""What WhatsApp's codes mean to us, as Twilio passes them on, and what is done about each."""

from collections.abc import Mapping

from channels._rule import DAY, HOUR, MINUTE, Rule, ours
from channels.failures import (
    BadAddress,
    Busy,
    Misconfigured,
    Refused,
    Remedy,
    Scope,
    Unreachable,
    WindowClosed,
)

MARKETING = "WhatsApp held this back as advertising."
MARKETING_AT_HOME = Rule(
    Refused,
    MARKETING,
    Remedy(tell="WhatsApp brings no advertising to US numbers. Review the template's category."),
)

RULES: Mapping[str, Rule] = {
    code: rule
    for codes, rule in (
        # --- our sender ---
        (
            "63001 63008 63020 63022",
            Rule(
                Misconfigured,
                "WhatsApp does not accept our sender or business account.",
                ours("Look at the WhatsApp sender in Twilio's console and in Meta's manager."),
            ),
        ),
        # --- too much at once ---
        (
            "63017",
            Rule(
                Busy,
                "WhatsApp asks us to send more slowly.",
                Remedy(holds=Scope.SENDER, hold=5.0),
                wait=5.0,
            ),
        ),
        (
            "63018",  # a limit of the sender, of this very person, or of new people in a day
            Rule(
                Busy,
                "WhatsApp lets us open no more talks for now.",
                Remedy(
                    holds=Scope.BROADCASTS,
                    hold=HOUR,
                    alert=True,
                    tell="Spread broadcasts over more days; the limit grows with good ratings.",
                ),
                wait=HOUR,
                everyone=False,
            ),
        ),
        # --- the person, and the address ---
        (
            "63003 63024",
            Rule(
                BadAddress,
                "The number is not on WhatsApp.",
                Remedy(rewrite=True, elsewhere=True, tell="Ask which app the person uses."),
            ),
        ),
        (
            "63015",
            Rule(
                BadAddress,
                "The phone has not joined the WhatsApp sandbox.",
                Remedy(
                    tell="Send the sandbox's join words from that phone. Production needs none."
                ),
            ),
        ),
        (
            "63032",
            Rule(
                Refused,
                "WhatsApp does not bring messages like this to the person now.",
                Remedy(
                    elsewhere=True,
                    rest=DAY,
                    tell="Reach the person another way; WhatsApp may be tried again tomorrow.",
                ),
            ),
        ),
        (
            "63036",
            Rule(
                Refused,
                "The phone cannot be reached by RCS.",
                Remedy(elsewhere=True, tell="Reach the person on another channel."),
            ),
        ),
        # --- it failed on the way, for good: a new message is no duplicate ---
        (
            "63009 63010 63012",
            Rule(
                Unreachable,
                "WhatsApp failed.",
                Remedy(
                    tries=(MINUTE, 5 * MINUTE, 15 * MINUTE),
                    tell="Look at status.twilio.com, and send it again later.",
                ),
            ),
        ),
        (
            "63025",
            Rule(
                Unreachable,
                "WhatsApp had the file already.",
                Remedy(tries=(0.0,), tell="Send the file again."),
            ),
        ),
        (
            "63029",
            Rule(
                Unreachable,
                "The person's WhatsApp could not load the template.",
                Remedy(
                    tries=(HOUR,),
                    elsewhere=True,
                    tell="Ask the person to bring WhatsApp up to date.",
                ),
            ),
        ),
        # --- WhatsApp's window and templates ---
        (
            "63016",
            Rule(
                WindowClosed,
                "WhatsApp's 24 hours have passed: only an approved template may be sent.",
                Remedy(elsewhere=True, tell="Have a template approved that says the same."),
            ),
        ),
        (
            "63040 63041",
            Rule(
                Misconfigured,
                "WhatsApp paused or rejected the template.",
                ours("Use another template until WhatsApp approves it anew.", Scope.TEMPLATE),
            ),
        ),
        (
            "63049",
            Rule(
                Unreachable,
                MARKETING,
                Remedy(
                    tries=(6 * HOUR, 24 * HOUR, 72 * HOUR),
                    tell="Review the template's category: ours are about a person's own request.",
                ),
            ),
        ),
        # --- these very words, or this file ---
        (
            "63013 63026",
            Rule(
                Refused,
                "WhatsApp says that the message breaks its rules.",
                ours("Read the broadcast again before any more of it goes.", Scope.BROADCASTS),
            ),
        ),
        (
            "63005 63006 63021",
            Rule(
                Refused,
                "WhatsApp does not take words of this kind or length.",
                Remedy(tell="Say it in fewer and plainer words."),
            ),
        ),
    )
    for code in codes.split()
}
