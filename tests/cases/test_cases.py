"""Every shared case has the form that its vendor's mapping reads."""

from __future__ import annotations

import pytest

from tests.support.cases import CASES, review_shared_case

NAMES = [f"{path.parent.name}/{path.stem}" for path in sorted(CASES.glob("*/*.json"))]


@pytest.mark.skipif(not NAMES, reason="the cases are not beside this repository (../shared/cases)")
@pytest.mark.parametrize("name", NAMES)
def test_a_case_can_be_reviewed(name: str) -> None:
    assert review_shared_case(name).decision.pack == "maas360"
