"""Nothing goes faster than the limits, whoever asks for how much."""

from bot.post import limits
from bot.post.pacing import Demand, Pacer
from tests.bot.here import Clock


async def test_a_sender_gives_its_limit_in_a_second_and_not_one_more():
    clock = Clock()
    pacer = Pacer(limits.load(), "", 1, clock)
    pacer.restore([])
    waits = await pacer.ask([Demand("whatsapp", n) for n in range(100)])
    assert sum(wait == 0 for wait in waits) == 64
    clock.goes_on(seconds=1)
    assert (await pacer.ask([Demand("whatsapp", 100)]))[0] > 0
    clock.goes_on(microseconds=1)
    assert await pacer.ask([Demand("whatsapp", 100)]) == [0.0]
    await pacer.close()
