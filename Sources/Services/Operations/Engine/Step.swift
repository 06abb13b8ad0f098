public import FleetModel
public import Observation
public import OperationModel

/// One act of a workflow. A value: it is written into the plan, and read back by a worker that knows nothing else.
///
/// Adding a step is one file with one such type, named in `StepCatalog`.
public protocol Step: Sendable, Codable {
    /// Names the type in plans: `place-files`. Never changed once released: journals hold it.
    static var kind: String { get }
    /// Whether it is the check at the end of a stage.
    static var endsStage: Bool { get }
    /// Whether it begins in spite of a request to stop, once what it waits for was begun.
    static var followsThrough: Bool { get }
    /// Whether even its `apply` changes nothing: it looks and waits. It is cut off where the operation is to be given up.
    static var onlyLooks: Bool { get }
    /// What it acts on, unique among the steps of its kind: `10.0.0.11`, `3`.
    var object: String { get }
    /// The same for people: `host 10.0.0.11`, `broker 3`.
    var subject: String { get }
    /// The host whose row in the closing table it counts for; nil: the cluster as a whole.
    var host: HostName? { get }
    /// One line for people: "place 4 files on 10.0.0.11".
    var title: String { get }

    /// Whether the effect is already there. Changes nothing, and can be called at any time, as often as one likes.
    func probe(_ context: StepContext) async throws(StepFailure) -> Probe

    /// Has the effect. Called only after a probe said that it is needed; may be called again after a crash.
    /// - Returns: a few words for the journal, or nil.
    /// Long steps look at `context.request()` at their safe points, and leave by `StepFailure.leftOnRequest`.
    func apply(_ context: StepContext) async throws(StepFailure) -> String?

    /// Takes back what would be in the way of the cluster once the operation is given up: a throttle, moves under way,
    /// a cordon, a stopped broker. Called in reverse order for steps that were begun, ended or not; may be called again.
    /// - Returns: a few words for the journal; nil where nothing had to be taken back.
    func abandon(_ context: StepContext) async throws(StepFailure) -> String?
}

extension Step {
    /// The step's name within a plan.
    public var id: StepID { StepID(Self.kind, object) }

    /// Most steps are within a stage.
    public static var endsStage: Bool { false }

    /// Most steps have an effect, which is whole or not begun.
    public static var onlyLooks: Bool { false }

    /// Most steps can wait for whoever resumes.
    public static var followsThrough: Bool { false }

    /// Most steps leave nothing that would be in the way.
    public func abandon(_ context: StepContext) async throws(StepFailure) -> String? { nil }
}

extension StepFailure {
    /// Ends a step that was asked to stop, at a safe point and before its effect was whole. It is no failure: the engine
    /// journals no outcome, and whoever resumes the operation goes on from there.
    public static var leftOnRequest: StepFailure {
        StepFailure(
            code: "left-on-request", what: "working", object: "the step", reason: "it was asked to stop",
            remedy: "gantry operation resume")
    }

    var isLeftOnRequest: Bool { code == "left-on-request" }
}

/// What a probe found.
public enum Probe: Hashable, Sendable {
    /// The effect is there already; a few words for the journal.
    case satisfied(String?)
    /// It is not there.
    case needed
}

/// What a step works with.
public struct StepContext: Sendable {
    /// The world.
    public let world: OperationWorld
    /// The cluster that the operation is about.
    public let cluster: ClusterName
    /// Tells people how far a long step has come; kept in the journal.
    public let note: @Sendable (String) async -> Void
    /// What somebody has asked of the operation since its worker began: to stop, to pause, or to be given up.
    public let request: @Sendable () async -> ControlRequest?
    /// What was set on the operation since it was planned.
    public let settings: @Sendable () async -> OperationSettings
    /// Shows how far a long step is to whoever watches now; only the latest is kept.
    public let show: @Sendable (StepProgress) async -> Void

    /// A context of these parts.
    public init(
        world: OperationWorld, cluster: ClusterName, note: @escaping @Sendable (String) async -> Void,
        request: @escaping @Sendable () async -> ControlRequest? = { nil },
        settings: @escaping @Sendable () async -> OperationSettings = { OperationSettings() },
        show: @escaping @Sendable (StepProgress) async -> Void = { _ in }
    ) {
        self.world = world
        self.cluster = cluster
        self.note = note
        self.request = request
        self.settings = settings
        self.show = show
    }

    /// The failure of `what` on `object` behind a problem with Kafka.
    public func failure(_ problem: ClusterProblem, what: String, object: String) -> StepFailure {
        StepFailure(
            code: problem.code, what: what, object: object, reason: problem.reason, remedy: problem.remedy)
    }

    /// The failure of `what` on `object` behind a host's problem.
    public func failure(_ problem: HostProblem, what: String, object: String) -> StepFailure {
        StepFailure(
            code: problem.code, what: what, object: object, reason: problem.reason, remedy: problem.remedy,
            evidence: problem.evidence, unreachable: problem.unreachable)
    }
}

/// Everything outside that an operation acts on, behind ports.
public struct OperationWorld: Sendable {
    /// Hosts, to work on.
    public let hosts: any HostControl
    /// Hosts, to look at.
    public let hostSource: any HostSource
    /// Containers, to work on.
    public let containers: any ContainerControl
    /// Containers, to look at.
    public let containerSource: any ContainerSource
    /// Kafka, to look at.
    public let cluster: any ClusterSource
    /// Kafka, to work on.
    public let control: any ClusterControl
    /// What outlives the operation.
    public let memory: any FleetMemory
    /// Time.
    public let clock: any FleetClock
    /// How operators run what a remedy names.
    public let commands: HostCommands
    /// Which hosts have an image already, for those that lack it.
    public let images: ImageSpread

    /// A world of these parts.
    public init(
        hosts: any HostControl, hostSource: any HostSource, containers: any ContainerControl,
        containerSource: any ContainerSource, cluster: any ClusterSource, control: any ClusterControl,
        memory: any FleetMemory, clock: any FleetClock, commands: HostCommands = HostCommands(),
        images: ImageSpread = ImageSpread()
    ) {
        self.images = images
        self.commands = commands
        self.hosts = hosts
        self.hostSource = hostSource
        self.control = control
        self.containers = containers
        self.containerSource = containerSource
        self.cluster = cluster
        self.memory = memory
        self.clock = clock
    }
}
