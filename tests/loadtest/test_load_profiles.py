import numpy as np
import pytest

from loadtest.plan import Plan
from loadtest.profiles import PROFILES, Profile
from loadtest.rows import Rows
from loadtest.target import Feature


def test_the_papers_profile_is_the_papers_load():
    paper = PROFILES["paper"]
    assert (paper.users, paper.rate, paper.p95) == (20, 10, 56)
    assert paper.asked() / paper.seconds == 200


@pytest.mark.parametrize("name", sorted(PROFILES))
@pytest.mark.parametrize("minutes", [0.03, 0.5, 7.3])
def test_users_stay_between_one_and_the_peak(name, minutes):
    profile = PROFILES[name].but(minutes=minutes)
    users = [profile.users_at(second) for second in np.arange(0, profile.seconds, 0.1).tolist()]
    assert 1 <= min(users) <= max(users) <= profile.users
    assert profile.users_at(profile.seconds) == 0
    assert profile.asked() == pytest.approx(profile.rate * sum(users) * 0.1, rel=0.05)


def test_a_spike_is_ten_times_the_rest():
    profile = PROFILES["spike"]
    shares = [profile.users_at(share * profile.seconds) / profile.users for share in (0.1, 0.5, 0.9)]
    assert shares == [0.1, 1.0, 0.1]


def test_a_ramp_only_grows():
    users = [PROFILES["ramp"].users_at(second) for second in range(300)]
    assert users == sorted(users)
    assert users[-1] == PROFILES["ramp"].users


def test_one_per_cent_of_the_mix_is_bad_input():
    assert dict(PROFILES["mixed"].mix)["bad input"] == 0.01
    assert sum(share for _, share in PROFILES["mixed"].mix) == pytest.approx(1)


@pytest.mark.parametrize("wrong", [{"users": 0}, {"rate": 0}, {"minutes": -1}, {"p95": 0}, {"errors": 1}])
def test_settings_that_make_no_sense_are_refused(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        PROFILES["paper"].but(**wrong)


def test_a_plan_is_read_as_it_was_written(tmp_path):
    rows = Rows((Feature("force", False), Feature("tool", True)), ((1.5, "a"), (2, "b")), True)
    profile = Profile("own", "says", 3, 2.0, 0.1, 10, 0.1, mix=(("v1 row", 0.5), ("v2 json row", 0.5)))
    plan = Plan(profile, "http://127.0.0.1:1", "m", rows, 3.0, 7)
    plan.write(tmp_path / "plan.json")
    assert Plan.read(tmp_path / "plan.json") == plan
