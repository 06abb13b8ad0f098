import FleetModel

/// What is to happen on hosts and in Docker by itself, by the time at which it is due.
struct Agenda: Hashable, Sendable, Codable {
    /// Something that is due. It names the state that it was made for: where that has passed, nothing happens.
    enum Event: Hashable, Sendable, Codable {
        /// Docker starts a container again, by its restart policy.
        case restart(HostName, NodeID, run: Int)
        /// A process that was asked to end has had its grace.
        case graceEnds(HostName, NodeID, run: Int)
        /// What still runs on a host that goes down is killed, and its power is gone.
        case powerEnds(HostName, trouble: Int)
        /// A host that was started is up.
        case isUp(HostName, trouble: Int)
        /// A trouble that was to last so long ends.
        case troubleEnds(HostName, HostTrouble, number: Int)
    }

    private struct Entry: Hashable, Sendable, Codable {
        var at: Duration
        var event: Event
    }

    /// In the order in which they are due; of those at the same time, in the order in which they were added.
    private var entries: [Entry] = []

    /// When the next is due.
    var next: Duration? { entries.first?.at }

    mutating func add(_ event: Event, at time: Duration) {
        let place = entries.firstIndex { $0.at > time } ?? entries.endIndex
        entries.insert(Entry(at: time, event: event), at: place)
    }

    /// Takes the first one that is due at `time`.
    mutating func take(at time: Duration) -> Event? {
        guard let first = entries.first, first.at <= time else { return nil }
        entries.removeFirst()
        return first.event
    }
}
