import FleetModel
import OperationModel
import Testing

struct PlannedStateTests {
    private func state(
        _ lists: [String: [[Int32]]], fenced: Set<Int32> = [], brokers: [Int32] = [1, 2, 3]
    ) throws -> PlannedState {
        var table = PartitionTable()
        for (topic, replicas) in lists.sorted(by: { $0.key < $1.key }) {
            table.beginTopic(TopicObservation(name: topic))
            for (number, list) in replicas.enumerated() {
                table.append(partition: Int32(number), leader: list[0], replicas: list, inSync: list)
            }
        }
        let id = try #require(ClusterID(rawValue: "abc"))
        let registered = try brokers.map { id in
            RegisteredBroker(
                id: try #require(NodeID(rawValue: id)),
                endpoint: Endpoint(host: "h", port: 9092), rack: nil,
                fenced: fenced.contains(id))
        }
        let cluster = ClusterObservation(
            clusterID: id, controller: nil, brokers: .known(registered), quorum: .unknown(reason: ""),
            registeredControllers: .known([]), partitions: .known(table), reassignments: .known([]))
        let state = PlannedState(cluster, layout: ClusterLayout(clusterID: id, nodes: []))
        return try #require(state)
    }

    @Test func `what has changed is named, and canary topics are not`() throws {
        let then = try state(["a": [[1, 2], [2, 3]], "b": [[1, 2]], "__gantry-canary-1": [[1]]])
        #expect(try state(["a": [[1, 2], [2, 3]], "b": [[1, 2]]]).changes(since: then).isEmpty)
        let now = try state(["a": [[1, 2], [3, 2]], "c": [[1, 2]]], fenced: [3], brokers: [2, 3])
        #expect(
            now.changes(since: then).map { "\($0.object) \($0.change)" } == [
                "broker 1 is gone", "broker 3 does not serve any more",
                "topic a 1 list is another: partition 1 is on [3, 2], was on [2, 3]", "topic b is gone",
                "topic c is new",
            ])
        #expect(
            try state(["a": [[1, 2]], "b": [[1, 2]]]).changes(since: then).map(\.change) == [
                "has 1 partition, had 2"
            ])
    }
}
