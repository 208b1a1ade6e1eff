"""The product, started as it is deployed, for the bench."""

from bot.bench.town import settle
from bot.bench.yard import Target, Yard, free_port


def whole(yard: Yard, database_url: str, *, name: str, env: dict[str, str] | None = None) -> Target:
    """Start `serve`; on PostgreSQL it only serves."""
    return _serve(yard, database_url, name, "bot", "serve", "--port", "PORT", env=env)


def door(yard: Yard, database_url: str, *, name: str, env: dict[str, str] | None = None) -> Target:
    """Start the doors alone, with no worker in the process."""
    return _serve(yard, database_url, name, "bot.bench.door", "PORT", env=env)


def scaled(yard: Yard, database_url: str, *, name: str) -> Target:
    """Start one `serve` and one `worker` on PostgreSQL; both count as its cost."""
    target = whole(yard, database_url, name=name)
    given = {**_settings(database_url), "PUBLIC_URL": f"http://127.0.0.1:{target.port}"}
    worker = yard.start(f"{name}, worker", "bot", "worker", env=given)
    target.pids.append(worker.process.pid)
    return target


def prepare(yard: Yard, database_url: str) -> None:
    """Make a record ready, for processes that are started later."""
    settle(yard.environment(free_port(), _settings(database_url)))


def _serve(
    yard: Yard,
    database_url: str,
    name: str,
    module: str,
    *words: str,
    env: dict[str, str] | None = None,
) -> Target:
    yard.say(f"  preparing {name} …")
    port = free_port()
    given = {**_settings(database_url), **(env or {})}
    settle(yard.environment(port, given))
    return yard.start(name, module, *words, env=given, port=port)


def _settings(database_url: str) -> dict[str, str]:
    return {"DATABASE_URL": database_url, "REDIS_URL": ""}
