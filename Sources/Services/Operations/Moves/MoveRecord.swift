public import FleetModel
import OperationModel

/// Where the journal keeps what moves have in force.
public enum MoveMemory {
    /// The value's name; the value is empty, or not there, where all was taken back.
    public static func key(of cluster: ClusterName) -> String { "moves/\(cluster)" }
}

/// What must be known to leave no trace of moving data: kept in the journal before the first change, until the last one is
/// taken back. Settings that somebody had set are put back as they were; what others set meanwhile is left alone.
struct MoveRecord: Hashable, Codable {
    /// A broker's own rates before; nil where it had none.
    struct BrokerBefore: Hashable, Codable {
        var broker: NodeID
        var leader: String?
        var follower: String?
    }

    /// A topic's lists before, and the partitions whose entries are ours.
    struct TopicBefore: Hashable, Codable {
        var topic: String
        var partitions: [Int32]
        var leader: String?
        var follower: String?
    }

    var brokers: [BrokerBefore] = []
    var topics: [TopicBefore] = []
    /// Every rate that was set, in bytes a second: another value is somebody else's.
    var rates: [Int64] = []
    /// Ways of partitions that were planned anew, which the operation's plan does not know.
    var replanned: [MoveOrder.Route] = []

    var isEmpty: Bool { self == MoveRecord() }

    /// Its name in the journal.
    static func key(of cluster: ClusterName) -> String { MoveMemory.key(of: cluster) }

    /// The record that an earlier worker left; an empty one where it left none.
    static func load(_ context: StepContext) async throws(StepFailure) -> MoveRecord {
        do {
            guard let text = try await context.world.memory.value(key(of: context.cluster)), !text.isEmpty else {
                return MoveRecord()
            }
            return try JSONValue(parsing: text).decoded()
        } catch {
            throw failure("reading what moves have changed", error)
        }
    }

    /// Keeps it; a text without anything once all is taken back.
    func save(_ context: StepContext) async throws(StepFailure) {
        do {
            let text = isEmpty ? "" : try JSONValue(encoding: self).sorted.text()
            try await context.world.memory.setValue(text, for: Self.key(of: context.cluster))
        } catch {
            throw Self.failure("recording what moves change", error)
        }
    }

    private static func failure(_ what: String, _ error: any Error) -> StepFailure {
        StepFailure(
            code: "journal", what: what, object: "the journal", reason: "\(error)",
            remedy: "see that the state directory can be written, then gantry operation resume")
    }
}
