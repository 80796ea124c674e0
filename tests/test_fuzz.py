"""Some seconds of what nobody should send; `python -m tests.fuzz --minutes 10` does it for longer."""

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from tests.fuzz import inputs
from tests.fuzz.trial import Trial
from tests.test_pages import PAGES

CHECKS = [HealthCheck.too_slow, HealthCheck.function_scoped_fixture, HealthCheck.large_base_example]
SHORT = settings(
    deadline=None, derandomize=True, database=None, phases=[Phase.generate], suppress_health_check=CHECKS
)


@pytest.fixture(scope="module")
def trial(server):
    return Trial(server, server.computed)


@settings(SHORT, max_examples=15)
@given(visit=inputs.visits(PAGES))
def test_no_visit_fails_takes_long_or_shows_in_another_session(trial, visit):
    trial.visit(*visit)


@settings(SHORT, max_examples=25)
@given(request=inputs.requests)
def test_no_request_fails_or_leaves_a_file(trial, request):
    trial.request(**request)


@settings(SHORT, max_examples=10)
@given(frames=inputs.frames)
def test_bytes_that_are_no_message_hurt_nobody(trial, frames):
    trial.frames(frames)
