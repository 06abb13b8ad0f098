/// Copies in rounds in which no two share a port: an edge colouring of the bipartite graph of uplinks and downlinks with
/// as many colours as the busiest port has copies (Kőnig 1916), found by alternating paths.
///
/// Copies of one size then keep the busiest port busy from beginning to end; in any other order two ports wait for each
/// other now and then.
struct CopyRounds {
    /// The round of each copy; 0 for steps that copy nothing.
    private(set) var round: [Int32]

    /// Ports × rounds above which no colouring is tried: its table would outgrow the plan.
    private static let most = 1 << 22

    /// Nil where there are too many copies for it.
    init?(_ columns: CopyColumns) {
        let ports = columns.rate.count
        var degree = [Int](repeating: 0, count: ports)
        for copy in columns.up.indices where columns.up[copy] >= 0 {
            degree[Int(columns.up[copy])] += 1
            degree[Int(columns.down[copy])] += 1
        }
        let rounds = degree.max() ?? 0
        guard rounds > 0, ports * rounds <= Self.most else { return nil }
        round = [Int32](repeating: 0, count: columns.up.count)
        // Which copy a port makes in a round; −1: none.
        var made = [Int32](repeating: -1, count: ports * rounds)
        func free(_ port: Int, _ made: [Int32]) -> Int {
            (0..<rounds).first { made[port * rounds + $0] < 0 } ?? 0
        }
        for copy in columns.up.indices where columns.up[copy] >= 0 {
            let (up, down) = (Int(columns.up[copy]), Int(columns.down[copy]))
            let chosen = free(up, made)
            let other = free(down, made)
            if chosen != other {
                // The path from the downlink whose copies are alternately of these two rounds never meets the uplink.
                var path: [Int] = []
                var (port, wanted) = (down, chosen)
                while case let found = Int(made[port * rounds + wanted]), found >= 0 {
                    path.append(found)
                    port = Int(columns.up[found]) == port ? Int(columns.down[found]) : Int(columns.up[found])
                    wanted = wanted == chosen ? other : chosen
                }
                for found in path {
                    for port in [Int(columns.up[found]), Int(columns.down[found])] {
                        made[port * rounds + Int(round[found])] = -1
                    }
                }
                for found in path {
                    let new = Int(round[found]) == chosen ? other : chosen
                    round[found] = Int32(truncatingIfNeeded: new)
                    for port in [Int(columns.up[found]), Int(columns.down[found])] {
                        made[port * rounds + new] = Int32(truncatingIfNeeded: found)
                    }
                }
            }
            round[copy] = Int32(truncatingIfNeeded: chosen)
            made[up * rounds + chosen] = Int32(truncatingIfNeeded: copy)
            made[down * rounds + chosen] = Int32(truncatingIfNeeded: copy)
        }
    }
}
