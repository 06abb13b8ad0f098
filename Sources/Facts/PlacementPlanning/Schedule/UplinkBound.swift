import FleetModel

/// What no choice of sources undercuts.
///
/// Whatever set of brokers is taken: copies whose every source is in it leave through its uplinks, so that the busiest of
/// these needs at least as long as all of them together at the sum of their rates. Were copies divisible, the best set
/// would be exact (Hall 1935), and an assignment that can't be bettered shows it: the busiest uplinks, as many as share
/// copies with each other. So the busiest is tried, the two busiest, and so on up to all.
///
/// A partition is copied from one source. What an uplink carries is a sum of copies, and so a multiple of whatever divides
/// them all: where uplinks are alike, the bound is rounded up to one. This makes copies of one size exact.
struct UplinkBound {
    /// Milliseconds; 0 where nothing is copied.
    private(set) var milliseconds: Int64 = 0

    /// - Parameters:
    ///   - bytes: what each partition's copies weigh together.
    ///   - options: the sources that each may have, from `optionStart` on.
    ///   - optionStart: `optionStart[i]..<optionStart[i + 1]` are the entries of partition `i` in `options`.
    ///   - rate: bytes a second of each broker's uplink.
    ///   - busiest: the brokers in the order in which they join the set.
    init(bytes: [Int64], options: [Int32], optionStart: [Int32], rate: [Int64], busiest: [Int]) {
        var place = [Int](repeating: 0, count: rate.count)
        for (index, broker) in busiest.enumerated() { place[broker] = index }
        // A partition counts from when the last of its sources has joined.
        var joining = [(bytes: Int128, divisor: Int64)](repeating: (0, 0), count: rate.count)
        for index in bytes.indices where bytes[index] > 0 {
            let own = options[Int(optionStart[index])..<Int(optionStart[index + 1])]
            guard let last = own.lazy.map({ place[Int($0)] }).max() else { continue }
            joining[last].bytes += Int128(bytes[index])
            joining[last].divisor = Self.divisor(joining[last].divisor, bytes[index])
        }
        var (all, lines, divisor) = (Int128(0), Int128(0), Int64(0))
        var areAlike = true
        for (index, broker) in busiest.enumerated() {
            all += joining[index].bytes
            lines += Int128(rate[broker])
            divisor = Self.divisor(divisor, joining[index].divisor)
            areAlike = areAlike && rate[broker] == rate[busiest[0]]
            guard all > 0 else { continue }
            milliseconds = max(milliseconds, Int64(clamping: (all * 1000 + lines - 1) / lines))
            guard areAlike else { continue }
            let mean = (all + Int128(index)) / Int128(index + 1)
            let whole = (mean + Int128(divisor) - 1) / Int128(divisor) * Int128(divisor)
            milliseconds = max(milliseconds, Ports.milliseconds(Int64(clamping: whole), rate[broker]))
        }
    }

    /// The largest number that divides both; 0 is divided by every number.
    private static func divisor(_ a: Int64, _ b: Int64) -> Int64 {
        var (a, b) = (a, b)
        while b > 0 { (a, b) = (b, a % b) }
        return a
    }
}
