import FleetModel
import OperationModel

/// The failures of an operation as operators read them: what several hosts have in common is said once.
enum OperationFailures {
    /// What two failures have in common when they are the same one on two hosts.
    private struct Key: Hashable {
        var code: String
        var reason: String
        var remedy: String
        var evidence: [String]

        /// The failure without the name of its host.
        init(_ failure: StepFailure, _ host: HostName?) {
            func neutral(_ text: String) -> String {
                guard let host else { return text }
                return text.split(separator: host.rawValue, omittingEmptySubsequences: false).joined(separator: "HOST")
            }
            code = failure.code
            reason = neutral(failure.reason)
            remedy = neutral(failure.remedy)
            evidence = failure.evidence.map(neutral)
        }
    }

    /// Objects that are named; a failure of hundreds of hosts is no longer read by their names.
    private static let named = 5

    /// One error for each failure that differs in more than its host, in the order of the plan.
    static func merged(_ progress: OperationProgress) -> [CommandError] {
        var order: [Key] = []
        var found: [Key: [(step: StepRecord, failure: StepFailure)]] = [:]
        for (step, state) in zip(progress.plan.steps, progress.states) {
            guard let failure = state.failure else { continue }
            let key = Key(failure, step.host)
            if found[key] == nil { order.append(key) }
            found[key, default: []].append((step, failure))
        }
        return order.compactMap { key in
            guard let all = found[key], let first = all.first?.failure else { return nil }
            var objects = all.map(\.failure.object).reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }
            if objects.count > named { objects = objects.prefix(named) + ["\(objects.count - named) more"] }
            var error = first.commandError
            error.object = objects.joined(separator: ", ")
            return error
        }
    }
}
