public import FleetModel

/// What an operation will do, as data: written to the journal before anything happens, so that a worker that knows
/// nothing but the journal can carry it out and go on with it.
public struct OperationPlan: Hashable, Sendable, Codable {
    /// The command's name: `bootstrap`.
    public var command: String
    /// Its arguments as typed, secrets never among them.
    public var arguments: [String]
    /// The cluster it acts on.
    public var cluster: ClusterName
    /// The cluster's id; every worker refuses a cluster that answers with another one.
    public var clusterID: ClusterID
    /// The operator's reason (`-m`).
    public var reason: String?
    /// The steps, in an order in which each one follows what it depends on.
    public var steps: [StepRecord]
    /// What a failed step means for steps that do not depend on it.
    public var failurePolicy: FailurePolicy
    /// What is still to be done by hand once all of it is done, and how, a line each; nil where nothing is.
    public var advice: String?

    /// A plan of these parts.
    public init(
        command: String, arguments: [String], cluster: ClusterName, clusterID: ClusterID, reason: String? = nil,
        steps: [StepRecord], failurePolicy: FailurePolicy, advice: String? = nil
    ) {
        self.advice = advice
        self.command = command
        self.arguments = arguments
        self.cluster = cluster
        self.clusterID = clusterID
        self.reason = reason
        self.steps = steps
        self.failurePolicy = failurePolicy
    }

    /// The command line as an operator would type it.
    public var commandLine: String { ([command] + arguments).joined(separator: " ") }

    /// Kinds of steps that move data: a throttle and hours mean something for them.
    public static let movingKinds: Set<String> = ["move-data", "restore-lists"]
    /// The kind of step after which nothing new is put on a broker.
    public static let cordoningKind = "cordon"
    /// The kind of step that proves what was drained to be empty.
    public static let provingKind = "verify-empty"

    /// The first rule that the steps break: a name used twice, or a dependency that does not come earlier. Nil when sound.
    public var defect: String? {
        var seen: Set<StepID> = []
        for step in steps {
            if let missing = step.dependencies.first(where: { !seen.contains($0) }) {
                return "step \(step.id) waits for \(missing), which does not come before it"
            }
            guard seen.insert(step.id).inserted else { return "step \(step.id) stands twice in the plan" }
        }
        return nil
    }
}

/// What a failed step means for the steps that do not depend on it.
public enum FailurePolicy: String, Hashable, Sendable, Codable {
    /// They go on: preparing hosts, where every host's error is wanted at once.
    case finishIndependent
    /// Nothing new starts: moving data, where the first sign of trouble stops everything.
    case stop
}

/// One step of a plan as data. `kind` says which implementation reads `payload`.
public struct StepRecord: Hashable, Sendable, Codable {
    /// Unique within the plan.
    public var id: StepID
    /// The step's type: `place-files`.
    public var kind: String
    /// What it acts on, for people: `host 10.0.0.11`, `broker 3`.
    public var subject: String
    /// The host whose row in the closing table this step counts for; nil: the cluster as a whole.
    public var host: HostName?
    /// One line for people: "start broker 3".
    public var title: String
    /// Steps that must have ended well before.
    public var dependencies: [StepID]
    /// The implementation's own values, as JSON.
    public var payload: String
    /// Whether it begins in spite of a request to stop or a failure elsewhere, once what it waits for was begun: what is
    /// down for a moment is not left so for hours.
    public var followsThrough: Bool { isOwed ?? false }
    /// Nil also in journals of versions that knew no such steps.
    private var isOwed: Bool?

    /// A step of these parts.
    public init(
        id: StepID, kind: String, subject: String, host: HostName?, title: String, dependencies: [StepID],
        payload: String, followsThrough: Bool = false
    ) {
        isOwed = followsThrough ? true : nil
        self.id = id
        self.kind = kind
        self.subject = subject
        self.host = host
        self.title = title
        self.dependencies = dependencies
        self.payload = payload
    }
}
