import FleetModel

/// The rule of hosts and racks, stated for those who judge plans: not the planner's code.
///
/// A list may put k replicas onto a host only if no list of its length could do with k − 1 a host; the same for racks,
/// given hosts.
struct SpreadRule {
    private let input: PlacementInput
    private let sites: [Int]
    /// By factor; nil where nobody asked yet.
    private var known: [(host: Int, rack: Int)?] = []

    init(_ input: PlacementInput, sites: [Int]) { (self.input, self.sites) = (input, sites) }

    /// The most replicas on one host and in one rack for `factor` replicas.
    mutating func most(_ factor: Int) -> (host: Int, rack: Int) {
        if factor < known.count, let limits = known[factor] { return limits }
        let wanted = min(factor, sites.count)
        var onHost: [Int32: Int] = [:]
        var inPair: [Int64: Int] = [:]
        for site in sites {
            onHost[input.hostOf[site], default: 0] += 1
            inPair[Int64(input.rackOf[site]) << 32 | Int64(input.hostOf[site]), default: 0] += 1
        }
        // Sums do not depend on the order in which a dictionary is walked.
        var host = 1
        while onHost.values.reduce(0, { $0 + min($1, host) }) < wanted { host += 1 }
        var inRack: [Int64: Int] = [:]
        for (pair, count) in inPair { inRack[pair >> 32, default: 0] += min(count, host) }
        var rack = 1
        while inRack.values.reduce(0, { $0 + min($1, rack) }) < wanted { rack += 1 }
        while known.count <= factor { known.append(nil) }
        known[factor] = (host, rack)
        return (host, rack)
    }

    /// How many of `brokers` can stay together in a list of `factor`.
    mutating func rank(_ brokers: some Collection<Int32>, factor: Int) -> Int {
        // Where each is in a rack of its own, all can stay: true of nearly all lists.
        if areApart(brokers) { return min(brokers.count, factor) }
        let (host, rack) = most(factor)
        var total = 0
        var seenRacks: [Int32] = []
        for broker in brokers where !seenRacks.contains(input.rackOf[Int(broker)]) {
            let thisRack = input.rackOf[Int(broker)]
            seenRacks.append(thisRack)
            var inRack = 0
            var seenHosts: [Int32] = []
            for other in brokers where input.rackOf[Int(other)] == thisRack {
                let thisHost = input.hostOf[Int(other)]
                if seenHosts.contains(thisHost) { continue }
                seenHosts.append(thisHost)
                inRack += min(
                    host, brokers.count { input.rackOf[Int($0)] == thisRack && input.hostOf[Int($0)] == thisHost })
            }
            total += min(rack, inRack)
        }
        return min(total, factor)
    }

    private func areApart(_ brokers: some Collection<Int32>) -> Bool {
        var others = brokers[...]
        while let broker = others.popFirst() {
            let rack = input.rackOf[Int(broker)]
            for other in others where input.rackOf[Int(other)] == rack { return false }
        }
        return true
    }

    /// Whether `judged` of `list` keep the rule.
    mutating func isKept(_ list: [Int32], judging judged: [Int32]) -> (host: Bool, rack: Bool) {
        let (host, rack) = most(list.count)
        var kept = (host: true, rack: true)
        for broker in judged {
            if list.count(where: { input.hostOf[Int($0)] == input.hostOf[Int(broker)] }) > host { kept.host = false }
            if list.count(where: { input.rackOf[Int($0)] == input.rackOf[Int(broker)] }) > rack { kept.rack = false }
        }
        return kept
    }
}
