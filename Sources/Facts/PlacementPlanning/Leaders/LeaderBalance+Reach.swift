/// What can be reached by handing leadership on: where shipping goes on, and what proves that it can't.
extension LeaderBalance {
    /// The lowest number of leaders among the brokers that can be reached from those above `level`; nil when there is
    /// none above.
    func lowestReached(above level: Int32) -> Int32? {
        closure(from: count.indices.filter { count[$0] > level }).map { count[$0] }.min()
    }

    /// Brokers that can be reached from `start` by handing leadership on.
    func closure(from start: [Int]) -> [Int] {
        var inside = [Bool](repeating: false, count: count.count)
        for broker in start { inside[broker] = true }
        var queue = start
        while let broker = queue.popLast() {
            if !arcs.isEmpty {
                for other in count.indices where !inside[other] && leastArc(broker, other) != nil {
                    inside[other] = true
                    queue.append(other)
                }
                continue
            }
            var partition = first[broker]
            while partition >= 0 {
                for entry in Int(offsets[Int(partition)])..<Int(offsets[Int(partition) + 1])
                where !inside[Int(candidates[entry])] {
                    inside[Int(candidates[entry])] = true
                    queue.append(Int(candidates[entry]))
                }
                partition = following[Int(partition)]
            }
        }
        return inside.indices.filter { inside[$0] }
    }

    /// Brokers that can hand leadership on to `end`.
    func closure(to end: [Int]) -> [Int] {
        var inside = [Bool](repeating: false, count: count.count)
        for broker in end { inside[broker] = true }
        if !arcs.isEmpty {
            var queue = end
            while let broker = queue.popLast() {
                for other in count.indices where !inside[other] && leastArc(other, broker) != nil {
                    inside[other] = true
                    queue.append(other)
                }
            }
            return inside.indices.filter { inside[$0] }
        }
        var changed = true
        while changed {
            changed = false
            for partition in leader.indices where leader[partition] >= 0 && !inside[Int(leader[partition])] {
                for entry in Int(offsets[partition])..<Int(offsets[partition + 1])
                where inside[Int(candidates[entry])] {
                    inside[Int(leader[partition])] = true
                    changed = true
                    break
                }
            }
        }
        return inside.indices.filter { inside[$0] }
    }
}
