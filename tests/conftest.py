"""What holds for the whole suite: every run has a seed, and a failure says how to repeat it."""

import os
import random
from collections.abc import Generator

import pytest
from hypothesis import HealthCheck, settings

SEED = "LLMTB_TEST_SEED"

settings.register_profile(
    "llmtb", deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("llmtb")


def pytest_configure(config: pytest.Config) -> None:
    # Through the environment, so that every worker of one run has the same seed.
    seed = os.environ.setdefault(SEED, str(random.SystemRandom().randrange(2**32)))
    if config.getoption("hypothesis_seed", None) is None:
        config.option.hypothesis_seed = seed


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.failed:
        seed = os.environ[SEED]
        again = f"{SEED}={seed} python -m pytest '{item.nodeid}'"
        report.sections.append(("run it again", f"seed {seed}: {again}"))
    return report
