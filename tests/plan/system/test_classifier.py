from corgibuilder.ir import QInt
from corgibuilder.plan.system.classifier import ClassifierPlan, fewest_multipliers

U4 = QInt(0, 15)


def test_as_few_multipliers_as_the_budget_needs():
    mobilenet = {"channels": 1024, "max_positions": 40 * 23, "classes": 1000}
    assert fewest_multipliers(U4, **mobilenet, budget=59_000_000 // 30).multipliers == 1
    assert fewest_multipliers(U4, **mobilenet, budget=600_000).multipliers == 2
    plan = fewest_multipliers(U4, **mobilenet, budget=1)
    assert plan.multipliers == 1024
    for budget in (300_000, 40_000, 10_000):
        plan = fewest_multipliers(U4, **mobilenet, budget=budget)
        assert plan.frame_cycles <= budget
        half = ClassifierPlan(x=U4, **mobilenet, multipliers=plan.multipliers // 2)
        assert half.frame_cycles > budget
