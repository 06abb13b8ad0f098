"""Checks Gantry's lower bounds and plans against exact optima (HiGHS through scipy). Reads instances, one line of JSON
each, from standard input; prints a line each; ends with 1 when a bound lies above an optimum. `near`: the plan is within
SLACK of the optimum.

Instances of more than MOST variables are relaxed: partitions beyond the largest ones flow between brokers as a fluid, without
regard to hosts and racks. What is then proved is a lower bound, and no more."""

import json
import sys

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import coo_matrix

# The goal for plans of fewer than a hundred partitions.
SLACK = 1.05
SECONDS = float(sys.argv[1]) if len(sys.argv) > 1 else 120
MOST = 6000


class Program:
    """Rows and columns of a program, as they come."""

    def __init__(self):
        self.cost, self.upper, self.whole = [], [], []
        self.rows, self.columns, self.values, self.low, self.high = [], [], [], [], []

    def variable(self, cost, upper=1.0, whole=False):
        self.cost.append(cost)
        self.upper.append(upper)
        self.whole.append(1 if whole else 0)
        return len(self.cost) - 1

    def row(self, terms, low, high):
        for column, value in terms:
            self.rows.append(len(self.low))
            self.columns.append(column)
            self.values.append(value)
        self.low.append(low)
        self.high.append(high)

    def solve(self, seconds):
        matrix = coo_matrix((self.values, (self.rows, self.columns)), shape=(len(self.low), len(self.cost))).tocsr()
        return milp(
            np.array(self.cost), constraints=LinearConstraint(matrix, self.low, self.high),
            bounds=Bounds(0, np.array(self.upper)), integrality=np.array(self.whole),
            options={"time_limit": seconds, "mip_rel_gap": 1e-4})


def solve(instance, whole):
    """The value found and the value proved; (None, None) where nothing was found."""
    brokers = instance["brokers"]
    index = {broker["id"]: number for number, broker in enumerate(brokers)}
    racks = {}
    for number, broker in enumerate(brokers):
        racks.setdefault(broker["rack"], []).append(number)
    partitions = sorted(instance["partitions"], key=lambda partition: -partition["size"])
    exact = len(partitions) * len(brokers) <= MOST
    large = partitions if exact else partitions[: MOST // len(brokers)]
    scale = max(1, partitions[0]["size"])
    program = Program()
    load = [[] for _ in brokers]
    for partition in large:
        held = {index[id] for id in partition["replicas"]}
        size = partition["size"] / scale
        own = [program.variable(0 if broker in held else size, 1, whole) for broker in range(len(brokers))]
        program.row([(variable, 1) for variable in own], len(held), len(held))
        for members in racks.values():
            limit = 1 if len(racks) >= len(held) else len(brokers)
            if len(members) > 1:
                program.row([(own[member], 1) for member in members], 0, limit)
        for broker, variable in enumerate(own):
            load[broker].append((variable, size))
    small = [0.0] * len(brokers)
    for partition in partitions[len(large):]:
        for id in partition["replicas"]:
            small[index[id]] += partition["size"] / scale
    flows = []
    if not exact:
        for broker in range(len(brokers)):
            leaves, comes = program.variable(0, small[broker]), program.variable(1, np.inf)
            load[broker] += [(leaves, -1), (comes, 1)]
            flows += [(leaves, 1), (comes, -1)]
        program.row(flows, 0, 0)
    for broker, terms in enumerate(load):
        program.row(
            terms, brokers[broker]["low"] / scale - small[broker], brokers[broker]["high"] / scale - small[broker])
    found = program.solve(SECONDS)
    proved = found.mip_dual_bound if whole else found.fun
    if found.x is None:
        return None, proved * scale if proved is not None and np.isfinite(proved) else None
    return (found.fun * scale if exact or not whole else None), proved * scale


def ratio(a, b):
    return round(a / max(1, b), 4) if a is not None and b is not None else None


def main():
    wrong = 0
    for line in sys.stdin:
        instance = json.loads(line)
        fluid, _ = solve(instance, whole=False)
        optimum, proved = solve(instance, whole=True)
        bound, plan = instance["bound"], instance["bytes"]
        tolerance = 1 + 1e-6
        problems = []
        if optimum is not None and bound > optimum * tolerance + 1:
            problems.append("the bound is above the optimum")
        if fluid is not None and optimum is not None and instance["fluid"] > fluid * tolerance + 1:
            problems.append("the fluid bound is above the fluid optimum")
        print(
            json.dumps({
                "instance": instance["name"], "fluid_to_bound": ratio(fluid, instance["fluid"]),
                "optimum_to_bound": ratio(optimum, bound), "plan_to_bound": ratio(plan, bound),
                "plan_to_optimum": ratio(plan, optimum), "proved_to_bound": ratio(proved, bound),
                "plan_to_proved": ratio(plan, proved),
                "optimum_proved": bool(optimum is not None and proved is not None and optimum <= proved * 1.001 + 1),
                "problems": problems, "near": bool(optimum is None or plan <= optimum * SLACK + 1),
            }), flush=True)
        wrong += bool(problems)
    sys.exit(1 if wrong else 0)


main()
