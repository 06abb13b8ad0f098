/// Deadlines by number, the earliest first; a binary heap that can also remove from its middle.
///
/// Adding and removing cost O(log n), reading the earliest O(1).
struct TimerHeap<ID: Hashable & Sendable>: Sendable {
    private struct Entry {
        var deadline: ContinuousClock.Instant
        var id: ID
    }

    private var entries: [Entry] = []
    private var places: [ID: Int] = [:]

    var count: Int { entries.count }

    /// The earliest deadline, nil when there is none.
    var earliest: ContinuousClock.Instant? { entries.first?.deadline }

    /// Adds `id`, or moves it when it is there.
    mutating func set(_ id: ID, at deadline: ContinuousClock.Instant) {
        if let place = places[id] {
            entries[place].deadline = deadline
            settle(place)
        } else {
            entries.append(Entry(deadline: deadline, id: id))
            places[id] = entries.count - 1
            settle(entries.count - 1)
        }
    }

    /// Removes `id`; one that is not there is no mistake.
    mutating func remove(_ id: ID) {
        guard let place = places.removeValue(forKey: id) else { return }
        let last = entries.removeLast()
        guard place < entries.count else { return }
        entries[place] = last
        places[last.id] = place
        settle(place)
    }

    /// Removes and returns the earliest when it is due at `now`.
    mutating func popDue(at now: ContinuousClock.Instant) -> ID? {
        guard let first = entries.first, first.deadline <= now else { return nil }
        remove(first.id)
        return first.id
    }

    private mutating func settle(_ start: Int) {
        var place = start
        while place > 0, entries[place].deadline < entries[(place - 1) / 2].deadline {
            exchange(place, (place - 1) / 2)
            place = (place - 1) / 2
        }
        while true {
            var least = place
            for child in [2 * place + 1, 2 * place + 2]
            where child < entries.count && entries[child].deadline < entries[least].deadline {
                least = child
            }
            guard least != place else { return }
            exchange(place, least)
            place = least
        }
    }

    private mutating func exchange(_ one: Int, _ other: Int) {
        entries.swapAt(one, other)
        places[entries[one].id] = one
        places[entries[other].id] = other
    }
}
