"""The validator finds nothing wrong with good bitstreams."""

import pytest

from nnc.inspect.check import all_rules, check
from tests.cases import CASES

GOOD = [(case, path) for case in CASES if not case.is_odd for path in case.bitstreams]


@pytest.mark.parametrize(
    ("case", "path"), GOOD, ids=[f"{case.name}/{path.stem}" for case, path in GOOD]
)
def test_good_bitstreams(case, path):
    report = check(path.read_bytes(), deep=True, **case.out_of_band)
    assert [str(finding) for finding in report.findings] == []
    if not case.is_sequence:
        assert not report.skipped


def test_rules_have_names_of_their_own():
    rules = all_rules()
    assert len({rule.name for rule in rules}) == len(rules)
    for rule in rules:
        assert rule.clause
        assert rule.title
        assert rule.level in ("error", "warning")
        assert rule.status in ("interop", "peer", "draft", "ours")
