import FleetModel
import PlacementPlanning

/// Sebastiano Vigna's SplitMix64: the same numbers from the same seed on every machine.
struct SplitMix: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }

    /// 0 ..< bound.
    mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(max(1, bound))) }

    /// 0 ..< 1.
    mutating func unit() -> Double { Double(next() >> 11) * 0x1p-53 }
}

/// How partition sizes are spread.
enum SizeFamily: Hashable, Sendable {
    /// The r-th largest has 1 / r^(s/10) of the largest; s in tenths.
    case zipf(Int)
    /// 2^(k of n coin tosses): a log-normal shape without a logarithm.
    case lognormal
    /// One in a hundred has 500 GB, the others 50 MB.
    case bimodal
    /// 10 MB each.
    case tiny
    /// Like zipf(5), and one partition larger than a fair broker.
    case giant

    func sizes(_ count: Int, _ random: inout SplitMix) -> [Int64] {
        var sizes: [Int64]
        switch self {
        case .zipf(let tenths):
            sizes = (0..<count).map { Int64(2e12 / Self.power(Double($0 + 1), tenths)) / 1000 }
        case .lognormal:
            sizes = (0..<count).map { _ in
                var size = 1e6
                for _ in 0..<14 { size *= random.unit() < 0.5 ? 1.0 : 2.0 }
                return Int64(size * (0.5 + random.unit()))
            }
        case .bimodal: sizes = (0..<count).map { _ in random.below(100) == 0 ? 500_000_000_000 : 50_000_000 }
        case .tiny: sizes = [Int64](repeating: 10_000_000, count: count)
        case .giant:
            sizes = SizeFamily.zipf(5).sizes(count, &random)
            sizes[0] = sizes.reduce(0, +) / 2
            return sizes
        }
        sizes.shuffle(using: &random)
        return sizes
    }

    /// x^(tenths/10) by square roots: no libm.
    private static func power(_ x: Double, _ tenths: Int) -> Double {
        // tenths/10 in 2⁻²⁰ steps, multiplied up from repeated square roots.
        var whole = tenths / 10
        var result = 1.0
        while whole > 0 {
            result *= x
            whole -= 1
        }
        var fraction = Double(tenths % 10) / 10
        var root = x
        for _ in 0..<20 {
            root = root.squareRoot()
            fraction *= 2
            if fraction >= 1 {
                result *= root
                fraction -= 1
            }
        }
        return result
    }
}

/// A synthetic cluster: what it is made of, then `input(seed:)`.
struct ClusterFamily: Sendable {
    var name: String
    var brokers: Int
    var partitions: Int
    var topics = 100
    var factor: ClosedRange<Int> = 3...3
    var sizes = SizeFamily.zipf(8)
    var racks = 3
    var brokersPerHost = 1
    /// Racks of 6 : 3 : 1 instead of equal ones.
    var unevenRacks = false
    /// Disks of 16 : 8 : 4 TB, weights and ports to match.
    var mixedDisks = false
    /// Brokers without any replica, added at the end.
    var added = 0
    /// Replicas laid out without regard to bytes or counts.
    var skewed = false
    /// Share of all disks that is used, per cent; 0: no capacity is known.
    var full = 0

    func rack(_ broker: Int) -> String? {
        if racks == 0 { return nil }
        if unevenRacks { return ["a", "a", "a", "a", "a", "a", "b", "b", "b", "c"][(broker / brokersPerHost) % 10] }
        return "r\((broker / brokersPerHost) % racks)"
    }

    /// The cluster; new brokers have the last ids.
    func input(seed: UInt64) throws -> PlacementInput {
        var random = SplitMix(seed: seed)
        let bytes = sizes.sizes(partitions, &random)
        let total = brokers + added
        let weights = (0..<total).map { mixedDisks ? [4000, 2000, 1000][$0 % 3] : Int64(1000) }
        let unit = weights.prefix(brokers).reduce(0, +)
        let factors = (0..<topics).map { _ in factor.lowerBound + random.below(factor.count) }
        let replicas = (0..<partitions).map { factors[$0 % topics] }
        let stored = zip(bytes, replicas).reduce(Int64(0)) { $0 + $1.0 * Int64($1.1) }
        var builder = PlacementInput.Builder()
        for broker in 0..<total {
            var capacity: ByteCount?
            if full > 0 { capacity = ByteCount(stored / Int64(full) * 100 / unit * weights[broker]) }
            guard let id = NodeID(rawValue: Int32(broker + 1)) else { continue }
            builder.add(
                PlanningBroker(
                    id: id, host: "h\(broker / brokersPerHost)",
                    rack: rack(broker), weight: weights[broker], capacity: capacity,
                    uplink: BytesPerSecond(100_000_000), downlink: BytesPerSecond(100_000_000)))
        }
        let order = alternating(random: &random)
        for partition in 0..<partitions {
            let list = place(partition, replicas[partition], order, &random)
            builder.add(
                topic: "topic-\(partition % topics)", partition: Int32(partition / topics),
                replicas: list.map { Int32($0 + 1) }, leader: list.first.map { Int32($0 + 1) }, size: bytes[partition])
        }
        return try builder.build()
    }

    /// Brokers so that neighbours lie in different racks, as Kafka's own rack-aware assignment does.
    private func alternating(random: inout SplitMix) -> [Int] {
        var byRack: [[Int]] = []
        var names: [String?] = []
        for broker in 0..<brokers {
            let name = rack(broker)
            let index = names.firstIndex(of: name) ?? names.count
            if index == names.count {
                names.append(name)
                byRack.append([])
            }
            byRack[index].append(broker)
        }
        var order: [Int] = []
        var position = 0
        while order.count < brokers {
            for rack in byRack where position < rack.count { order.append(rack[position]) }
            position += 1
        }
        return order
    }

    private func place(_ partition: Int, _ factor: Int, _ order: [Int], _ random: inout SplitMix) -> [Int] {
        var list: [Int] = []
        let start = skewed ? random.below(order.count * order.count) / order.count : partition
        let shift = skewed ? random.below(order.count) : partition / order.count
        var cursor = 0
        while list.count < min(factor, order.count), cursor < order.count * 4 {
            let skip = list.isEmpty ? 0 : 1 + shift % max(1, order.count - 1)
            let candidate = order[(start + cursor + skip) % order.count]
            cursor += 1
            if list.contains(candidate) { continue }
            let strict = cursor < order.count * 2
            let sameRack = rack(candidate) != nil && list.contains { rack($0) == rack(candidate) }
            let sameHost = list.contains { $0 / brokersPerHost == candidate / brokersPerHost }
            if strict, sameRack || sameHost { continue }
            list.append(candidate)
        }
        if skewed { list.sort { $0 % 7 < $1 % 7 } }
        return list
    }
}

extension NodeID {
    static func ids(_ range: ClosedRange<Int32>) -> [NodeID] { range.compactMap(NodeID.init(rawValue:)) }
}
