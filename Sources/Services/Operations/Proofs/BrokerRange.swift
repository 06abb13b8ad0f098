public import FleetModel
public import HealthRules

/// FIRST to LAST, both included: the brokers that may receive.
public struct BrokerRange: Hashable, Sendable {
    /// The first id.
    public var first: NodeID
    /// The last one, not below the first.
    public var last: NodeID

    /// The ids of `range`.
    public init(_ range: ClosedRange<NodeID>) { (first, last) = (range.lowerBound, range.upperBound) }

    /// Ids of a range that are left out are named one by one up to this many.
    private static let most = 20

    /// What the range means for a cluster.
    public struct Reading: Hashable, Sendable {
        /// Brokers of the range that may receive.
        public var targets: [NodeID]
        /// What was left out and why, for people; nil where nothing was.
        public var note: String?
        /// Why nothing is left; nil where something is.
        public var blocker: Blocker?
    }

    /// Reads the range against the brokers there are.
    /// - Parameters:
    ///   - brokers: all registered brokers.
    ///   - leaving: those that leave.
    /// - Returns: targets, what was left out, and whether anything is left.
    public func read(_ brokers: [RegisteredBroker], leaving: Set<NodeID>) -> Reading {
        let known = Dictionary(brokers.map { ($0.id, $0) }, uniquingKeysWith: { a, _ in a })
        let inside = known.keys.filter { $0 >= first && $0 <= last }.sorted()
        let targets = inside.filter { !leaving.contains($0) && known[$0]?.fenced == false }
        var words = inside.compactMap { id -> String? in
            if leaving.contains(id) { return "\(id) is being removed" }
            return known[id]?.fenced == true ? "\(id) is dead" : nil
        }
        let missing = missing(inside)
        if !missing.isEmpty {
            words.append("\(missing) \(missing.contains(where: ",–".contains) ? "do" : "does") not exist")
        }
        let note = words.isEmpty ? nil : "left out of \(first)–\(last): \(words.joined(separator: ", "))"
        guard targets.isEmpty else { return Reading(targets: targets, note: note, blocker: nil) }
        return Reading(
            targets: [], note: note,
            blocker: Blocker(
                code: "range", object: "brokers \(first)–\(last)",
                reason: "none of them can receive: \(words.joined(separator: ", "))",
                remedy: "name a range with running brokers that stay, or none"))
    }

    /// Ids of the range that no broker has, runs of them as one.
    private func missing(_ present: [NodeID]) -> String {
        var runs: [String] = []
        var next = Int64(first.rawValue)
        func add(_ end: Int64) {
            guard next <= end, runs.count < Self.most else { return }
            runs.append(next == end ? "\(next)" : "\(next)–\(end)")
        }
        for id in present {
            add(Int64(id.rawValue) - 1)
            next = Int64(id.rawValue) + 1
        }
        add(Int64(last.rawValue))
        return runs.joined(separator: ", ")
    }
}
