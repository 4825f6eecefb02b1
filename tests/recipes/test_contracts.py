"""Every scheme and compression of ours keeps the contract that a stranger's must keep."""

from __future__ import annotations

from importlib.util import find_spec

import pytest

if not find_spec("tensorflow"):  # importing it takes seconds
    pytest.skip("the contracts need rbench[sweep]", allow_module_level=True)

from rbench.recipes.registered import compressions, schemes
from rbench.testing import compression_contract as of_compressions
from rbench.testing import scheme_contract as of_schemes

QUICK = {"check_description", "check_words", "check_light"}


def cases(values, checks):
    for name in values:
        for check in checks:
            marks = () if check.__name__ in QUICK else pytest.mark.slow
            yield pytest.param(name, check, id=f"{name}-{check.__name__}", marks=marks)


@pytest.mark.parametrize(("name", "check"), [*cases(schemes(), of_schemes.CHECKS)])
def test_schemes(name: str, check) -> None:
    check(schemes()[name])


@pytest.mark.parametrize(("name", "check"), [*cases(compressions(), of_compressions.CHECKS)])
def test_compressions(name: str, check) -> None:
    check(compressions()[name])
