/// An open link. The number tells it from an earlier one of the same key.
struct OpenLink<Resource> {
    let resource: Resource
    let number: Int
}

extension OpenLink: Sendable where Resource: Sendable {}
extension LinkTable: Sendable where Key: Sendable, Resource: Sendable, Waiter: Sendable {}
extension LinkTable.Slot: Sendable where Key: Sendable, Resource: Sendable, Waiter: Sendable {}

/// Which links are being opened, which are open, and who waits for them. A value: it only decides.
///
/// ```
/// (none) ── want: open ──▶ opening ── opened ──▶ open
///    ▲                        │                    │
///    └────── ended ───────────┴── ended, discard ──┘          close: all waiters are told, nothing is opened again
/// ```
struct LinkTable<Key: Hashable, Resource, Waiter> {
    typealias Link = OpenLink<Resource>

    /// What whoever wants a link has to do.
    enum Answer {
        /// Use this one.
        case use(Link)
        /// Open it; the waiter is kept.
        case open
        /// Wait: somebody opens it already.
        case wait
        /// There will be none: the table is closed.
        case closed
    }

    fileprivate enum Slot {
        case opening([Waiter])
        case open(Link)
    }

    private var slots: [Key: Slot] = [:]
    private var nextNumber = 0
    private var isClosed = false

    /// Somebody wants the link of `key`; `waiter` is kept unless the answer settles it.
    mutating func want(_ key: Key, _ waiter: Waiter) -> Answer {
        if isClosed { return .closed }
        switch slots[key] {
        case .open(let link): return .use(link)
        case .opening(let waiters):
            slots[key] = .opening(waiters + [waiter])
            return .wait
        case nil:
            slots[key] = .opening([waiter])
            return .open
        }
    }

    /// The link of `key` is open; those who waited for it are to be told.
    mutating func opened(_ key: Key, _ resource: Resource) -> (link: Link, waiters: [Waiter]) {
        nextNumber += 1
        let link = Link(resource: resource, number: nextNumber)
        guard !isClosed, case .opening(let waiters) = slots[key] else { return (link, []) }
        slots[key] = .open(link)
        return (link, waiters)
    }

    /// The link of `key` could not be opened, or has ended by itself; those who waited for it are to be told. With a
    /// `number`, only that link: a newer one stays.
    mutating func ended(_ key: Key, _ number: Int?) -> [Waiter] {
        switch slots[key] {
        case .opening(let waiters) where number == nil:
            slots[key] = nil
            return waiters
        case .open(let link) where link.number == number:
            slots[key] = nil
            return []
        default: return []
        }
    }

    /// Forgets a link that leads nowhere; false for one that is forgotten already.
    mutating func discard(_ key: Key, _ number: Int) -> Bool {
        guard case .open(let link) = slots[key], link.number == number else { return false }
        slots[key] = nil
        return true
    }

    /// Nothing is opened from now on; all who wait are to be told.
    mutating func close() -> [Waiter] {
        isClosed = true
        defer { slots = [:] }
        return slots.values.flatMap { slot -> [Waiter] in if case .opening(let waiters) = slot { waiters } else { [] } }
    }
}
