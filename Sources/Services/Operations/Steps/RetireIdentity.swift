public import FleetModel
import Observation
public import OperationModel

/// Takes nodes out of what is wanted and retires their ids for good: in the journal, and on every host, so that a techhost
/// that lost its journal brings none of them back.
public struct RetireIdentity: ClusterStep {
    /// Names the type in plans.
    public static let kind = "retire"
    /// The nodes.
    public var nodes: [NodeID]
    /// Hosts that carry nothing from now on although they are listed: bootstrap gives them no brokers again.
    public var emptied: [HostName]
    /// The nodes that remain.
    public var layout: ClusterLayout
    /// The hosts that keep the memory.
    public var hosts: [HostName]

    /// Retires `nodes`; `layout` is what remains.
    public init(nodes: [NodeID], emptied: [HostName], layout: ClusterLayout, hosts: [HostName]) {
        self.nodes = nodes
        self.emptied = emptied
        self.layout = layout
        self.hosts = hosts
    }

    /// The nodes' ids.
    public var object: String { nodes.map(\.description).joined(separator: ",") }
    /// As people write it.
    public var subject: String { "node \(object)" }
    /// One line for people.
    public var title: String { "retire id \(object) in the journal and on \(counted(hosts.count, "host"))" }

    /// Whether the journal knows it; hosts that missed it are told again with the next change.
    public func probe(_ context: StepContext) async throws(StepFailure) -> Probe {
        let memory = try await memory(context)
        let stored = try? await context.world.memory.value(LayoutMemory.key(of: context.cluster))
        let isStored = stored != nil && stored == (try? LayoutMemory.text(layout))
        guard isStored, memory == memory.adding(nodes, emptied) else { return .needed }
        return .satisfied(nil)
    }

    /// Tells the hosts first and the journal last: where the journal knows it, all that could be told have been.
    public func apply(_ context: StepContext) async throws(StepFailure) -> String? {
        let memory = try await memory(context).adding(nodes, emptied)
        let unreached = await mapBounded(hosts, width: Observer.width) { host in
            await tell(host, memory, context) ? nil : host
        }.compactMap { $0 }
        do {
            try await context.world.memory.setValue(memory.text(), for: RetiredMemory.key(of: context.cluster))
            try await context.world.memory.setValue(
                LayoutMemory.text(layout), for: LayoutMemory.key(of: context.cluster))
        } catch {
            throw journalFailure(error)
        }
        return unreached.isEmpty
            ? nil : "not told, for they do not answer: \(unreached.map(\.rawValue).joined(separator: ", "))"
    }

    private func tell(_ host: HostName, _ memory: RetiredMemory, _ context: StepContext) async -> Bool {
        let path = OnHostPath.retired(of: context.cluster)
        do throws(HostProblem) {
            let there = try await context.world.hosts.contents(of: path, on: host)
            let all = memory.adding(there.map { RetiredMemory(text: String(decoding: $0, as: UTF8.self)) })
            guard let retired = try? all.text(), let nodes = try? LayoutMemory.text(layout) else { return false }
            _ = try await context.world.hosts.place(
                [
                    FileToPlace(path: path, contents: Array((retired + "\n").utf8)),
                    FileToPlace(path: OnHostPath.layout(of: context.cluster), contents: Array((nodes + "\n").utf8)),
                ], on: host)
            return true
        } catch {
            return false
        }
    }

    private func memory(_ context: StepContext) async throws(StepFailure) -> RetiredMemory {
        do {
            return RetiredMemory(
                text: try await context.world.memory.value(RetiredMemory.key(of: context.cluster)) ?? "")
        } catch {
            throw journalFailure(error)
        }
    }

    private func journalFailure(_ error: any Error) -> StepFailure {
        StepFailure(
            code: "journal", what: title, object: subject, reason: "\(error)",
            remedy: "see that the state directory can be written, then gantry operation resume")
    }
}

/// What never comes back by itself: ids for good, hosts until an operation gives them nodes again.
/// In the journal and in `retired.json` of every host: `{"emptied": ["10.0.0.13"], "retired": [3, 5]}`.
public struct RetiredMemory: Hashable, Sendable {
    /// Ids that are never used again, ascending.
    public var ids: [NodeID] = []
    /// Hosts that an operation emptied, ascending.
    public var emptied: [HostName] = []

    /// Nothing.
    public init() {}

    /// Its name in the journal.
    public static func key(of cluster: ClusterName) -> String { "retired/\(cluster)" }

    /// What `text` says. Of a damaged one every number counts as an id: one too many retired does no harm.
    public init(text: some StringProtocol) {
        guard let value = try? JSONValue(parsing: String(text)), let object = value.object else {
            ids = Set(text.split(whereSeparator: { !$0.isNumber }).compactMap { NodeID($0) }).sorted()
            return
        }
        ids = Set(
            (object["retired"]?.array ?? []).compactMap { $0.integer }.compactMap {
                Int32(exactly: $0).flatMap(NodeID.init(rawValue:))
            }
        ).sorted()
        emptied = Set((object["emptied"]?.array ?? []).compactMap(\.string).compactMap(HostName.init(rawValue:)))
            .sorted()
    }

    /// As it is kept.
    public func text() throws -> String {
        JSONValue.object(
            JSONObject([
                ("emptied", .array(emptied.map { JSONValue($0) })), ("retired", .array(ids.map { JSONValue($0) })),
            ])
        ).text()
    }

    /// With these too.
    public func adding(_ ids: [NodeID], _ emptied: [HostName]) -> RetiredMemory {
        var result = self
        result.ids = Set(self.ids + ids).sorted()
        result.emptied = Set(self.emptied + emptied).sorted()
        return result
    }

    func adding(_ other: RetiredMemory?) -> RetiredMemory {
        // Which hosts are emptied is the journal's to say: a host may have been given brokers again since.
        adding(other?.ids ?? [], [])
    }
}
