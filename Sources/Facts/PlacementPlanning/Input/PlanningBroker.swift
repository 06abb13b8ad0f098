public import FleetModel

/// A broker as the planner sees it.
public struct PlanningBroker: Hashable, Sendable {
    /// What a broker may be used for.
    public enum State: String, Hashable, Sendable, CaseIterable {
        /// It gives and takes data.
        case live
        /// It gives data and takes none.
        case cordoned
        /// It neither gives nor takes: its replicas are lost until it is back.
        case dead
    }

    /// Weight of an ordinary broker: weights are thousandths, so that `1.5` is exact.
    public static let unitWeight: Int64 = 1000
    /// The largest weight. With it and `PlacementInput.maximumTotal` every product fits 128 bits.
    public static let maximumWeight: Int64 = 1_000_000_000
    /// The rate of a port that nothing is known of: Gantry's default throttle a broker and direction.
    public static let defaultPort = BytesPerSecond(50 << 20)

    /// Kafka's id.
    public var id: NodeID
    /// The machine that it runs on. Brokers with the same name fail together; a nil host is a machine of its own.
    public var host: String?
    /// `broker.rack`; nil where the cluster knows none.
    public var rack: String?
    /// The share of data that it should hold, in thousandths of an ordinary broker; 0 means none.
    public var weight: Int64
    /// Bytes that its log directories can hold; nil when that is not known, then there is no ceiling.
    public var capacity: ByteCount?
    /// The data directories that its logs lie in, for people; empty where that is not known.
    public var directories: [String] = []
    /// What it may be used for.
    public var state: State
    /// Rate at which others may copy from it.
    public var uplink: BytesPerSecond
    /// Rate at which it may copy from others.
    public var downlink: BytesPerSecond

    /// A broker of these facts.
    public init(
        id: NodeID, host: String? = nil, rack: String? = nil, weight: Int64 = unitWeight, capacity: ByteCount? = nil,
        state: State = .live, uplink: BytesPerSecond = defaultPort, downlink: BytesPerSecond = defaultPort
    ) {
        self.id = id
        self.host = host
        self.rack = rack
        self.weight = weight
        self.capacity = capacity
        self.state = state
        self.uplink = uplink
        self.downlink = downlink
    }

    /// The broker and where its data lies: `broker 3 (host 10.0.0.13, /disk1 and /disk2)`.
    var place: String {
        let parts = [host.map { "host \($0)" }, disk].compactMap { $0 }
        return "broker \(id)" + (parts.isEmpty ? "" : " (\(parts.joined(separator: ", ")))")
    }

    /// Where room has to be made for it: `/disk1 of host 10.0.0.13`, `host 10.0.0.13`, `broker 3`.
    var room: String {
        guard let host else { return "broker \(id)" }
        return (disk.map { "\($0) of " } ?? "") + "host \(host)"
    }

    private var disk: String? { directories.isEmpty ? nil : directories.joined(separator: " and ") }
}
