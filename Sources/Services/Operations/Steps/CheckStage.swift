public import FleetModel
public import HealthRules
import Observation
public import OperationModel

/// Checks after a stage that the cluster is sane, by the rules of `clusterstatus`: every broker that should serves and gives
/// a record back, every partition has its leader and its whole ISR, and nothing of the moves is left.
public struct CheckStage: ClusterStep {
    /// Names the type in plans.
    public static let kind = "check-stage"
    /// Always.
    public static let endsStage = true
    /// Always.
    public static let onlyLooks = true
    /// Replicas that have just been added, or a broker that was just started, need some time to be in sync.
    private static let limit: Duration = .seconds(180)
    /// Rules that say nothing about a stage: what they find was so before, or is on its way.
    private static let passedOver: Set<String> = ["config-drift", "reassignment-orphan", "broker-cordoned"]
    /// What the stage is called within its plan.
    public var stage: String
    /// The nodes that are wanted now.
    public var layout: ClusterLayout
    /// Whether records are sent.
    public var canary: Bool
    /// Findings that were there before the operation began: rule and subject. They are not its doing.
    public var known: [KnownFinding]

    /// A finding by its rule and subject.
    public struct KnownFinding: Hashable, Sendable, Codable {
        /// The rule's id.
        public var rule: String
        /// What it was about.
        public var subject: String

        /// The name of `finding`.
        public init(_ finding: Finding) { (rule, subject) = (finding.rule, finding.subject) }
    }

    /// Checks that the brokers of `layout` serve and every partition is whole.
    public init(stage: String, layout: ClusterLayout, canary: Bool, known: [KnownFinding]) {
        self.stage = stage
        self.layout = layout
        self.canary = canary
        self.known = known
    }

    /// The stage.
    public var object: String { stage }
    /// One line for people.
    public var title: String {
        "check the cluster" + (canary ? ": a record through each of \(counted(layout.brokers.count, "broker"))" : "")
    }

    /// Never known before: it is a proof about now.
    public func probe(_ context: StepContext) async throws(StepFailure) -> Probe { .needed }

    /// Looks until the cluster is sane, or the time is up.
    public func apply(_ context: StepContext) async throws(StepFailure) -> String? {
        let start = context.world.clock.uptime()
        while true {
            let findings = try await findings(context)
            guard let worst = findings.first else {
                return canary ? "\(counted(layout.brokers.count, "broker")) gave a record back" : nil
            }
            guard context.world.clock.uptime() - start < Self.limit else {
                throw StepFailure(
                    code: worst.rule, what: title, object: worst.subject, reason: worst.evidence,
                    remedy: "\(worst.remedy); then gantry operation resume",
                    evidence: findings.dropFirst().map { "\($0.rule) \($0.subject): \($0.evidence)" })
            }
            try await pause(context)
        }
    }

    private func findings(_ context: StepContext) async throws(StepFailure) -> [Finding] {
        let world = context.world
        let record = try await MoveRecord.load(context)
        guard record.isEmpty else {
            throw StepFailure(
                code: "throttle-leftover", what: title, object: "the journal",
                reason: "it names settings of moves that were not taken back",
                remedy: "gantry operation abort takes them back")
        }
        let observer = Observer(
            hosts: world.hostSource, containers: world.containerSource, cluster: world.cluster, clock: world.clock)
        let hosts = Set(layout.nodes.map(\.host)).sorted()
        let snapshot = await observer.snapshot(
            Observer.Request(hosts: hosts, layout: .known(layout), canary: canary))
        if let found = snapshot.cluster.value?.clusterID, found != layout.clusterID {
            throw otherCluster(found, layout)
        }
        let health = HealthContext(
            cluster: context.cluster, expected: layout, retired: Set(snapshot.hosts.flatMap(\.retired)),
            snapshot: snapshot, operationRunning: false, commands: world.commands)
        return HealthRules.findings(in: health).filter {
            $0.severity != .ok && !Self.passedOver.contains($0.rule) && !isKnown($0)
        }
    }

    /// Whether it was there before, or more of it: "3 partitions" of what were five.
    private func isKnown(_ finding: Finding) -> Bool {
        known.contains { before in
            guard before.rule == finding.rule else { return false }
            if before.subject == finding.subject { return true }
            func count(_ subject: String) -> Int? { Int(subject.prefix { $0.isNumber }) }
            guard let now = count(finding.subject), let then = count(before.subject) else { return false }
            return now <= then
        }
    }
}
