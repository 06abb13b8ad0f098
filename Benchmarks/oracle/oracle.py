"""Checks Gantry's lower bounds and plans against exact optima (HiGHS through scipy). Reads instances, one line of JSON
each, from standard input; prints a line each; ends with 1 when a bound lies above an optimum. `near`: the plan is within SLACK of the optimum."""

import json
import sys

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import lil_matrix

# The goal for plans of fewer than a hundred partitions.
SLACK = 1.05
SECONDS = 120


def solve(instance, whole):
    brokers, partitions = instance["brokers"], instance["partitions"]
    index = {broker["id"]: number for number, broker in enumerate(brokers)}
    racks = sorted({broker["rack"] for broker in brokers})
    width = len(brokers)
    cost = np.zeros(len(partitions) * width)
    rows = lil_matrix((len(partitions) * (1 + len(racks)) + width, len(cost)))
    low, high = [], []
    for number, partition in enumerate(partitions):
        held = {index[id] for id in partition["replicas"]}
        for broker in range(width):
            variable = number * width + broker
            cost[variable] = 0 if broker in held else partition["size"]
            rows[len(low), variable] = 1
        low.append(len(held))
        high.append(len(held))
        for rack in racks:
            for broker in range(width):
                if brokers[broker]["rack"] == rack:
                    rows[len(low), number * width + broker] = 1
            low.append(0)
            high.append(1)
    scale = max(partition["size"] for partition in partitions)
    for broker in range(width):
        for number, partition in enumerate(partitions):
            rows[len(low), number * width + broker] = partition["size"] / scale
        low.append(brokers[broker]["low"] / scale)
        high.append(brokers[broker]["high"] / scale)
    found = milp(
        cost / scale, constraints=LinearConstraint(rows.tocsr(), low, high), bounds=Bounds(0, 1),
        integrality=np.full(len(cost), 1 if whole else 0), options={"time_limit": SECONDS, "mip_rel_gap": 1e-4},
    )
    if found.x is None:
        return None, None
    best = found.mip_dual_bound if whole else found.fun
    return found.fun * scale, best * scale


def main():
    wrong = 0
    for line in sys.stdin:
        instance = json.loads(line)
        fluid, _ = solve(instance, whole=False)
        optimum, proved = solve(instance, whole=True)
        bound, plan = instance["bound"], instance["bytes"]
        tolerance = 1 + 1e-6
        problems = []
        if fluid is None:
            problems.append("HiGHS finds no fluid solution")
        elif instance["fluid"] > fluid * tolerance + 1:
            problems.append("the fluid bound is above the fluid optimum")
        if optimum is not None:
            if bound > optimum * tolerance + 1:
                problems.append("the bound is above the optimum")
        print(
            json.dumps({
                "instance": instance["name"], "fluid_to_bound": round(fluid / max(1, instance["fluid"]), 4) if fluid else None,
                "optimum_to_bound": round(optimum / max(1, bound), 4) if optimum else None,
                "plan_to_optimum": round(plan / max(1, optimum), 4) if optimum else None,
                "optimum_proved": bool(optimum is not None and proved is not None and optimum <= proved * 1.001 + 1),
                "problems": problems,
                "near": bool(optimum is None or plan <= optimum * SLACK + 1),
            }), flush=True)
        wrong += bool(problems)
    sys.exit(1 if wrong else 0)


main()
