/// Max-min fair rates: nobody's can be raised without lowering one that is no higher.
///
/// Progressive filling: the tightest resource sets the rate of those that use it, they are taken out of what is left
/// of the others, and so on. (Bertsekas, Gallager: "Data Networks", 6.5.2)
struct FairShare {
    /// How many resources one user can need.
    static let width = 5
    /// In place of a resource that a user does not need.
    static let none: Int32 = -1

    /// Bytes a second of each resource.
    private var capacities: [Int64] = []
    /// `width` resources a user.
    private var uses: [Int32] = []

    /// Room for so many users, each with a resource of its own at most, and so many resources that they share.
    init(users: Int, resources: Int) {
        capacities.reserveCapacity(users + resources)
        uses.reserveCapacity(users * Self.width)
    }

    /// Adds a resource and names it.
    mutating func addResource(_ capacity: Int64) -> Int32 {
        capacities.append(capacity)
        return Int32(truncatingIfNeeded: capacities.count - 1)
    }

    mutating func raise(_ resource: Int32, to capacity: Int64) { capacities[Int(resource)] = capacity }

    /// Adds a user of these resources; users are numbered in the order in which they are added.
    mutating func addUser(_ a: Int32, _ b: Int32, _ c: Int32, _ d: Int32, _ e: Int32) {
        uses.append(a)
        uses.append(b)
        uses.append(c)
        uses.append(d)
        uses.append(e)
    }

    /// The rate of each user; one that needs nothing has no limit and gets the greatest rate.
    func rates() -> [Int64] {
        let users = uses.count / Self.width
        var rates = [Int64](repeating: -1, count: users)
        var left = capacities
        var waiting = [Int32](repeating: 0, count: capacities.count)
        for resource in uses where resource >= 0 { waiting[Int(resource)] += 1 }
        // The users of each resource, one resource after the other.
        var starts = [Int32](repeating: 0, count: capacities.count + 1)
        for resource in capacities.indices { starts[resource + 1] = starts[resource] + waiting[resource] }
        var places = starts
        var usersOf = [Int32](repeating: 0, count: Int(starts[capacities.count]))
        for (position, resource) in uses.enumerated() where resource >= 0 {
            usersOf[Int(places[Int(resource)])] = Int32(truncatingIfNeeded: position / Self.width)
            places[Int(resource)] += 1
        }
        var heap = ShareHeap(reserving: capacities.count)
        for resource in capacities.indices where waiting[resource] > 0 {
            heap.push(max(0, left[resource]) / Int64(waiting[resource]), Int32(truncatingIfNeeded: resource))
        }
        while let (share, resource) = heap.pop() {
            let index = Int(resource)
            guard waiting[index] > 0 else { continue }
            // Shares only grow while others are served: one that did waits for its turn.
            let present = max(0, left[index]) / Int64(waiting[index])
            guard present <= share else {
                heap.push(present, resource)
                continue
            }
            for place in Int(starts[index])..<Int(starts[index + 1]) {
                let user = Int(usersOf[place])
                guard rates[user] < 0 else { continue }
                rates[user] = present
                for slot in user * Self.width..<(user + 1) * Self.width where uses[slot] >= 0 {
                    left[Int(uses[slot])] -= present
                    waiting[Int(uses[slot])] -= 1
                }
            }
        }
        return rates.map { $0 < 0 ? Traffic.greatestRate : $0 }
    }
}

/// Resources by what they could give each of those that still wait.
private struct ShareHeap {
    private var entries: [(share: Int64, resource: Int32)] = []

    init(reserving count: Int) { entries.reserveCapacity(count) }

    private static func isBefore(_ a: (share: Int64, resource: Int32), _ b: (share: Int64, resource: Int32)) -> Bool {
        a.share != b.share ? a.share < b.share : a.resource < b.resource
    }

    mutating func push(_ share: Int64, _ resource: Int32) {
        entries.append((share, resource))
        var child = entries.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard Self.isBefore(entries[child], entries[parent]) else { return }
            entries.swapAt(child, parent)
            child = parent
        }
    }

    mutating func pop() -> (Int64, Int32)? {
        guard let first = entries.first, let last = entries.popLast() else { return nil }
        guard !entries.isEmpty else { return first }
        entries[0] = last
        var parent = 0
        while true {
            let left = 2 * parent + 1
            let right = left + 1
            var least = parent
            if left < entries.count, Self.isBefore(entries[left], entries[least]) { least = left }
            if right < entries.count, Self.isBefore(entries[right], entries[least]) { least = right }
            guard least != parent else { return first }
            entries.swapAt(parent, least)
            parent = least
        }
    }
}
