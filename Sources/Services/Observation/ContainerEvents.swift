public import FleetModel

/// Follows what a host's Docker daemon tells of the cluster's containers.
public protocol ContainerEventSource: Sendable {
    /// Hands what the daemon tells to `take`, one after the other, from `since` on as far as it still knows, until the
    /// stream ends by the daemon's doing. The first item is `.subscribed`: what happens from then on is not missed.
    ///
    /// The daemon forgets, and drops what is not read fast: list and compare after every `.subscribed`.
    /// - Throws: `HostProblem` when it can't subscribe, or the connection broke off.
    func followEvents(
        on host: HostName, since: EventTime?, _ take: @escaping @Sendable (ContainerEventItem) async -> Void
    ) async throws(HostProblem)

    /// How the container's process ended last, with the last `lines` lines that it wrote until then.
    func lastEnd(of container: ContainerObservation, lines: Int, on host: HostName) async throws(HostProblem) -> LastEnd
}

/// A time of Docker's, in nanoseconds since 1970: exact, so that one event can be told from the next.
public struct EventTime: Hashable, Comparable, Sendable, Codable {
    /// Nanoseconds since the epoch, by the clock of Docker's host.
    public let nanoseconds: Int64

    /// So many nanoseconds since the epoch.
    public init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

    /// Orders by value.
    public static func < (a: EventTime, b: EventTime) -> Bool { a.nanoseconds < b.nanoseconds }

    /// To the millisecond.
    public var timestamp: Timestamp { Timestamp(milliseconds: nanoseconds / 1_000_000) }
}

/// What a subscription brings.
public enum ContainerEventItem: Hashable, Sendable {
    /// The subscription stands.
    case subscribed
    /// Something happened to a container.
    case event(ContainerEvent)
    /// Something that could not be read.
    case garbled(String)
}

/// Something that happened to one of the cluster's containers.
public struct ContainerEvent: Hashable, Sendable {
    /// When.
    public var at: EventTime
    /// Docker's word: `die`, `start`, `oom`.
    public var action: String
    /// The container's name.
    public var container: String
    /// The node in it, where its label says so.
    public var node: NodeID?
    /// Of `die`: how the process ended.
    public var exitCode: Int32?
    /// Of `kill`: the signal's number or name.
    public var signal: String?

    /// An event of these parts.
    public init(
        at: EventTime, action: String, container: String, node: NodeID?, exitCode: Int32? = nil, signal: String? = nil
    ) {
        (self.at, self.action, self.container, self.node) = (at, action, container, node)
        (self.exitCode, self.signal) = (exitCode, signal)
    }
}

/// How a container's process ended.
public struct LastEnd: Hashable, Sendable {
    /// Its exit code; nil where Docker has forgotten it.
    public var exitCode: Int32?
    /// The last lines that it wrote.
    public var output: [String]

    /// An end of these parts.
    public init(exitCode: Int32?, output: [String]) { (self.exitCode, self.output) = (exitCode, output) }
}
