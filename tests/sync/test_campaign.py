"""A short fault campaign: nothing doubled, nothing lost, nothing resent by itself, while a naive client doubles."""

from __future__ import annotations

import asyncio

from tests.benchmarks.fault_campaign import campaign


def test_forty_seeds_of_faults_and_deaths() -> None:
    results = asyncio.run(campaign(40, 1, 20))
    bad = [line for result in results if result.bad for line in (f"seed {result.seed}", *result.log)]
    assert not bad, "\n".join(bad)
    assert sum(result.naive_duplicates for result in results) > 5, "the faults bite"
    ends = {state for result in results for state in result.ends}
    assert {"sent", "refused", "withdrawn"} <= ends
