import FleetModel

extension Rebalancer {
    /// Empties the brokers above their band, always the one that has most too much.
    mutating func drainExcess(_ layout: inout Layout) {
        var heap = BrokerHeap(brokers: layout.load.count)
        for broker in layout.load.indices where bands.member[broker] {
            heap.insert(broker, layout.load[broker] - bands.high[broker])
        }
        while true {
            let donor = Int(heap.top)
            guard donor >= 0, heap.key[donor] > 0 else { return }
            heap.update(donor, push(&layout, donor) ? layout.load[donor] - bands.high[donor] : .min)
        }
    }

    /// Moves one partition away from `donor`; false when none can be.
    private mutating func push(_ layout: inout Layout, _ donor: Int) -> Bool {
        let excess = layout.load[donor] - bands.high[donor]
        let surplus = max(1, Int64(layout.count[donor]) - bands.fairCount[donor])
        var wanted = excess
        if problem.options.profile == .balanced {
            wanted = min(excess, max(1, excess / surplus) * Self.sizeTenths / 10)
        }
        let receivers = bestReceivers(layout, donor)
        for limit in wanted < excess ? [wanted, excess] : [excess] {
            for receiver in receivers {
                let room = bands.high[Int(receiver)] - layout.load[Int(receiver)]
                if let entry = held.candidate(layout, donor, Int(receiver), atMost: min(limit, room), fresh: true),
                    held.sizes[entry] > 0
                {
                    // A last step that closes the excess may cost fewer bytes than many that nearly do.
                    if held.sizes[entry] * 2 >= limit || limit < excess || receiver == receivers.last {
                        held.take(&layout, entry, donor, Int(receiver))
                        return true
                    }
                }
            }
        }
        var best: (size: Int64, entry: Int, receiver: Int)?
        let most = layout.load[donor] - bands.low[donor]
        for receiver in layout.load.indices
        where receiver != donor && bands.member[receiver] && problem.target[receiver] {
            let room = bands.high[receiver] - layout.load[receiver]
            let most = min(room, most, best.map { $0.size - 1 } ?? .max)
            if let entry = held.smallest(layout, donor, receiver, from: excess, to: most) {
                best = (held.sizes[entry], entry, receiver)
            }
        }
        if let best {
            held.take(&layout, best.entry, donor, best.receiver)
            return true
        }
        for receiver in layout.load.indices
        where receiver != donor && bands.member[receiver] && problem.target[receiver] {
            let room = bands.high[receiver] - layout.load[receiver]
            guard room > 0 else { continue }
            if let entry = held.candidate(
                layout, donor, receiver, atMost: min(excess, room), above: 0, fresh: false)
            {
                held.take(&layout, entry, donor, receiver)
                return true
            }
        }
        return false
    }

    /// The receivers with most room below their share: the three best of all, then the best of the donor's rack.
    private func bestReceivers(_ layout: Layout, _ donor: Int) -> [Int32] {
        var best = FewBest()
        for broker in layout.load.indices where broker != donor && bands.member[broker] && problem.target[broker] {
            guard layout.load[broker] < bands.high[broker] else { continue }
            let key = bands.fair[broker] - layout.load[broker]
            best.take(broker, key, isNear: layout.rackOf[broker] == layout.rackOf[donor])
        }
        return best.brokers
    }
}
