/// Something that will happen at a given time, unless what it is about has gone on meanwhile: each kind carries the
/// number that tells.
enum KafkaEvent: Hashable, Sendable, Codable {
    /// A started broker asks the controllers for a registration.
    case registers(broker: Int32, incarnation: Int32)
    /// A registered broker has caught up with the metadata and may serve.
    case unfences(broker: Int32, incarnation: Int32)
    /// No heartbeat came for the session's time.
    case sessionEnds(broker: Int32, session: Int32)
    /// A controlled shutdown has moved the leaders away.
    case leadersLeave(broker: Int32, incarnation: Int32)
    /// A controlled shutdown has been granted.
    case shutdownFences(broker: Int32, incarnation: Int32)
    /// The process ends by itself.
    case exits(broker: Int32, incarnation: Int32, code: Int32)
    /// A started controller has caught up with the quorum.
    case follows(controller: Int32, incarnation: Int32)
    /// The process of a controller ends by itself.
    case controllerExits(controller: Int32, incarnation: Int32, code: Int32)
    /// The voters choose a leader, or find that there is no majority.
    case elects(epoch: Int32)
    /// Controllers that join by themselves do.
    case joins(controller: Int32, incarnation: Int32)
    /// The controllers have heard of a changed cordon.
    case cordonActs(broker: Int32)
    /// Kafka's own look at leaders that are not the preferred ones.
    case balancesLeaders
    /// A volume may be full.
    case fills(volume: Int32, check: Int32)
}

/// What will happen, earliest first; what is due at the same time in the order in which it was added.
struct EventQueue: Sendable, Codable {
    private struct Entry: Sendable, Codable {
        var at: Instant
        var number: Int64
        var event: KafkaEvent

        func isBefore(_ other: Entry) -> Bool { (at, number) < (other.at, other.number) }
    }

    /// A binary heap.
    private var entries: [Entry] = []
    private var added: Int64 = 0

    var nextInstant: Instant { entries.first?.at ?? .never }
    var count: Int { entries.count }

    mutating func add(_ event: KafkaEvent, at: Instant) {
        added += 1
        entries.append(Entry(at: at, number: added, event: event))
        var child = entries.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard entries[child].isBefore(entries[parent]) else { return }
            entries.swapAt(child, parent)
            child = parent
        }
    }

    mutating func take() -> KafkaEvent? {
        guard let first = entries.first, let last = entries.popLast() else { return nil }
        guard !entries.isEmpty else { return first.event }
        entries[0] = last
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2]
            where child < entries.count && entries[child].isBefore(entries[least]) { least = child }
            guard least != parent else { return first.event }
            entries.swapAt(parent, least)
            parent = least
        }
    }
}
