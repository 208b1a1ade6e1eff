"""Names the commands of Enlace and what each is for."""

from typing import Annotated

import typer

app = typer.Typer(
    help="Enlace: a messaging bot for a cross-border network of human-rights Defenders.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.callback()
def enlace() -> None:
    """Keep `test` a word of its own while it is the only command."""


@app.command(
    "test",
    context_settings={"ignore_unknown_options": True},
    epilog="Example: python3 -m bot test tests/test_setup.py -k stamp",
)
def run_tests(
    words: Annotated[list[str] | None, typer.Argument(metavar="PYTEST ARGUMENTS")] = None,
) -> None:
    """Run the whole suite, or the part that is named as for pytest."""
    from bot import suite  # noqa: PLC0415  # no other command needs it

    suite.run(words or [])


def main() -> None:
    """Run the command that was typed."""
    app(prog_name="python3 -m bot")
