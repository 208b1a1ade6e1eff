"""Names the commands of Enlace and what each is for."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    help="Enlace: a messaging bot for a cross-border network of human-rights Defenders.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
staff = typer.Typer(help="Staff accounts.", no_args_is_help=True)
token = typer.Typer(help="Tokens for programs that use the API.", no_args_is_help=True)
people = typer.Typer(help="The people of the record.", no_args_is_help=True)
app.add_typer(staff, name="staff")
app.add_typer(token, name="token")
app.add_typer(people, name="people")
keys = typer.Typer(help="The keys that seal the record.", no_args_is_help=True)
app.add_typer(keys, name="keys")


@app.command("demo", epilog="Example: python3 -m bot demo --port 8080 --data /tmp/enlace")
def run_demo(
    port: Annotated[int, typer.Option(help="The port to serve on, on this machine only.")] = 8000,
    data: Annotated[
        Path | None, typer.Option(help="Where it keeps its data; data/demo, or data/scale.")
    ] = None,
    scale: Annotated[  # noqa: FBT002 - typer's flags
        bool, typer.Option("--scale", help="Several processes on PostgreSQL and Valkey.")
    ] = False,
) -> None:
    """Serve the whole product, with three simulated phones and fictional people.

    On SQLite in one process; with --scale as on a host that has outgrown it.
    """
    from bot import log  # noqa: PLC0415  # each command loads what it needs, and starts fast
    from bot.demo import scale as scaled  # noqa: PLC0415
    from bot.demo import show  # noqa: PLC0415

    log.set_up("WARNING")
    run, place = (scaled.run, "data/scale") if scale else (show.run, "data/demo")
    run(port, (data or Path(place)).resolve(), typer.echo)


@app.command("serve", epilog="Example: python3 -m bot serve --port 8000")
def run_serve(
    port: Annotated[int, typer.Option(help="The port to serve on.")] = 8000,
    host: Annotated[str, typer.Option(help="The address to serve on.")] = "127.0.0.1",
    descriptor: Annotated[
        int | None, typer.Option(help="A listening socket that the parent opened.", hidden=True)
    ] = None,
    keep_only: Annotated[  # noqa: FBT002 - typer's flags
        bool, typer.Option("--keep-only", help="Only keep what comes, for Twilio's fallback URL.")
    ] = False,
) -> None:
    """Serve webhooks, console and API; on SQLite, do the worker's work too.

    With --keep-only, stand behind Twilio's fallback URL: keep what comes, also while the database
    is away, and do nothing else.
    """
    from bot import log, serve, settings  # noqa: PLC0415

    log.set_up()
    loaded = settings.load(dict(os.environ))
    if keep_only:
        serve.keep(loaded, host=host, port=port)
    else:
        serve.web(loaded, host=host, port=port, descriptor=descriptor)


@app.command("worker", epilog="Example: DATABASE_URL=postgresql://… python3 -m bot worker")
def run_worker() -> None:
    """Work what came in and send what waits, beside one or more web processes on PostgreSQL."""
    import asyncio  # noqa: PLC0415

    from bot import log, serve, settings  # noqa: PLC0415

    log.set_up()
    asyncio.run(serve.work(settings.load(dict(os.environ))))


@app.command("migrate", epilog="Example: python3 -m bot migrate")
def run_migrate() -> None:
    """Bring the database to this version. Safe to run again."""
    from bot import migrate, settings  # noqa: PLC0415
    from bot.vault.keys import Keys  # noqa: PLC0415

    loaded = settings.load(dict(os.environ))
    master = loaded.master_key
    loaded.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    migrate.upgrade(loaded.url, Keys.from_hex(master.get_secret_value()) if master else None)
    typer.echo("The database is up to date.")


@app.command("doctor", epilog="Example: python3 -m bot doctor")
def run_doctor() -> None:
    """Check settings, keys, database, Redis, providers and clock, and say what to do."""
    import asyncio  # noqa: PLC0415

    from bot import doctor  # noqa: PLC0415

    healthy = asyncio.run(doctor.examine(dict(os.environ), typer.echo))
    raise typer.Exit(0 if healthy else 1)


@app.command("audit", epilog="Example: python3 -m bot audit --to /media/usb/enlace-audit")
def run_audit(
    to: Annotated[
        Path | None, typer.Option(help="A folder for a copy that strangers can check.")
    ] = None,
    kept: Annotated[
        Path | None, typer.Option("--checkpoint", help="A checkpoint.txt you kept elsewhere.")
    ] = None,
) -> None:
    """Compute the trail of who did what again, and name the first line that was changed."""
    from bot import auditing  # noqa: PLC0415

    whole = auditing.examine(dict(os.environ), typer.echo, to=to, kept=kept)
    raise typer.Exit(0 if whole else 1)


@staff.command("add", epilog="Example: python3 -m bot staff add ana --name 'Ana Pérez'")
def add_staff(
    username: Annotated[str, typer.Argument(help="What they sign in with.")],
    name: Annotated[str, typer.Option(help="Their name, as colleagues read it.")],
    reader: Annotated[bool, typer.Option("--reader", help="May read, and change nothing.")] = False,  # noqa: FBT002  # typer's flags
) -> None:
    """Add a staff account. Asks for its password, or reads it from standard input."""
    from bot import accounts  # noqa: PLC0415

    if sys.stdin.isatty():
        password = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    else:
        password = sys.stdin.readline().rstrip("\n")
    accounts.add_staff(dict(os.environ), username, name, password, reader=reader)
    typer.echo(f"{username} can sign in now.")


@staff.command("invite", epilog="Example: python3 -m bot staff invite ana --name 'Ana Pérez'")
def invite_staff(
    username: Annotated[str, typer.Argument(help="What they sign in with.")],
    name: Annotated[str, typer.Option(help="Their name, as colleagues read it.")] = "",
    reader: Annotated[bool, typer.Option("--reader", help="May read, and change nothing.")] = False,  # noqa: FBT002  # typer's flags
    take_back: Annotated[  # noqa: FBT002 - typer's flags
        bool, typer.Option("--take-back", help="Let the link that was made hold no more.")
    ] = False,
) -> None:
    """Make a link by which a colleague opens her account and chooses her own password.

    It works once, within three days. A new one ends the one before.
    """
    from bot import accounts  # noqa: PLC0415

    typer.echo(
        accounts.invite_staff(dict(os.environ), username, name, reader=reader, back=take_back)
    )


@staff.command("end", epilog="Example: python3 -m bot staff end ana")
def end_staff(
    username: Annotated[str, typer.Argument(help="What they sign in with.")],
) -> None:
    """End the account of a colleague who leaves, or whose password may be known to others.

    Browsers are signed out, tokens of hers revoked, and her open tasks are nobody's again.
    """
    from bot import accounts  # noqa: PLC0415

    accounts.end_staff(dict(os.environ), username)
    typer.echo(f"{username} cannot sign in any more.")


@token.command(
    "create",
    epilog="Example: python3 -m bot token create --scope cases:read --scope messages:write",
)
def create_token(
    scope: Annotated[list[str], typer.Option(help="What it may do, such as cases:read.")],
    label: Annotated[str, typer.Option(help="What it is for.")] = "API",
    acts_for: Annotated[
        str, typer.Option("--as", help="The staff account it acts for.", metavar="USERNAME")
    ] = "",
) -> None:
    """Make a token for the API. It is shown once."""
    from bot import accounts  # noqa: PLC0415

    typer.echo(accounts.make_token(dict(os.environ), label, scope, acts_for))


@app.command(
    "organisation",
    epilog="Example: python3 -m bot organisation --name 'la Red de Defensoras' "
    "--phone '+502 2222 0000' --website https://red.example.org --owner Ana --review-by 2027-06-30",
)
def run_organisation(
    name: Annotated[str | None, typer.Option(help="As people know it.")] = None,
    phone: Annotated[str | None, typer.Option(help="The published number.")] = None,
    website: Annotated[str | None, typer.Option(help="The page that shows this number.")] = None,
    owner: Annotated[str | None, typer.Option(help="Who answers for it.")] = None,
    review_by: Annotated[str, typer.Option(help="Until when it is told: year-month-day.")] = "",
    reply_hours: Annotated[
        int | None, typer.Option(help="Within how many hours a human answers.")
    ] = None,
    acts_for: Annotated[
        str, typer.Option("--as", help="The staff account that says so.", metavar="USERNAME")
    ] = "",
) -> None:
    """Say who we are, by which people who fear a swindle check us; without options, only show it.

    What is left out stays as it was.
    """
    from bot import introducing  # noqa: PLC0415

    given = {"name": name, "phone": phone, "website": website, "owner": owner}
    introducing.introduce(
        dict(os.environ),
        typer.echo,
        {**given, "reply_hours": reply_hours},
        review_by=review_by,
        by=acts_for,
    )


@people.command("import", epilog="Example: python3 -m bot people import people.csv --yes")
def import_people(
    file: Annotated[Path, typer.Argument(help="A table as CSV, such as Excel saves.")],
    yes: Annotated[bool, typer.Option("--yes", help="Bring them in, and not only show.")] = False,  # noqa: FBT002  # typer's flags
    acts_for: Annotated[
        str, typer.Option("--as", help="The coordinator who brings them in.", metavar="USERNAME")
    ] = "",
    language: Annotated[str, typer.Option(help="What it answers in: es or en.")] = "en",
) -> None:
    """Show who would join the record from a file; with --yes, bring all of them in.

    The first line names the columns: name, role, country and language, and where you have them
    zone, whatsapp, sms and telegram. When one line is wrong, nobody is brought in.
    """
    from bot import newcomers  # noqa: PLC0415

    newcomers.bring_in(dict(os.environ), file, typer.echo, yes=yes, by=acts_for, language=language)


@keys.command("rotate", epilog="Example: MASTER_KEY=$new,$old python3 -m bot keys rotate")
def rotate_keys() -> None:
    """Change the master key: every key is wrapped by the first of MASTER_KEY, nothing else changes.

    First start every process with MASTER_KEY set to the new one, a comma and the old one. Stopped
    on the way, run it again.
    """
    from bot import keyholding  # noqa: PLC0415

    keyholding.rotate(dict(os.environ), typer.echo)


@keys.command("recipient", epilog="Example: python3 -m bot keys recipient --to /media/usb/ana.key")
def make_recipient(
    to: Annotated[Path, typer.Option(help="The file for their secret; it must not be there.")],
) -> None:
    """Make somebody to whom copies of the master key are sealed. Needs no record."""
    from bot import keyholding  # noqa: PLC0415

    keyholding.recipient(to, typer.echo)


@keys.command(
    "backup", epilog="Example: python3 -m bot keys backup --to keys.json --recipient enlace-for-…"
)
def back_up_keys(
    to: Annotated[Path, typer.Option(help="The file for the copy; it must not be there.")],
    recipient: Annotated[list[str], typer.Option(help="Who can open it; say it for each.")],
) -> None:
    """Seal the master key to people who keep their secrets elsewhere: each of them can open it."""
    from bot import keyholding  # noqa: PLC0415

    keyholding.back_up(dict(os.environ), to, recipient, typer.echo)


@keys.command(
    "restore",
    epilog="Example: python3 -m bot keys restore keys.json --secret ana.key --to master.key",
)
def restore_keys(
    copy: Annotated[Path, typer.Argument(help="A copy that was made by backup.")],
    secret: Annotated[Path, typer.Option(help="The secret of one of its recipients.")],
    to: Annotated[Path, typer.Option(help="The file for MASTER_KEY; it must not be there.")],
) -> None:
    """Open a copy of the master key. Needs no record."""
    from bot import keyholding  # noqa: PLC0415

    keyholding.restore(copy, secret, to, typer.echo)


@app.command("play", epilog="Example: python3 -m bot play offer --language es")
def run_play(
    conversation: Annotated[str, typer.Argument(help="Its name, such as offer or search.")],
    language: Annotated[str, typer.Option(help="es or en.")] = "es",
) -> None:
    """Type a conversation in the terminal, as a person would on a phone."""
    from bot import rehearsal  # noqa: PLC0415

    rehearsal.play_through(conversation, language, typer.echo, sys.stdin)


@app.command(
    "understand", epilog="Example: echo 'si la agaro' | python3 -m bot understand --expect offer"
)
def run_understand(
    expect: Annotated[str, typer.Option(help="yes_no, offer or open.")] = "open",
    language: Annotated[str, typer.Option(help="es or en.")] = "es",
) -> None:
    """Read one reply a line, and print what each means."""
    from handlers.understanding import Expect, understand  # noqa: PLC0415

    try:
        wanted = Expect(expect)
    except ValueError:
        raise typer.BadParameter("--expect is one of yes_no, offer, open") from None
    for line in sys.stdin:
        typer.echo(understand(line.rstrip("\n"), wanted, language).value)


@app.command(
    "test",
    context_settings={"ignore_unknown_options": True},
    epilog="Example: python3 -m bot test tests/test_setup.py -k stamp",
)
def run_tests(
    words: Annotated[list[str] | None, typer.Argument(metavar="PYTEST ARGUMENTS")] = None,
) -> None:
    """Run the whole suite, or the part that is named as for pytest."""
    from bot import suite  # noqa: PLC0415

    suite.run(words or [])


@app.command("bench", epilog="Example: python3 -m bot bench ack reply --quick")
def run_bench(
    parts: Annotated[list[str] | None, typer.Argument(help="Which parts; none: all.")] = None,
    to: Annotated[Path, typer.Option(help="Where the report goes.")] = Path("bench-report"),
    quick: Annotated[  # noqa: FBT002 - typer's flags
        bool, typer.Option("--quick", help="Small counts: some minutes, and rough.")
    ] = False,
    rounds: Annotated[
        int | None, typer.Option(min=1, help="How many rounds of each; five, or two if quick.")
    ] = None,
) -> None:
    """Measure what the product costs, against the goals, and write a report with a plot."""
    from bot.bench import run as bench  # noqa: PLC0415
    from bot.bench.yard import Size  # noqa: PLC0415

    unknown = sorted(set(parts or []) - set(bench.PARTS))
    if unknown:
        raise typer.BadParameter(f"The parts are {', '.join(bench.PARTS)}; not {unknown[0]}.")
    size = Size.QUICK if quick else Size.FULL
    bench.run(parts or [], to.resolve(), typer.echo, size, rounds)


def main() -> None:
    """Run the command that was typed. What a person can mend is one sentence, not a traceback."""
    from bot.settings import WrongSetting  # noqa: PLC0415

    try:
        app(prog_name="python3 -m bot")
    except WrongSetting as problem:
        sys.exit(str(problem))
