"""The stage, once for each channel: the same scene is played on all three."""

import pytest

from tests.stage import Channel, Stage


@pytest.fixture(params=list(Channel), ids=lambda channel: channel.value)
def stage(request: pytest.FixtureRequest) -> Stage:
    """Give one channel's stage."""
    return Stage(request.param)
