import FleetModel
import PlacementPlanning

/// The command that is to be planned, as typed after `gantry plan`.
enum PlanRequest: Hashable, Sendable {
    case removeBrokers([NodeID], IDRange?)
    case removeHosts([HostName], IDRange?)
    case rebalance(IDRange?)
    case replaceBroker(NodeID, NodeID)
    case replicationFactor(Int, [String])
    case repairSpread
    case leaders

    /// FIRST to LAST.
    struct IDRange: Hashable, Sendable {
        var first: NodeID
        var last: NodeID
    }

    /// The commands that the planner knows by itself.
    static let names = [
        "removebroker", "removehost", "rebalance", "replacebroker", "replicationfactor", "repairspread", "leaders",
    ]

    init(_ words: [String], help: String) throws(CommandError) {
        var rest = Array(words.dropFirst())
        func next<Value: ArgumentValue>(_ type: Value.Type, _ name: String) throws(CommandError) -> Value {
            guard !rest.isEmpty else { throw .usage("\(name) is missing", next: help) }
            let text = rest.removeFirst()
            guard let value = Value(argument: text) else {
                throw .usage("'\(text)' is not \(name)", reason: "wants \(Value.expectation)", next: help)
            }
            return value
        }
        func range() throws(CommandError) -> IDRange? {
            guard !rest.isEmpty else { return nil }
            let (first, last) = (try next(NodeID.self, "FIRST"), try next(NodeID.self, "LAST"))
            guard first <= last else { throw .usage("the range \(first) to \(last) is backwards", next: help) }
            return IDRange(first: first, last: last)
        }
        switch words.first ?? "" {
        case "removebroker": self = .removeBrokers(try next(NodeIDList.self, "ID[,ID…]").ids, try range())
        case "removehost": self = .removeHosts(try next(HostList.self, "HOST[,HOST…]").hosts, try range())
        case "rebalance": self = .rebalance(try range())
        case "replacebroker": self = .replaceBroker(try next(NodeID.self, "OLD"), try next(NodeID.self, "NEW"))
        case "replicationfactor":
            self = .replicationFactor(try next(Count.self, "COUNT").value, rest)
            rest = []
        case "repairspread": self = .repairSpread
        case "leaders": self = .leaders
        case let word where PlannedCommand.names.contains(word):
            throw .usage(
                "'\(word)' is planned on the running cluster alone, without options of the planner",
                reason: "its steps are about hosts, of which a snapshot knows nothing",
                next: word.hasPrefix("add")
                    ? "list the new brokers in the snapshot, without replicas: gantry plan rebalance --snapshot FILE"
                    : "gantry plan \(word)")
        default:
            throw .usage(
                "'\(words.first ?? "")' can't be planned",
                reason: "wants one of \((Self.names + [ReassignmentCheck.name]).joined(separator: ", "))",
                next: help)
        }
        if let extra = rest.first { throw .usage("'\(extra)' is one argument too many", next: help) }
    }

    /// What is asked of the planner.
    /// - Throws: status 4 for hosts and ranges without brokers.
    func event(in input: PlacementInput) throws(CommandError) -> PlacementEvent {
        switch self {
        case .removeBrokers(let ids, let range):
            return .drain(brokers: ids, onto: try Self.selection(range, input, leaving: ids))
        case .removeHosts(let hosts, let range):
            var ids: [NodeID] = []
            for host in hosts {
                let own = input.brokers.filter { $0.host == host.rawValue }.map(\.id)
                guard !own.isEmpty else {
                    throw CommandError(
                        "unknown-host", "no broker runs on this host", object: "host \(host)",
                        next: "name a host of the snapshot", exit: .refused)
                }
                ids += own
            }
            return .drain(brokers: ids, onto: try Self.selection(range, input, leaving: ids))
        case .rebalance(let range): return .rebalance(among: try Self.selection(range, input, leaving: []))
        case .replaceBroker(let old, let new): return .replace(old: old, new: new)
        case .replicationFactor(let factor, let topics):
            return .replicationFactor(topics: topics.isEmpty ? .all : .only(topics), factor: factor)
        case .repairSpread: return .repairSpread
        case .leaders: return .leaders
        }
    }

    /// Ids that are named in a note about a range.
    private static let named = 5

    /// What the operator should know of how the request is taken: ids of a range that no broker has.
    func notes(in input: PlacementInput) -> [String] {
        let range: IDRange?
        switch self {
        case .removeBrokers(_, let onto), .removeHosts(_, let onto), .rebalance(let onto): range = onto
        case .replaceBroker, .replicationFactor, .repairSpread, .leaders: range = nil
        }
        guard let range else { return [] }
        let present = Set(input.brokers.map(\.id.rawValue))
        let absent = (range.first.rawValue...range.last.rawValue).lazy.filter { !present.contains($0) }
        let shown = Array(absent.prefix(Self.named + 1))
        guard !shown.isEmpty else { return [] }
        let names = shown.prefix(Self.named).map(String.init).joined(separator: ", ")
        let noun = shown.count == 1 ? "no broker \(names): it is" : "no brokers \(names)"
        let rest = shown.count == 1 ? "" : shown.count > Self.named ? " and others: they are" : ": they are"
        return ["the range \(range.first) to \(range.last) has \(noun)\(rest) left out"]
    }

    /// The brokers of a range that there are; those that leave are no targets.
    private static func selection(
        _ range: IDRange?, _ input: PlacementInput, leaving: [NodeID]
    ) throws(CommandError) -> BrokerSelection {
        guard let range else { return .all }
        let ids = input.brokers.map(\.id).filter {
            $0 >= range.first && $0 <= range.last && !leaving.contains($0)
        }
        guard !ids.isEmpty else {
            throw CommandError(
                "range", "the range \(range.first) to \(range.last) has no broker that could receive",
                next: "name a range with brokers of the cluster", exit: .refused)
        }
        return .only(ids)
    }
}
