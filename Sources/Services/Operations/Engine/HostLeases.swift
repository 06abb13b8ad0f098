public import FleetModel
public import HealthRules
public import Observation
public import OperationModel

/// Keeps the lease as a file on every host that an operation may touch, so that a second techhost is refused too.
///
/// The journal's lease, with its fencing token, is what orders workers of one fleet directory; this one tells another
/// techhost, or another fleet directory, that somebody is at work. A host that does not answer holds nobody up.
public struct HostLeases: Sendable {
    /// Between two heartbeats: ten of them go missing before anybody may say that the holder is gone.
    public static let interval: Duration = .seconds(60)
    /// Two techhosts that write at the same time have both written by then; the later one's file is what both read.
    private static let settling: Duration = .milliseconds(500)

    private let cluster: ClusterName
    private let hosts: [HostName]
    private let control: any HostControl
    private let clock: any FleetClock
    private let isAlive: @Sendable (Holder) -> Bool

    /// Leases of `cluster` on `hosts`.
    /// - Parameters:
    ///   - cluster: the cluster.
    ///   - hosts: every host that may be touched.
    ///   - control: works on hosts.
    ///   - clock: time.
    ///   - isAlive: whether a process of this techhost still runs.
    public init(
        cluster: ClusterName, hosts: [HostName], control: any HostControl, clock: any FleetClock,
        isAlive: @escaping @Sendable (Holder) -> Bool
    ) {
        self.cluster = cluster
        self.hosts = hosts
        self.control = control
        self.clock = clock
        self.isAlive = isAlive
    }

    private var path: String { OnHostPath.lease(of: cluster) }

    /// What the hosts' files say; hosts that do not answer, or have none, are left out.
    func look(_ hosts: [HostName]) async -> [HostName: HostLease] {
        let found = await mapBounded(hosts, width: Observer.width) { host -> (HostName, HostLease)? in
            let bytes = (try? await control.contents(of: path, on: host)) ?? nil
            // A file that can't be read was cut off in its first writing: nobody holds anything by it.
            return bytes.flatMap { HostLease(text: String(decoding: $0, as: UTF8.self)) }.map { (host, $0) }
        }
        return Dictionary(found.compactMap { $0 }, uniquingKeysWith: { first, _ in first })
    }

    /// What stands in the way of `claimant`, once for each operation that holds hosts. A lease that was left behind, and that
    /// the operator says to be so, is removed.
    /// - Parameters:
    ///   - claimant: who wants the hosts.
    ///   - own: its operation, if it has one already.
    ///   - accepted: what the operator waives.
    /// - Returns: blockers `leased` and `foreign-lease`.
    public func blockers(
        for claimant: Holder, own: OperationID? = nil, accepted: [Acceptance] = []
    ) async -> [Blocker] {
        let now = clock.now()
        var held: [HostLease.Claim: [OperationID: (lease: HostLease, hosts: [HostName])]] = [:]
        for (host, lease) in await look(hosts) {
            let claim = lease.claim(by: claimant, own: own, now: now, isAlive: isAlive)
            held[claim, default: [:]][lease.operation, default: (lease, [])].hosts.append(host)
        }
        var blockers: [Blocker] = []
        for (lease, hosts) in (held[.held] ?? [:]).values {
            let isOwn = lease.holder.techhost == claimant.techhost
            blockers.append(
                Blocker(
                    code: isOwn ? "leased" : "foreign-lease",
                    object: isOwn ? "host \(Self.names(hosts))" : "techhost \(lease.holder.techhost)",
                    reason: "\(lease.words(at: now)) holds \(Self.names(hosts))",
                    remedy:
                        "wait until it is done: gantry operation attach \(lease.operation) on \(lease.holder.techhost)"
                ))
        }
        for (lease, hosts) in (held[.left] ?? [:]).values {
            let blocker = Blocker(
                code: "foreign-lease", object: "techhost \(lease.holder.techhost)",
                reason: "\(lease.words(at: now)) holds \(Self.names(hosts))",
                remedy: "see that techhost \(lease.holder.techhost) is gone, then "
                    + "--accept foreign-lease=\(lease.holder.techhost)")
            if accepted.contains(where: { $0.object != nil && $0.covers(blocker) }) {
                _ = await mapBounded(hosts, width: Observer.width) { host in
                    try? await control.removeFiles([path], on: host)
                }
            } else {
                blockers.append(blocker)
            }
        }
        return blockers.sorted { ($0.code, $0.object) < ($1.code, $1.object) }
    }

    private static func names(_ hosts: [HostName]) -> String {
        let names = hosts.sorted().map(\.rawValue)
        return names.count > 3 ? "\(names[0]) and \(names.count - 1) more hosts" : names.joined(separator: ", ")
    }

    /// Writes the lease on every host, and sees that it is there.
    /// - Parameter lease: what is written.
    /// - Returns: what stands in the way; then nothing of it is left on any host.
    public func take(_ lease: HostLease) async -> [Blocker] {
        var blockers = await blockers(for: lease.holder, own: lease.operation)
        guard blockers.isEmpty else { return blockers }
        await write(lease, on: hosts)
        try? await clock.sleep(for: Self.settling)
        blockers = await self.blockers(for: lease.holder, own: lease.operation)
        if !blockers.isEmpty { await release(lease) }
        return blockers
    }

    /// Hosts that remember another cluster of this name: one that was made, from another fleet directory perhaps, after the
    /// operation was planned. Its files must not be replaced.
    /// - Parameters:
    ///   - clusterID: the cluster that the operation was planned for.
    ///   - operation: the operation.
    /// - Returns: a blocker `other-cluster` for each such host; hosts that do not answer are left out.
    func otherClusters(than clusterID: ClusterID, closing operation: OperationID) async -> [Blocker] {
        await mapBounded(hosts, width: Observer.width) { host -> Blocker? in
            guard let bytes = (try? await control.contents(of: OnHostPath.layout(of: cluster), on: host)) ?? nil,
                let found = try? LayoutMemory.layout(String(decoding: bytes, as: UTF8.self)),
                found.clusterID != clusterID
            else { return nil }
            return Blocker(
                code: "other-cluster", object: "host \(host)",
                reason: "it carries a cluster \(cluster) with the id \(found.clusterID), not \(clusterID) of this plan",
                remedy: "gantry operation abort \(operation), then gantry bootstrap, which takes that cluster over")
        }.compactMap { $0 }
    }

    /// Says that the holder still works, on hosts that still have its file: where an operation has removed its own files, they
    /// do not come back.
    /// - Parameter lease: the lease as it was taken.
    /// - Returns: what another one holds by now, after which this one must stop at once.
    public func renew(_ lease: HostLease) async -> [Blocker] {
        let found = await look(hosts)
        let now = clock.now()
        let lost = found.filter { $0.value.operation != lease.operation || $0.value.holder != lease.holder }
        var renewed = lease
        renewed.heartbeat = now
        await write(renewed, on: hosts.filter { found[$0] != nil && lost[$0] == nil })
        return lost.sorted { $0.key < $1.key }.prefix(1).map { host, other in
            Blocker(
                code: "fenced", object: "host \(host)", reason: other.words(at: now),
                remedy: "gantry operation attach \(other.operation) on \(other.holder.techhost)")
        }
    }

    /// Removes the files of this lease, and no other's.
    /// - Parameter lease: the lease as it was taken.
    public func release(_ lease: HostLease) async {
        let found = await look(hosts)
        let own = found.filter { $0.value.operation == lease.operation && $0.value.holder == lease.holder }.keys
        _ = await mapBounded(own.sorted(), width: Observer.width) { host in
            try? await control.removeFiles([path], on: host)
        }
    }

    private func write(_ lease: HostLease, on hosts: [HostName]) async {
        let file = FileToPlace(path: path, contents: Array(lease.text.utf8), mode: 0o644)
        _ = await mapBounded(hosts, width: Observer.width) { host in
            // A host that does not answer can't be worked on by anybody now.
            try? await control.place([file], on: host)
        }
    }
}
