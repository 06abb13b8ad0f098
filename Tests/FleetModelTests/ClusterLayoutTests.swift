import FleetModel
import Foundation
import Testing

private func fleet(
    _ hosts: [(String, Int)], racks: [String]? = nil, controllers: Int = 3, ports: PortSettings = PortSettings(),
    data: [String] = ["/data"]
) throws -> FleetSpecification {
    FleetSpecification(
        cluster: ClusterSpecification(
            name: try #require(ClusterName(rawValue: "orders")),
            version: KafkaVersion(major: 4, minor: 3, patch: 1), image: "kafka", controllers: controllers),
        hosts: try hosts.enumerated().map { index, host in
            HostSpecification(
                host: try #require(HostName(rawValue: host.0)), rack: racks?[index] ?? host.0, brokers: host.1,
                data: data, ports: ports)
        })
}

private func host(_ name: String) throws -> HostName { try #require(HostName(rawValue: name)) }
private func id(_ number: Int32) throws -> NodeID { try #require(NodeID(rawValue: number)) }
private let cluster = ClusterID(rawValue: "MkU3OEVBNTcwNTJENDM2Qg")

private func directory(_ node: NodeID) -> DirectoryID {
    let text = String(repeating: "A", count: 18 - node.description.count) + node.description + "AAAA"
    return DirectoryID(rawValue: text) ?? DirectoryID.zero
}

extension DirectoryID {
    fileprivate static var zero: DirectoryID {
        guard let id = DirectoryID(bytes: [UInt8](repeating: 0, count: 16)) else { fatalError("16 bytes are an id") }
        return id
    }
}

/// One line a node: what the tests compare.
private func lines(_ layout: ClusterLayout) -> [String] {
    layout.nodes.map { "\($0.role.rawValue) \($0.id) \($0.endpoint) \($0.dataDirectories.joined(separator: ","))" }
}

private func initial(
    _ fleet: FleetSpecification, retired: Set<NodeID> = [], occupied: [HostName: Set<UInt16>] = [:]
) throws -> ClusterLayout {
    try ClusterLayout.initial(
        for: fleet, clusterID: try #require(cluster), directoryIDs: directory, retired: retired,
        occupiedPorts: occupied)
}

@Test func `brokers are numbered from 1 in the order of virthosts and controllers from 9001`() throws {
    let layout = try initial(
        try fleet([("10.0.0.13", 2), ("10.0.0.11", 1), ("10.0.0.12", 1)], data: ["/disk1", "/disk2"]))
    #expect(
        lines(layout) == [
            "broker 1 10.0.0.13:9092 /disk1/orders/1,/disk2/orders/1",
            "broker 2 10.0.0.13:9093 /disk1/orders/2,/disk2/orders/2",
            "broker 3 10.0.0.11:9092 /disk1/orders/3,/disk2/orders/3",
            "broker 4 10.0.0.12:9092 /disk1/orders/4,/disk2/orders/4",
            "controller 9001 10.0.0.13:19092 /disk1/orders/9001",
            "controller 9002 10.0.0.11:19092 /disk1/orders/9002",
            "controller 9003 10.0.0.12:19092 /disk1/orders/9003",
        ])
    let directories = try [9001, 9002, 9003].map { directory(try id($0)) }
    #expect(layout.controllers.map(\.directoryID) == directories)
    #expect(layout.brokers.allSatisfy { $0.directoryID == nil })
    #expect(
        layout.initialControllers
            == "9001@10.0.0.13:19092:AAAAAAAAAAAAAA9001AAAA,9002@10.0.0.11:19092:AAAAAAAAAAAAAA9002AAAA,"
            + "9003@10.0.0.12:19092:AAAAAAAAAAAAAA9003AAAA")
}

@Test func `controllers are spread over racks before a rack gets a second one`() throws {
    let layout = try initial(
        try fleet([("a1", 1), ("a2", 1), ("b1", 1), ("b2", 1), ("c1", 1)], racks: ["a", "a", "b", "b", "c"]))
    #expect(layout.controllers.map(\.host.rawValue) == ["a1", "b1", "c1"])
}

@Test func `more controllers than hosts are refused with a number that works`() throws {
    let wanted = try fleet([("a", 1), ("b", 1), ("c", 1), ("d", 1)], controllers: 5)
    let error = #expect(throws: LayoutError.self) { try initial(wanted) }
    #expect(error?.code == "controller-hosts")
    #expect(error?.remedy == "set cluster.controllers to 3, or list more hosts in virthosts")
    let two = try fleet([("a", 1), ("b", 1)], controllers: 3)
    #expect(throws: LayoutError.controllerHosts(wanted: 3, hosts: 2)) { try initial(two) }
    #expect(LayoutError.controllerHosts(wanted: 3, hosts: 2).remedy.hasPrefix("set cluster.controllers to 1"))
}

@Test func `an occupied port is passed over for the next free one`() throws {
    let layout = try initial(
        try fleet([("a", 3)], controllers: 1), occupied: [try host("a"): [9092, 9094, 19092]])
    #expect(layout.nodes.map(\.port) == [9093, 9095, 9096, 19093])
}

@Test func `ports that run out are an error and not a wrong number`() throws {
    let last = try fleet([("a", 2)], controllers: 1, ports: PortSettings(broker: 65535, controller: 19092))
    #expect(throws: LayoutError.noFreePort(host: try host("a"), role: .broker, first: 65535)) { try initial(last) }
}

@Test func `a retired id never comes back, also when it was the highest`() throws {
    let layout = try initial(
        try fleet([("a", 2)], controllers: 1), retired: [try id(1), try id(3), try id(9001)])
    #expect(layout.nodes.map(\.id.rawValue) == [4, 5, 9002])
}

@Test func `a second run changes nothing`() throws {
    let wanted = try fleet([("a", 2), ("b", 1), ("c", 4)])
    let layout = try initial(wanted)
    #expect(try layout.extended(for: wanted, directoryIDs: directory) == layout)
}

@Test func `a host that joins gets new ids and the existing nodes stay as they are`() throws {
    let before = try initial(try fleet([("a", 2), ("b", 1)], controllers: 1))
    let wanted = try fleet([("a", 7), ("c", 2), ("b", 1)])
    let after = try before.extended(for: wanted, directoryIDs: directory)
    #expect(before.nodes.allSatisfy(after.nodes.contains))
    #expect(
        lines(after).filter { !lines(before).contains($0) } == [
            "broker 4 c:9092 /data/orders/4", "broker 5 c:9093 /data/orders/5",
            "controller 9002 c:19092 /data/orders/9002", "controller 9003 b:19092 /data/orders/9003",
        ])
}

@Test func `a host that an operation emptied gets nothing back by itself`() throws {
    let wanted = try fleet([("a", 1), ("b", 1)], controllers: 1)
    let layout = try ClusterLayout(clusterID: try #require(cluster))
        .extended(for: wanted, except: [try host("b")], directoryIDs: directory)
    #expect(layout.brokers.map(\.host.rawValue) == ["a"])
}

@Test func `more brokers of a host take the ports after its own`() throws {
    let wanted = try fleet([("a", 2), ("b", 1)], controllers: 1)
    let after = try initial(wanted).extended(
        for: wanted, moreBrokers: [try host("a"): 2], controllers: 1, directoryIDs: directory)
    #expect(
        after.nodes(on: try host("a")).map { "\($0.id):\($0.port)" } == [
            "1:9092", "2:9093", "4:9094", "5:9095", "9001:19092",
        ])
    #expect(throws: LayoutError.unknownHost(try host("z"))) {
        try after.extended(for: wanted, moreBrokers: [try host("z"): 1], controllers: 1, directoryIDs: directory)
    }
}

@Test func `ids run out at Kafka's largest number without a trap`() throws {
    let wanted = try fleet([("a", 1)], controllers: 1)
    #expect(throws: LayoutError.noFreeID(role: .controller)) { try initial(wanted, retired: [try id(.max)]) }
}

@Test func `a layout survives its JSON`() throws {
    let layout = try initial(try fleet([("a", 2)], controllers: 1))
    let json = try JSONEncoder().encode(layout)
    #expect(try JSONDecoder().decode(ClusterLayout.self, from: json) == layout)
}

@Test func `names and paths of a node are those of the contract`() throws {
    let layout = try initial(try fleet([("a", 2)], controllers: 1))
    let orders = try #require(ClusterName(rawValue: "orders"))
    let node = try #require(layout.node(try id(2)))
    #expect(node.port == 9093)
    #expect(OnHostPath.properties(of: node.id, cluster: orders) == "/opt/kafka-docker/orders/2.properties")
    #expect(ContainerName.container(of: node, cluster: orders) == "orders-broker-2")
    #expect(OnHostPath.dataDirectory(of: node.id, cluster: orders, under: "/") == "/orders/2")
}
