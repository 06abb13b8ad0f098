internal import KafkaProtocol

/// The requests of one connection: in flight in the order of their answers, and queued behind.
struct RequestLine: Sendable {
    typealias RequestID = ConnectionStateMachine.RequestID

    struct InFlight: Sendable {
        /// Nil once nobody waits: a tombstone that takes the answer.
        var id: RequestID?
        var api: APIKey
        var correlationID: Int32
        var deadline: ContinuousClock.Instant
    }

    struct Queued: Sendable {
        var id: RequestID
        var api: APIKey
        var frame: [UInt8]
        var deadline: ContinuousClock.Instant
    }

    struct Failed: Equatable {
        var id: RequestID
        var api: APIKey
        var wasSent: Bool
    }

    var inFlight: [InFlight] = []
    var queued: [Queued] = []

    var load: Int { inFlight.count + queued.count }

    var nextDeadline: ContinuousClock.Instant? {
        var earliest: ContinuousClock.Instant?
        func consider(_ deadline: ContinuousClock.Instant) { earliest = min(earliest ?? deadline, deadline) }
        for request in inFlight where request.id != nil { consider(request.deadline) }
        for request in queued { consider(request.deadline) }
        if let head = inFlight.first, head.id == nil {
            consider(head.deadline + ConnectionStateMachine.patience)
        }
        return earliest
    }

    mutating func popQueued() -> Queued? { queued.isEmpty ? nil : queued.removeFirst() }

    /// Whether the request was sent, and its API; nil when it is not here (any more).
    mutating func abandon(_ id: RequestID) -> (api: APIKey, wasSent: Bool)? {
        if let place = queued.firstIndex(where: { $0.id == id }) {
            return (queued.remove(at: place).api, false)
        }
        guard let place = inFlight.firstIndex(where: { $0.id == id }) else { return nil }
        inFlight[place].id = nil
        return (inFlight[place].api, true)
    }

    /// Takes out what is late at `now`; in flight a tombstone stays.
    mutating func expire(at now: ContinuousClock.Instant) -> [Failed] {
        var failed: [Failed] = []
        for place in inFlight.indices where inFlight[place].deadline <= now {
            guard let id = inFlight[place].id else { continue }
            failed.append(Failed(id: id, api: inFlight[place].api, wasSent: true))
            inFlight[place].id = nil
        }
        for request in queued where request.deadline <= now {
            failed.append(Failed(id: request.id, api: request.api, wasSent: false))
        }
        queued.removeAll { $0.deadline <= now }
        return failed
    }

    mutating func removeAll() -> [Failed] {
        let failed =
            inFlight.compactMap { request in request.id.map { Failed(id: $0, api: request.api, wasSent: true) } }
            + queued.map { Failed(id: $0.id, api: $0.api, wasSent: false) }
        self = RequestLine()
        return failed
    }
}
