public import FleetModel
public import HealthRules

/// Proves that hosts can be taken out: that they are known, there or gone as was said, and that the quorum keeps its number.
/// What brokers need is `RemovalProof`'s to judge. A pure function of what was seen.
public struct HostRemovalProof: Sendable {
    /// Everything that forbids it; what can be waived is in it too.
    public var blockers: [Blocker] = []
    /// What the operator should know besides.
    public var notes: [String] = []
    /// The hosts that have something of the cluster, in the order in which they were named.
    public var hosts: [HostName] = []
    /// Hosts that were removed before and still keep files of the cluster, in the order in which they were named.
    public var littered: [HostName] = []
    /// Those of `hosts` that are gone for good.
    public var gone: Set<HostName> = []
    /// Controllers that leave.
    public var controllers: [NodePlacement] = []
    /// How many must come for them.
    public var newControllers = 0
    /// Hosts that may carry a controller afterwards: those that stay, and were not taken out before though they are listed.
    public var staying: [HostName] = []

    /// Judges the removal of hosts.
    /// - Parameters:
    ///   - named: the hosts.
    ///   - areDead: whether the operator says that those that do not answer are gone for good.
    ///   - fleet: what is wanted.
    ///   - snapshot: what was seen.
    ///   - layout: the nodes of the cluster.
    ///   - emptied: hosts that were taken out before.
    ///   - remembering: hosts that keep files of the cluster.
    ///   - retired: the ids that were removed for good.
    ///   - nearest: the name among others that one was most likely meant as.
    public init(
        _ named: [HostName], areDead: Bool, fleet: FleetSpecification, snapshot: Snapshot, layout: ClusterLayout,
        emptied: Set<HostName>, remembering: Set<HostName> = [], retired: Set<NodeID> = [],
        nearest: (String, [String]) -> String? = { _, _ in nil }
    ) {
        let carrying = Set(layout.nodes.map(\.host))
        let known = carrying.union(fleet.hosts.map(\.host)).union(emptied)
        for host in named {
            if carrying.contains(host) {
                hosts.append(host)
            } else if emptied.contains(host), remembering.contains(host) {
                littered.append(host)
                notes.append("host \(host) was removed before; what it keeps of the cluster goes too")
            } else if emptied.contains(host) {
                notes.append("host \(host) was removed before")
            } else if known.contains(host) {
                notes.append("host \(host) has nothing of the cluster")
            } else {
                let names = known.sorted().map(\.rawValue)
                blockers.append(Self.unknown(host, names, near: nearest(host.rawValue, names)))
            }
        }
        for host in hosts { judge(host, areDead, snapshot, layout) }
        // Bootstrap takes containers of retired nodes off a host that carries nothing else.
        blockers += littered.compactMap { host in
            GrowthProof.returned(host, containers: snapshot.host(host)?.containers ?? [], retired: retired)
        }
        let leaving = Set(hosts)
        controllers = layout.controllers.filter { leaving.contains($0.host) }
        staying = fleet.hosts.map(\.host).filter { host in
            !leaving.contains(host) && (carrying.contains(host) || !emptied.contains(host))
                && snapshot.host(host)?.state == .ok
        }
        judgeQuorum(fleet, layout)
    }

    private static func unknown(_ host: HostName, _ names: [String], near: String?) -> Blocker {
        Blocker(
            code: "unknown-host", object: "host \(host)",
            reason: "it is no host of this cluster" + (near.map { "; did you mean \($0)?" } ?? ""),
            remedy: near.map { "gantry removehost \($0)" } ?? "name one of \(names.prefix(5).joined(separator: ", "))")
    }

    private mutating func judge(
        _ host: HostName, _ areDead: Bool, _ snapshot: Snapshot, _ layout: ClusterLayout
    ) {
        guard case .unreachable(let reason, let remedy)? = snapshot.host(host)?.state else {
            // Docker that is down is the proof's of its brokers to say.
            return
        }
        guard areDead else {
            blockers.append(
                Blocker(
                    code: "host-unreachable", object: "host \(host)",
                    reason: "what runs there can't be stopped and removed: \(reason)",
                    remedy: WaysOut.silent(host, remedy)))
            return
        }
        let brokers = layout.nodes(on: host).filter { $0.role == .broker }.map(\.id)
        guard let cluster = snapshot.cluster.value, let registered = cluster.brokers.value else { return }
        let serving = registered.filter { brokers.contains($0.id) && !$0.fenced }.map(\.id.description)
        if !serving.isEmpty {
            let one = serving.count == 1
            blockers.append(
                Blocker(
                    code: "host-not-dead", object: "host \(host)",
                    reason: "it does not answer here, and \(one ? "broker" : "brokers") "
                        + "\(serving.joined(separator: ", ")) \(one ? "serves" : "serve"): it is not gone",
                    remedy: "see that techhost and host reach each other: \(reason)"))
            return
        }
        gone.insert(host)
        guard !brokers.isEmpty, let silence = Silence(of: brokers, cluster).least, silence < ProveDead.silence else {
            return
        }
        let left = (ProveDead.silence - silence).components.seconds + 1
        blockers.append(
            Blocker(
                code: "host-not-dead", object: "host \(host)",
                reason:
                    "its brokers have been silent for \(silence.components.seconds) s only: one that restarts is back "
                    + "within \(ProveDead.silence.components.seconds) s",
                remedy: "the same command again in \(left) s"))
    }

    /// The quorum keeps its number as long as there are hosts for it: at most one controller a host.
    private mutating func judgeQuorum(_ fleet: FleetSpecification, _ layout: ClusterLayout) {
        guard !controllers.isEmpty else { return }
        let remaining = layout.controllers.count - controllers.count
        let free = staying.filter { host in !layout.controllers.contains { $0.host == host } }
        let wanted = min(fleet.cluster.controllers, layout.controllers.count)
        let missing = max(0, wanted - remaining)
        newControllers = min(missing, free.count)
        guard missing > free.count else { return }
        let after = remaining + newControllers
        let names = controllers.map(\.id.description).joined(separator: ", ")
        let reason =
            "no other host is left for controller \(names): the quorum would have \(counted(after, "voter")) instead of "
            + "\(layout.controllers.count)" + (after == 2 ? ", and stop when one of them does" : "")
        // Where the operator named no number it follows from the hosts.
        if fleet.cluster.controllersFollowHosts, after > 0 {
            notes.append(reason + "; a host more, by gantry addhost, gets one")
            return
        }
        blockers.append(
            Blocker(
                code: "controller-hosts", object: "controller \(names)", reason: reason,
                remedy: "list another host in virthosts and gantry addhost it"
                    + (after > 0 ? ", or --accept controller-hosts" : "")))
    }
}
