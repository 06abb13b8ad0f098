import FleetModel
import Testing

@Suite struct PartitionTableTests {
    private func table() -> PartitionTable {
        var table = PartitionTable()
        table.beginTopic(TopicObservation(name: "orders"))
        table.append(partition: 0, leader: 1, replicas: [1, 2], inSync: [1, 2])
        table.append(partition: 2, leader: 2, replicas: [2, 1], inSync: [2])
        table.beginTopic(TopicObservation(name: "payments"))
        table.append(partition: 0, leader: 1, replicas: [1], inSync: [1])
        return table
    }

    private func sizes(_ table: PartitionTable) -> [Int64?] { table.rows.map { $0.size?.bytes } }

    private func log(_ topic: String, _ partition: Int32, _ bytes: Int64) -> (TopicPartition, ByteCount) {
        (TopicPartition(topic: topic, partition: partition), ByteCount(bytes))
    }

    @Test func `no partition has a size before sizes were read`() {
        #expect(sizes(table()) == [nil, nil, nil])
    }

    @Test func `a partition has the size of its largest replica`() {
        var table = table()
        table.setSizes([log("orders", 0, 10), log("orders", 0, 30), log("orders", 0, 20), log("payments", 0, 0)])
        #expect(sizes(table) == [30, nil, 0])
    }

    @Test func `a partition is found where numbers have gaps, and never in a neighbouring topic`() {
        var table = table()
        table.setSizes([log("orders", 2, 7), log("orders", 1, 99), log("payments", -1, 98), log("payments", 1, 97)])
        #expect(sizes(table) == [nil, 7, nil])
    }

    @Test func `a topic that is not in the table is passed over`() {
        var table = table()
        table.setSizes([log("gone", 0, 5), log("orders", .max, 6), log("orders", .min, 6)])
        #expect(sizes(table) == [nil, nil, nil])
    }
}
