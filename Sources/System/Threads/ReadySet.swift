internal import CSystem
internal import Glibc

/// Descriptors that one thread waits for, and a bell that ends its wait: epoll(7) and eventfd(2).
///
/// What a wake-up costs does not grow with the descriptors that are quiet.
public final class ReadySet: Sendable {
    /// What a descriptor became ready for.
    public struct Ready: Hashable, Sendable {
        /// What it was watched under.
        public let token: UInt64
        /// It has bytes, or its end.
        public let readable: Bool
        /// It takes bytes, or refuses them.
        public let writable: Bool
        /// The peer sent its end: no further edge will announce it.
        public let halfClosed: Bool
    }

    /// The kernel's refusal.
    public struct Refusal: Error, Hashable {
        /// As in errno(3).
        public let number: CInt
    }

    /// The bell's; descriptors have any other.
    private static let bellToken = UInt64.max
    /// Taken in one turn: enough to spread the system call's cost, few enough to come back to timers and mailboxes soon.
    private static let eventsPerTurn = 256

    private let epoll: CInt
    private let bell: CInt

    /// Nothing but the bell.
    /// - Throws: `Refusal` when descriptors have run out.
    public init() throws(Refusal) {
        let (epoll, bell) = (csystem_epoll_create(), csystem_eventfd_create())
        guard epoll >= 0, bell >= 0, csystem_epoll_add_level(epoll, bell, Self.bellToken) == 0 else {
            let number = errno
            if epoll >= 0 { close(epoll) }
            if bell >= 0 { close(bell) }
            throw Refusal(number: number)
        }
        (self.epoll, self.bell) = (epoll, bell)
    }

    deinit {
        close(epoll)
        close(bell)
    }

    /// Ends a `wait` that is under way, or the next one; from any thread.
    public func ring() {
        let result = csystem_eventfd_signal(bell)
        precondition(result == 0, "a bell is broken: errno \(errno)")
    }

    /// Tells of each time that `descriptor` becomes ready for anything. Closing it ends that.
    /// - Throws: `Refusal` of the kernel.
    public func watchEdges(_ descriptor: CInt, token: UInt64) throws(Refusal) {
        guard csystem_epoll_add_edge(epoll, descriptor, token) == 0 else { throw Refusal(number: errno) }
    }

    /// Tells of `descriptor` as long as it is ready for this, and from now on for this alone.
    /// - Throws: `Refusal` of the kernel: a file, say, can't be watched.
    public func watch(_ descriptor: CInt, reading: Bool, writing: Bool, token: UInt64) throws(Refusal) {
        guard csystem_epoll_watch(epoll, descriptor, reading ? 1 : 0, writing ? 1 : 0, token) == 0 else {
            throw Refusal(number: errno)
        }
    }

    /// Tells of `descriptor` no more.
    public func forget(_ descriptor: CInt) { csystem_epoll_forget(epoll, descriptor) }

    /// Waits until something is ready, the bell rings or `duration` has passed (nil: without end), then calls `each` with
    /// what is ready.
    public func wait(atMost duration: Duration?, _ each: (Ready) -> Void) {
        withUnsafeTemporaryAllocation(of: csystem_ready.self, capacity: Self.eventsPerTurn) { events in
            let count = csystem_epoll_wait(epoll, events.baseAddress, CInt(events.count), Self.milliseconds(duration))
            precondition(count >= 0 || errno == EINTR, "epoll_wait failed: errno \(errno)")
            for event in events.prefix(max(0, Int(count))) {
                guard event.token != Self.bellToken else {
                    csystem_eventfd_clear(bell)
                    continue
                }
                each(
                    Ready(
                        token: event.token, readable: event.readable != 0, writable: event.writable != 0,
                        halfClosed: event.half_closed != 0))
            }
        }
    }

    /// Rounded up, so that what is waited for is due when the wait ends.
    static func milliseconds(_ duration: Duration?) -> CInt {
        guard let duration else { return -1 }
        guard duration > .zero else { return 0 }
        let (seconds, attoseconds) = duration.components
        // A day at most: the caller just comes round once more, and the product can't overflow.
        guard seconds < 86_400 else { return 86_400_000 }
        return CInt(seconds) * 1000 + CInt((attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000)
    }
}
