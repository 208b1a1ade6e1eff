"""A timer fires and its process dies before the commit: it fires again, and counts once."""

from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.crash.deployment import Count, Village, tell, village

KINDS = ["sqlite", pytest.param("postgres", marks=pytest.mark.long)]
SHOWN = "SELECT count(*) FROM conversation WHERE patience_until IS NOT NULL"


@pytest.mark.parametrize("kind", KINDS)
async def test_a_timer_that_fired_before_a_crash_takes_effect_once(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest, record_property: Count
):
    """D8.25: clock.fired."""
    database_url = request.getfixturevalue(f"{kind}_url")
    redis_url = request.getfixturevalue("redis_url") if kind == "postgres" else ""
    async with village(tmp_path, database_url, redis_url, trios=2) as here:
        place, trio = here.place, here.trios[0]
        await trio.write(here.chance)
        await here.broadcast(trio)
        await here.rests(within=60)
        asked = here.record.number(SHOWN)
        assert asked > 0
        place.kill()
        _let_days_pass(here)
        await here.dies("clock.fired:1", here.trios[1])
        assert here.record.number(SHOWN) == asked  # what had fired was not kept
        place.again()
        assert await place.ready()
        await here.rests(within=120)
        assert here.record.number(SHOWN) == 0
        states = here.record.rows("SELECT DISTINCT state FROM conversation WHERE name = 'announce'")
        assert [row.state for row in states] == ["ended"]
        verdict = await here.verdict()
        tell(record_property, place, verdict)
        verdict.must_be_clean()


def _let_days_pass(here: Village) -> None:
    """Have everybody's patience be over, as after days."""
    engine = sa.create_engine(here.place.database_url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        connection.execute(
            sa.text(
                "UPDATE conversation SET patience_until = started_at"
                " WHERE patience_until IS NOT NULL"
            )
        )
