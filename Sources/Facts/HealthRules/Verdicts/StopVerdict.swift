public import FleetModel

/// Whether nodes may be stopped now, as a restart or an operator would stop them: a pure judgement of what was seen.
///
/// A broker may go when every partition that it is in sync for keeps more than its effective `min.insync.replicas` in-sync
/// replicas; a controller when a majority of all voters remains that has caught up. What no waiting can make safe (a
/// replication factor without a replica to spare, a quorum without a vote to spare) is asked about instead.
public struct StopVerdict: Hashable, Sendable {
    /// Why not; each kind once.
    public var causes: [Cause]

    /// A verdict with these causes.
    public init(causes: [Cause]) { self.causes = causes }

    /// One kind of reason with all that it is about.
    public struct Cause: Hashable, Sendable {
        /// The stable code of the blocker that it is.
        public var code: Code
        /// The nodes whose stop it is about, ascending.
        public var nodes: [NodeID]
        /// The partitions that it is about; empty where it is about none.
        public var partitions: [TopicPartition]
        /// More in words, where the code does not say it all.
        public var detail: String
        /// Whether nothing is amiss and only too many would go at once: no waiting helps then.
        public var isTooMany: Bool
        /// How brokers that are away, and whose replicas are lacking, come back: a part of a sentence each.
        public var waysBack: [String]

        /// A cause of these parts.
        public init(
            _ code: Code, nodes: [NodeID], partitions: [TopicPartition] = [], detail: String = "",
            isTooMany: Bool = false, waysBack: [String] = []
        ) {
            self.waysBack = waysBack
            self.code = code
            self.nodes = nodes
            self.partitions = partitions
            self.detail = detail
            self.isTooMany = isTooMany
        }
    }

    /// The kinds of reasons, in the order in which they are shown.
    public enum Code: String, Hashable, Sendable, CaseIterable {
        /// Kafka, or a part of it, could not be seen.
        case unknown = "unknown"
        /// Another cluster answers.
        case otherCluster = "cluster-id-mismatch"
        /// Partitions would have fewer in-sync replicas than producers with acks=all need.
        case isrAtMinimum = "isr-at-minimum"
        /// Partitions without a replica to spare already lack one.
        case isrNotWhole = "isr-not-whole"
        /// The broker runs and does not serve yet: it may be recovering its logs.
        case recovering = "broker-recovering"
        /// Too few of the other voters have caught up.
        case quorumMajority = "quorum-majority"
        /// Partitions whose replication factor leaves no replica to spare: they wait while the broker is away.
        case noSpareReplica = "no-spare-replica"
        /// A quorum without a vote to spare: nothing can be changed while the controller is away.
        case noSpareController = "no-spare-controller"

        /// Whether the operator is asked instead of refused.
        public var isWaivable: Bool { self == .noSpareReplica || self == .noSpareController }
    }

    /// Whether nothing at all is in the way.
    public var isClear: Bool { causes.isEmpty }
    /// Whether it can't be told.
    public var isUnknown: Bool { causes.contains { $0.code == .unknown } }
    /// Each cause as a blocker.
    public var blockers: [Blocker] { causes.map(\.blocker) }

    /// This verdict with the causes of `other`, each kind once.
    public func joined(_ other: StopVerdict) -> StopVerdict {
        StopVerdict(
            causes: Code.allCases.compactMap { code in
                let same = (causes + other.causes).filter { $0.code == code }
                guard var cause = same.first else { return nil }
                cause.nodes = Set(same.flatMap(\.nodes)).sorted()
                cause.partitions = Set(same.flatMap(\.partitions)).sorted()
                cause.isTooMany = same.allSatisfy(\.isTooMany)
                cause.waysBack = Set(same.flatMap(\.waysBack)).sorted()
                let details = same.map(\.detail).filter { !$0.isEmpty }
                cause.detail = details.enumerated().filter { details.firstIndex(of: $0.element) == $0.offset }
                    .map(\.element).joined(separator: "; ")
                return cause
            })
    }
}

extension StopVerdict.Cause {
    /// Partitions that are named as examples.
    private static let examples = 5

    /// The cause as what forbids an operation: `broker 3`, `brokers 3, 4`.
    public var blocker: Blocker {
        let isAboutControllers = code == .quorumMajority || code == .noSpareController
        let noun = isAboutControllers ? "controller" : "broker"
        let names = nodes.map(\.description).joined(separator: ", ")
        let object = nodes.isEmpty ? "the cluster" : "\(noun)\(nodes.count == 1 ? "" : "s") \(names)"
        let about = partitions.isEmpty ? nodes.map(\.description) : partitions.map(\.description)
        return Blocker(
            code: code.rawValue, object: object, reason: reason, remedy: remedy, count: max(1, about.count),
            examples: Array(about.prefix(Self.examples)))
    }

    private var shown: String {
        let names = partitions.prefix(Self.examples).map(\.description).joined(separator: ", ")
        return "\(counted(partitions.count, "partition")) (\(names)\(partitions.count > Self.examples ? ", …" : ""))"
    }

    private var reason: String {
        let (it, isAway) = nodes.count == 1 ? ("it", "it is away") : ("them", "they are away")
        return switch code {
        case .unknown, .otherCluster: detail
        case .isrAtMinimum:
            "without \(it) \(shown) would have fewer in-sync replicas than min.insync.replicas: producers would be refused"
        case .isrNotWhole:
            "\(shown) without a replica to spare already lack one: without \(it) they could lose their leader"
        case .recovering: "running and not serving yet: recovering logs, perhaps"
        case .quorumMajority: "without \(it) the quorum would have no majority that has caught up: \(detail)"
        case .noSpareReplica:
            "\(shown) have no more replicas than min.insync.replicas: producers with acks=all wait while \(isAway)"
        case .noSpareController: "\(detail): the cluster's metadata stand still while \(isAway)"
        }
    }

    private var remedy: String {
        switch code {
        case _ where isTooMany: "stop fewer of them at once"
        case .unknown: "gantry clusterstatus says more"
        case .otherCluster: "check virthosts in defaults.cfg: these hosts or ports carry another cluster"
        case .isrAtMinimum where !waysBack.isEmpty, .isrNotWhole where !waysBack.isEmpty:
            waysBack.joined(separator: "; ")
                + "; then wait until all replicas are in sync: gantry clusterstatus shows them"
        case .isrAtMinimum, .isrNotWhole: "wait until their replicas are in sync: gantry clusterstatus shows them"
        case .recovering: "wait until it serves: gantry clusterstatus shows it"
        case .quorumMajority: "bring the other controllers up first: gantry clusterstatus shows them"
        case .noSpareReplica: "--accept \(code.rawValue), or give these topics more replicas first"
        case .noSpareController: "--accept \(code.rawValue), or have three controllers"
        }
    }
}
