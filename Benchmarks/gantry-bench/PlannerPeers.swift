import FleetModel
import Glibc
import PlacementPlanning

/// The instances on which other planners are compared, and the evaluator that judges all of them alike.
enum PlannerPeers {
    private struct Peer {
        var family: ClusterFamily
        var event: PlacementEvent
        var leaving: [Int] = []
    }

    private static func peer(_ name: String) -> Peer? {
        switch name {
        case "12x1k-drain":
            Peer(
                family: ClusterFamily(name: name, brokers: 12, partitions: 1000, topics: 20, sizes: .zipf(5), racks: 4),
                event: .drain(brokers: NodeID.ids(1...1), onto: .all), leaving: [1])
        case "40x4k-drain":
            Peer(
                family: ClusterFamily(name: name, brokers: 40, partitions: 4000, topics: 80, sizes: .zipf(5), racks: 4),
                event: .drain(brokers: NodeID.ids(1...2), onto: .all), leaving: [1, 2])
        case "100-to-110x20k":
            Peer(
                family: ClusterFamily(
                    name: name, brokers: 100, partitions: 20_000, topics: 400, sizes: .zipf(5), racks: 5, added: 10),
                event: .rebalance(among: .all))
        case "1000-to-1050x200k":
            Peer(
                family: ClusterFamily(
                    name: name, brokers: 1000, partitions: 200_000, topics: 2000, sizes: .zipf(5), racks: 10, added: 50),
                event: .rebalance(among: .all))
        default: nil
        }
    }

    /// `planner-instance|planner-leaving|planner-targets|planner-judge NAME …`.
    static func run(_ command: String, _ arguments: [String]) throws {
        guard let name = arguments.first, let peer = peer(name) else {
            print("usage: gantry-bench \(command) 12x1k-drain|40x4k-drain|100-to-110x20k|1000-to-1050x200k")
            return
        }
        let input = try peer.family.input(seed: 1)
        switch command {
        case "planner-instance": print(String(decoding: SnapshotFile.write(input), as: UTF8.self), terminator: "")
        case "planner-leaving": print(peer.leaving.map(String.init).joined(separator: ","))
        case "planner-targets":
            let ids = input.brokers.map { Int($0.id.rawValue) }.filter { !peer.leaving.contains($0) }
            print(ids.map(String.init).joined(separator: ","))
        default: try judge(peer, input, Array(arguments.dropFirst()))
        }
    }

    private static func judge(_ peer: Peer, _ input: PlacementInput, _ arguments: [String]) throws {
        var lists: [TopicPartition: [NodeID]] = [:]
        var (planner, took) = ("gantry", Int64(0))
        if arguments.count == 3 {
            guard let file = fopen(arguments[0], "r") else { return }
            defer { fclose(file) }
            var bytes: [UInt8] = []
            var buffer = [UInt8](repeating: 0, count: 1 << 16)
            while case let count = fread(&buffer, 1, buffer.count, file), count > 0 { bytes += buffer[..<count] }
            for row in try KafkaFiles.reassignment(bytes) { lists[row.partition] = row.replicas }
            (planner, took) = (arguments[1], Int64(arguments[2]) ?? 0)
        } else {
            let clock = ContinuousClock()
            let began = clock.now
            let plan = try Planner.plan(input, peer.event)
            took = (clock.now - began).milliseconds
            for change in plan.changes { lists[change.partition] = change.to }
        }
        print(row(peer, input, lists, planner, took).text())
    }

    private static func row(
        _ peer: Peer, _ input: PlacementInput, _ lists: [TopicPartition: [NodeID]], _ planner: String, _ took: Int64
    ) -> JSONValue {
        var load: [NodeID: Int64] = [:]
        var led: [NodeID: Int] = [:]
        let rack = Dictionary(uniqueKeysWithValues: input.brokers.map { ($0.id, $0.rack ?? "") })
        var (bytes, moves, sharing): (Int64, Int, Int) = (0, 0, 0)
        for index in 0..<input.partitionCount {
            let old = input.replicas(of: index)
            let new = lists[input.partition(index)] ?? old
            let size = input.size(of: index).bytes
            for id in new {
                load[id, default: 0] += size
                if !old.contains(id) { (bytes, moves) = (bytes + size, moves + 1) }
            }
            if Set(new.map { rack[$0] ?? "" }).count < new.count { sharing += 1 }
            if let leader = new.first { led[leader, default: 0] += 1 }
        }
        let staying = input.brokers.map(\.id).filter { !peer.leaving.contains(Int($0.rawValue)) }
        let loads = staying.map { load[$0] ?? 0 }
        let leaders = staying.map { led[$0] ?? 0 }
        let mean = max(1, loads.reduce(0, +) / Int64(max(1, loads.count)))
        let bound = lowerBounds(input, peer.event)
        func ratio(_ a: Int64, _ b: Int64) -> JSONValue { .number(Double(a * 1000 / max(1, b)) / 1000) }
        return .object(
            JSONObject([
                ("instance", .string(peer.family.name)), ("planner", .string(planner)), ("plan_ms", .integer(took)),
                ("moves", JSONValue(moves)), ("bytes_to_bound", ratio(bytes, bound.bytes.bytes)),
                ("most_to_mean", ratio(loads.max() ?? 0, mean)), ("least_to_mean", ratio(loads.min() ?? 0, mean)),
                ("leaders_most", JSONValue(leaders.max() ?? 0)), ("leaders_fewest", JSONValue(leaders.min() ?? 0)),
                ("lists_sharing_racks", JSONValue(sharing)),
                (
                    "left_on_leaving",
                    JSONValue(
                        peer.leaving.reduce(0) { count, id in
                            count + (NodeID(rawValue: Int32(id)).flatMap { load[$0] } ?? 0 > 0 ? 1 : 0)
                        })
                ),
            ]))
    }
}
