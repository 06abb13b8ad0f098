import FleetModel
import Processes

/// Times whole commands beside each other: every round runs each of them once, so that what else the machine does
/// hits all alike. Prints medians and, for each, its ratio to the first.
enum CommandTimes {
    private static let deadline: Duration = .seconds(300)

    /// Arguments: `ROUNDS NAME=COMMAND…`; each command is run by `/bin/sh -c` and must end with 0.
    static func run(_ arguments: [String]) async throws {
        guard arguments.count >= 2, let rounds = Int(arguments[0]), rounds > 0 else {
            print("usage: gantry-bench commands ROUNDS NAME=COMMAND…")
            return
        }
        let commands = arguments.dropFirst().compactMap { argument -> (name: String, line: String)? in
            let parts = argument.split(separator: "=", maxSplits: 1)
            return parts.count == 2 ? (String(parts[0]), String(parts[1])) : nil
        }
        var times = [[Duration]](repeating: [], count: commands.count)
        for _ in 0..<rounds {
            for (index, command) in commands.enumerated() {
                let start = ContinuousClock.now
                let result = try await Process.run("/bin/sh", ["-c", command.line], deadline: deadline)
                let took = ContinuousClock.now - start
                guard result.exit.isSuccess else {
                    print("\(command.name) ended with \(result.exit): \(result.stderr.trimmed)")
                    return
                }
                times[index].append(took)
            }
        }
        let medians = times.map { $0.sorted()[$0.count / 2] }
        let rows = commands.indices.map { index -> JSONValue in
            let sorted = times[index].sorted()
            return [
                "name": .string(commands[index].name), "median_ms": .number(milliseconds(medians[index])),
                "min_ms": .number(milliseconds(sorted.first ?? .zero)),
                "max_ms": .number(milliseconds(sorted.last ?? .zero)),
                "ratio_to_first": .number(rounded(medians[index] / medians[0])),
            ]
        }
        print(
            JSONValue.object(JSONObject([("rounds", .integer(Int64(rounds))), ("commands", .array(rows))])).text(
                .indented))
    }

    private static func milliseconds(_ duration: Duration) -> Double { rounded(duration / .milliseconds(1)) }

    private static func rounded(_ value: Double) -> Double { (value * 100).rounded() / 100 }
}
