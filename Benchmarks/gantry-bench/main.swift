// The benchmarks: see docs/BENCHMARKS.md. One argument names the benchmark; each prints JSON.

switch CommandLine.arguments.dropFirst().first {
case "metadata-decode": try MetadataDecode.run()
case "planner-families": PlannerFamilies.run(Array(CommandLine.arguments.dropFirst(2)))
case "planner-leadership": try PlannerLeadership.run()
case "planner-instance", "planner-leaving", "planner-targets", "planner-judge":
    try PlannerPeers.run(CommandLine.arguments[1], Array(CommandLine.arguments.dropFirst(2)))
case "planner-oracle": try PlannerOracle.run(Array(CommandLine.arguments.dropFirst(2)))
case "planner-speed": try await PlannerSpeed.run(Array(CommandLine.arguments.dropFirst(2)))
case "simulate": SimulatedDrain.run()
case "executor": try ExecutorCost.run()
case "commands": try await CommandTimes.run(Array(CommandLine.arguments.dropFirst(2)))
default:
    print("usage: gantry-bench commands ROUNDS NAME=COMMAND… | metadata-decode | simulate | executor")
    print(
        "       gantry-bench planner-families [--large] [NAME] | planner-speed [NAME RUNS [THREADS] [SNAPSHOT]] | planner-leadership"
    )
}
