import Foundation
import Processes
import RealHosts
import Testing

/// The one cluster of a suite: a fleet directory and empty hosts before it, nothing of either after it.
struct OneCluster: SuiteTrait, TestScoping {
    @TaskLocal static var gantry: Gantry?

    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @concurrent @Sendable () async throws -> Void
    ) async throws {
        let fleet = try RealFleet()
        try await fleet.clear()
        try await fleet.with({}, mendedBy: { try await fleet.clear() }) {
            try await Gantry.with(on: fleet) { gantry in
                try await Self.$gantry.withValue(gantry) { try await function() }
            }
        }
    }
}

extension Trait where Self == OneCluster {
    static var oneCluster: Self { OneCluster() }
}

extension Gantry {
    /// The cluster of the suite.
    static func ofSuite() throws -> Gantry { try #require(OneCluster.gantry) }

    /// `clusterstatus`, whatever it finds.
    func status() async throws -> (answer: Answer, document: StatusDocument) {
        let answer = try await run("clusterstatus", "--format", "json", deadline: .seconds(60))
        return (answer, try answer.document())
    }

    /// Waits until `clusterstatus` finds nothing wrong: brokers come back, sessions end, replicas catch up.
    func isWhole(within limit: Duration = .seconds(180), at location: SourceLocation = #_sourceLocation) async throws {
        var last = ""
        try await eventually(within: limit, "clusterstatus 0", at: location) {
            let answer = try await run("clusterstatus", "--format", "plain", deadline: .seconds(60))
            if answer.status != 0 { last = answer.stdout + answer.stderr }
            return answer.status == 0
        } orSay: {
            last
        }
    }

    /// The cluster works; what is missing is made.
    func working() async throws {
        if try await run("clusterstatus", "-q").status == 0 { return }
        let answer = try await run("bootstrap", "--yes", deadline: .seconds(600))
        try #require(answer.status == 0, "\(answer.stdout)\n\(answer.stderr)")
        try await isWhole()
    }

    /// The operations, newest first.
    func operations() async throws -> [OperationList.Row] {
        try await run("operation", "list", "--format", "json").document(as: OperationList.self).operations
    }
}

/// The worker that a line of a watching command names: `… started by root (pid 123)`.
func startedWorker(_ line: String) -> pid_t? {
    guard line.contains("started by"), let number = line.firstMatch(of: /\(pid (\d+)\)/)?.1 else { return nil }
    return pid_t(number)
}

/// Tells the first call from all others.
actor Once {
    private var isUsed = false

    func isFirst() -> Bool {
        defer { isUsed = true }
        return !isUsed
    }
}
