public import HealthRules
public import OperationModel

/// An operation of ours that is under way: what it has begun to do explains what is seen meanwhile.
public struct OperationAtWork: Hashable, Sendable {
    /// Its name.
    public var id: OperationID
    /// Its command line.
    public var command: String
    /// What its steps have begun to stop, start, make or remove: `broker 3`, `host 10.0.0.12`.
    public var subjects: Set<String>

    /// An operation of these parts.
    public init(id: OperationID, command: String, subjects: Set<String>) {
        (self.id, self.command, self.subjects) = (id, command, subjects)
    }

    /// The operation behind `progress`, by the steps that it has begun.
    public init(id: OperationID, progress: OperationProgress) {
        self.init(
            id: id, command: progress.plan.commandLine,
            subjects: Set(
                progress.plan.steps.filter { progress.begun.contains($0.id) && !Self.harmless.contains($0.kind) }
                    .map(\.subject)))
    }

    /// Kinds of steps that stop and start nothing: a broker that dies while it is drained is an incident.
    private static let harmless: Set<String> = [
        "record-layout", "place-files", "bring-image", "check-cluster", "check-stage", "cordon", "move-data",
        "verify-empty", "delete-data", "remember-layout", "restore-lists", "lead-again", "install-service",
        "remove-service",
    ]

    /// Rules about one node or container, which a step stops, starts, makes or removes.
    private static let ofNodes: Set<String> = [
        "broker-container-dead", "controller-container-dead", "container-missing", "container-leftover",
        "container-restarted", "container-restarting", "broker-fenced", "broker-missing", "broker-ghost",
        "canary-failed", "canary-slow", "quorum-voter-lagging", "controller-not-voter", "log-directories-unknown",
        "image-drift",
    ]
    /// Rules about the whole, which moving data and changing nodes touches.
    private static let ofAll: Set<String> = [
        "partitions-under-replicated", "reassignment-orphan", "throttle-leftover", "broker-cordoned", "config-drift",
        "layout-drift",
        "host-unlisted", "quorum-unknown",
    ]

    /// The findings with what is critical and caused by the operation as a warning that names it.
    public func softening(_ findings: [Finding]) -> [Finding] {
        let told = findings.map { finding -> Finding in
            guard finding.severity == .critical, explains(finding) else { return finding }
            var finding = finding
            finding.severity = .warning
            finding.evidence += "; operation \(id) (\(command)) is at work there"
            finding.remedy = "gantry operation attach \(id)"
            return finding
        }
        return told.filter { $0.severity > .warning } + told.filter { $0.severity <= .warning }
    }

    /// Whether the operation causes it, so that nobody is to be woken.
    public func explains(_ finding: Finding) -> Bool {
        if Self.ofAll.contains(finding.rule) { return true }
        guard Self.ofNodes.contains(finding.rule) else { return false }
        return subjects.contains(finding.subject) || finding.host.map { subjects.contains("host \($0)") } ?? false
    }
}
