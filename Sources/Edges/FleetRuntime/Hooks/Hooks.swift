public import FleetConfiguration
import FleetModel
import HealthRules
public import OperationModel
import Operations

/// The operator's own programs around operations: `hooks.d/before-COMMAND`, `after-COMMAND`, `after-stage`.
public struct Hooks: Sendable {
    /// The names that a hook can have: those of `hooks.d/README`, and of the way back that `operation abort` goes.
    static let events =
        [
            "bootstrap", "addhost", "addbroker", "removebroker", "removehost", "rebalance", "restart",
            "operation abort",
        ].flatMap { ["before-\($0)", "after-\($0)"] } + ["after-stage"]

    private let directory: String
    private let fleet: String

    /// The hooks of a fleet directory.
    public init(_ directory: FleetDirectory) {
        self.directory = directory.hooks
        fleet = directory.path
    }

    /// A hook that refused an operation before it began.
    public struct Refusal: Error, Sendable {
        /// Its file.
        public let path: String
        /// Why.
        public let reason: String
        /// What to do.
        public let remedy: String
        /// What it wrote.
        public let lines: [String]
    }

    /// What the journal should keep of hooks that no event calls.
    public var misnamed: [String] {
        OperatorPrograms(FleetDirectory(path: fleet)).misnamed.map(\.words)
    }

    /// Whether there is, or may be, a `before-COMMAND`.
    public func guards(_ plan: OperationPlan) -> Bool { !SideProgram.isAbsent("\(directory)/before-\(plan.command)") }

    /// Runs `before-COMMAND`, which may refuse.
    /// - Returns: what the journal should keep; empty where there is no such hook.
    /// - Throws: `Refusal` when it failed, or could not be run: a guard that does not guard is no guard.
    public func before(_ plan: OperationPlan) async throws(Refusal) -> [String] {
        let name = "before-\(plan.command)"
        let document = OperationDocument.json(hook: name, id: nil, progress: OperationProgress(plan: plan))
        switch await run(name, document) {
        case .absent: return []
        case .ended(let took, let lines):
            return ["hook \(name): ended well in \(took.span)"] + lines.map { "\(name): \($0)" }
        case .failed(let reason, let remedy, let lines):
            throw Refusal(path: "\(directory)/\(name)", reason: reason, remedy: remedy, lines: lines)
        }
    }

    /// Runs a hook that can change nothing any more: its failure is a warning.
    func after(
        _ name: String, id: OperationID, progress: OperationProgress, stage: StepID? = nil,
        ending: OperationEnding? = nil
    ) async -> [OperationRemark] {
        let document = OperationDocument.json(hook: name, id: id, progress: progress, stage: stage, ending: ending)
        switch await run(name, document) {
        case .absent: return []
        case .ended(let took, let lines):
            return [.note("hook \(name): ended well in \(took.span)")] + lines.map { .note("\(name): \($0)") }
        case .failed(let reason, let remedy, let lines):
            return lines.map { .note("\(name): \($0)") } + [.warning("hook \(directory)/\(name): \(reason); \(remedy)")]
        }
    }

    private func run(_ name: String, _ document: JSONValue) async -> SideProgram.Outcome {
        await SideProgram(path: "\(directory)/\(name)", workingDirectory: fleet).run(document.text())
    }
}
