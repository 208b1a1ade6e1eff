"""A machine of chance: whatever happens in whatever order, no unproved phone shows a case."""

import re
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import TypeVar

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlmodel import Session, select

from bot.db import Database
from bot.office.reach import proof
from bot.office.who import links
from bot.post.vouching import confirm
from bot.vault.keys import Keys
from models.base import use_sealer
from models.person import Address, Person, Via
from tests.bot import here, scene
from tests.bot.conftest import MASTER
from tests.bot.here import Clock
from tests.bot.post.phones import SECRETS, Phones

PHONES = tuple(f"+5025555100{n}" for n in range(2))
STRANGER = "+50255551009"
TALK = ("417", "estado", "hola", "sí", "ayuda", "PIN", "clave", "olvidé mi PIN", "persona")
CLAIM = "soy Marta Ficticia, GT-0417"
HALF = 0.5
PIN, WRONG = "4821", "7390"
MONTH = timedelta(days=30)
SEEN: Counter[str] = Counter()
T = TypeVar("T")


class Machine:
    """One Defender, two phones that may be hers, one that never is, and whoever holds them.

    The machine keeps its own, simpler account of which phone is known to be hers.
    """

    def __init__(self, ground: Path, chance: Random) -> None:
        self.chance = chance
        self.folder = Path(tempfile.mkdtemp())
        path = shutil.copy(ground, self.folder / "enlace.db")
        use_sealer(Keys(MASTER))
        clock = Clock()
        self.db = Database(f"sqlite:///{path}")
        self.phones = Phones(self.db, here.world(self.db, self.folder, clock=clock), clock)
        self.marta = scene.somebody(self.db, "Marta Ficticia", PHONES[0], Via.SMS)
        self.hers = {PHONES[0]}  # staff wrote it down, or an invite was used
        self.proved: dict[str, datetime] = {}
        self.heard: dict[str, datetime] = {}
        self.doubted: set[str] = set()
        self.pin = ""  # whatever digits were written when she was asked to choose
        self.codes: dict[str, tuple[str, datetime]] = {}

    def close(self) -> None:
        """Take the record away."""
        self.db.close()
        shutil.rmtree(self.folder)

    # --- what the machine knows by itself ---------------------------------------------------------

    @property
    def now(self) -> datetime:
        """The time."""
        return self.phones.clock.time

    def known(self, phone: str) -> bool:
        """Whether words of a case may be shown there now."""
        if phone not in self.hers or phone in self.doubted:
            return False
        heard, since = self.heard.get(phone), self.proved.get(phone)
        if heard is not None and self.now - max(heard, since or heard) >= MONTH:
            return False
        return since is not None or not self.proved

    def says(self, phone: str, text: str, *, opened: str = "") -> list[str]:
        """Let a phone write."""
        heard = self.heard.get(phone)
        if phone in self.hers and heard is not None and self.now - heard >= MONTH:
            self.doubted.add(phone)  # silence is a doubt also once it is broken
        digits = re.sub(r"\D", "", text)
        if digits and digits == self.pin:
            opened = phone
        shown = self.look(lambda: self.phones.says(phone, text), opened=opened)
        if any("guardamos su PIN" in one for one in shown):
            self.pin = digits
        self.heard[phone] = self.now
        return shown

    def look(self, act: Callable[[], T], *, opened: str = "") -> T:
        """Let something happen, and hold all that any phone shows then against what it may."""
        may = {phone for phone in PHONES if self.known(phone)} | {opened}
        before = {phone: len(texts) for phone, texts in self.phones.shown.items()}
        given = act()
        new = {phone: texts[before.get(phone, 0) :] for phone, texts in self.phones.shown.items()}
        for phone, texts in new.items():
            for text in texts:
                assert PIN not in text
                if any(secret in text for secret in SECRETS):
                    assert phone in may, f"{phone} was shown {text!r}"
                    SEEN["shown"] += 1
        self.learn(new)
        return given

    def learn(self, new: dict[str, list[str]]) -> None:
        """Note for which phone a code was made, and which phone has shown whose it is."""
        said = [text for texts in new.values() for text in texts]
        codes = [text[12:18] for text in said if text.startswith("Su clave es ")]
        asked = [one for one, texts in new.items() if any("los 6 números" in t for t in texts)]
        if codes and asked:
            self.codes[asked[0]] = (codes[-1], self.now)
        for phone, texts in new.items():
            if any(text.startswith("Gracias. Ya podemos") for text in texts):
                SEEN["proved"] += 1
                self.proves(phone)

    def proves(self, phone: str) -> None:
        """Note that it is known whose a phone is."""
        self.proved[phone] = self.now
        self.hers.add(phone)
        self.doubted.discard(phone)

    def address(self, s: Session, phone: str) -> Address | None:
        """Find a phone in the record."""
        return next((one for one in s.exec(select(Address)) if one.wire == phone), None)

    def happens(self) -> None:
        """Let something happen."""
        chance = self.chance
        phone, other = chance.choice(PHONES), chance.choice(PHONES)
        acts: tuple[Callable[[], object], ...] = (
            lambda: self.she_or_somebody_writes(phone, chance.choice(TALK)),
            lambda: self.a_stranger_writes(chance.choice((*TALK, CLAIM, PIN, f"mi pin es {PIN}"))),
            self.work_is_offered,
            self.work_is_offered,
            lambda: self.a_pin_is_chosen(phone),
            lambda: self.a_pin_is_tried(phone, chance.choice((PIN, WRONG, f"PIN {PIN}."))),
            lambda: self.a_code_is_tried(phone, other, anew=chance.random() < HALF),
            lambda: self.an_invite_is_used(phone),
            lambda: self.staff_write_a_phone_down(phone),
            lambda: self.staff_say_whose_it_is(phone, fine=chance.random() < HALF),
            lambda: self.time_passes(chance.choice((11, 60 * 24, 60 * 24 * 31))),
        )
        chance.choice(acts)()

    # --- what may happen --------------------------------------------------------------------------

    def she_or_somebody_writes(self, phone: str, text: str) -> None:
        """Whoever holds a phone writes something."""
        known = self.known(phone)
        self.says(phone, text)
        if known and phone not in self.proved and text not in ("ayuda", "persona"):
            self.proves(phone)  # she has answered from there

    def a_stranger_writes(self, text: str) -> None:
        """Somebody who knows a lot writes from a phone of their own."""
        self.look(lambda: self.phones.says(STRANGER, text))

    def work_is_offered(self) -> None:
        """Something of a case is to be said to her."""
        self.look(lambda: self.phones.offers(self.marta))
        self.look(self.phones.goes)

    def a_pin_is_chosen(self, phone: str) -> None:
        """She chooses a PIN where she is known, and works with it elsewhere from then on."""
        if not self.known(phone):
            return
        self.says(phone, "PIN")
        self.proved.setdefault(phone, self.now)
        self.says(phone, PIN)

    def a_pin_is_tried(self, phone: str, text: str) -> None:
        """Somebody is asked, and tries a PIN, hers or another."""
        self.she_or_somebody_writes(phone, "417")
        self.says(phone, text)

    def a_code_is_tried(self, phone: str, of: str, *, anew: bool) -> None:
        """Somebody asks for a code, and tries one: also one for another phone, or an old one."""
        for words in ("417", "clave") if anew else ():
            self.she_or_somebody_writes(phone, words)
        code, at = self.codes.get(of, ("000000", self.now))
        good = phone == of and self.now - at < timedelta(minutes=10)
        self.says(phone, code, opened=phone if good else "")

    def an_invite_is_used(self, phone: str) -> None:
        """Somebody uses an invite that was meant for her."""
        words = self.phones.invited(self.marta)
        others = [one for one in self.proved if one != phone and self.known(one)]
        alone = not self.pin and not others
        self.says(phone, words, opened=phone if alone else "")
        self.hers.add(phone)
        if alone:
            self.proves(phone)

    def staff_write_a_phone_down(self, phone: str) -> None:
        """Staff write one more phone of hers down."""
        self.phones.has(self.marta, phone)
        self.hers.add(phone)

    def staff_say_whose_it_is(self, phone: str, *, fine: bool) -> None:
        """Staff vouch for a phone, or doubt it."""

        def act(s: Session) -> None:
            address = self.address(s, phone)
            person = s.get_one(Person, self.marta)
            if address is not None and fine:
                link = links.of(s, self.marta, address.id or 0)
                assert link is not None
                confirm(s, self.phones.world, link, 1, self.now)
            elif address is not None:
                proof.doubt(s, person, address, self.now, "staff:1")

        if phone not in self.hers:
            return
        self.look(lambda: self.db.write_now(act))
        if fine:
            self.proves(phone)
        else:
            self.doubted.add(phone)
        self.look(self.phones.goes)

    def time_passes(self, minutes: int) -> None:
        """Nothing happens for a while, and then there is work."""
        self.phones.clock.goes_on(minutes=minutes)
        self.work_is_offered()


@settings(
    max_examples=8,
    deadline=None,
    derandomize=True,
    phases=(Phase.generate,),  # to make a failure small would take minutes
    suppress_health_check=list(HealthCheck),
)
@given(chance=st.randoms(use_true_random=True))
def walk(ground: Path, chance: Random) -> None:
    """Let fifty things happen, one after the other."""
    machine = Machine(ground, chance)
    for _step in range(50):
        machine.happens()
    machine.close()


def test_no_unproved_phone_ever_shows_a_case(sqlite_ground: Path) -> None:
    SEEN.clear()
    walk(sqlite_ground)
    assert SEEN["shown"] > 20, "it must not be kept by showing nothing"
    assert SEEN["proved"] > 5
