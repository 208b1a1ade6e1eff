"""The command that checks the trail, and copies it so that strangers can check it too."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from sqlmodel import Session

from bot import settings
from bot.db import Database
from bot.settings import WrongSetting
from bot.vault import audit
from bot.vault.keys import Keys
from bot.wiring import rooted

Say = Callable[[str], None]

READ_ME = """What was done in this record, line by line, and how to check it without our programs.

audit.jsonl     one act a line: who, what, when; what it says about people only as a salted hash
audit.chain     beside each line, SHA-256 of the hash before it, a newline, and the line;
                before the first stand 64 zeros
checkpoint.txt  how many lines there were and the last hash, signed by us in checkpoint.sig

The signature:
  openssl pkeyutl -verify -pubin -inkey public.pem -rawin -in checkpoint.txt -sigfile checkpoint.sig

The chain:
  h=$(printf '0%.0s' $(seq 64))
  paste -d ' ' audit.chain audit.jsonl | while read -r c line; do
    h=$(printf '%s\\n%s' "$h" "$line" | sha256sum | cut -d ' ' -f 1)
    [ "$h" = "$c" ] || echo "$line"
  done

Nothing is printed when every line is whole, and the last hash stands in checkpoint.txt.
Keep a checkpoint.txt where nobody of us can change it: whoever cuts the trail cannot cut that.
"""


def examine(
    environment: dict[str, str], say: Say, *, to: Path | None = None, kept: Path | None = None
) -> bool:
    """Compute the trail again and say what was found; true when it is whole.

    `to` is a folder for a copy. `kept` is a checkpoint from elsewhere that it must agree with.
    """
    loaded = settings.load(environment)
    drawn = rooted(loaded)
    outside = _outside(kept) if kept is not None else None
    db = Database(loaded.url)
    try:
        verdict = db.read_now(lambda s: audit.verify(s, drawn))
        if verdict.broken is not None:
            say(f"Line {verdict.broken.seq} of the trail: {verdict.broken.why}")
            say("Stop, keep a copy of the database as it is, and call who looks after it.")
            return False
        say(f"The trail is whole: {verdict.lines} lines, each following from the one before.")
        if outside is not None:
            size, chain = outside
            if db.read_now(lambda s: audit.hash_at(s, size)) != chain:
                say(f"It is not the trail that {kept} was taken from: line {size} differs.")
                return False
            say(f"It goes on from {kept}, which was taken at line {size}.")
        if to is not None:
            db.read_now(lambda s: _copy(s, drawn, verdict, to))
            say(f"A copy is in {to}; README.txt there says how a stranger checks it.")
    finally:
        db.close()
    return True


def _outside(kept: Path) -> tuple[int, str]:
    """Read a checkpoint that was kept elsewhere."""
    try:
        origin, size, chain, *_ = kept.read_text("ascii").split("\n")
        if origin == audit.ORIGIN:
            return int(size), chain
    except (OSError, ValueError):
        pass
    raise WrongSetting(f"{kept} is no checkpoint. Give a checkpoint.txt that was made by --to.")


def _copy(s: Session, drawn: Keys, verdict: audit.Verdict, to: Path) -> None:
    to.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (to / "audit.jsonl").open("w") as told, (to / "audit.chain").open("w") as chain:
        for one in audit.lines(s):
            if one.seq > verdict.lines:
                break  # it came while we looked, and is not checked
            told.write(one.text + "\n")
            chain.write(one.chain + "\n")
    signed = audit.checkpoint(drawn, verdict.lines, verdict.chain, datetime.now(UTC))
    (to / "checkpoint.txt").write_text(signed.text)
    (to / "checkpoint.sig").write_bytes(bytes.fromhex(signed.signature))
    (to / "public.pem").write_bytes(drawn.public())
    (to / "README.txt").write_text(READ_ME)
    for path in to.iterdir():
        path.chmod(0o600)
