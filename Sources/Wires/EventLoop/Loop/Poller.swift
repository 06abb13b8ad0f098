internal import CSystem
internal import Glibc

/// The epoll descriptor and the eventfd that wakes it.
struct Poller: Sendable {
    /// The token of the wake-up descriptor; sockets count from 1.
    static let wakeToken: UInt64 = 0
    /// Events taken in one turn: enough to amortise the system call, few enough to come back to timers soon.
    static let eventsPerTurn = 256

    private let epoll: CInt
    private let wakeUp: CInt

    init() throws(EventLoopError) {
        epoll = csystem_epoll_create()
        guard epoll >= 0 else { throw .system(errno, during: "start the event loop") }
        wakeUp = csystem_eventfd_create()
        guard wakeUp >= 0 else {
            let number = errno
            Glibc.close(epoll)
            throw .system(number, during: "start the event loop")
        }
        guard csystem_epoll_add_level(epoll, wakeUp, Self.wakeToken) == 0 else {
            let number = errno
            Glibc.close(epoll)
            Glibc.close(wakeUp)
            throw .system(number, during: "start the event loop")
        }
    }

    func close() {
        Glibc.close(epoll)
        Glibc.close(wakeUp)
    }

    /// Ends a `wait` that is under way, or the next one; callable from any thread.
    func wake() {
        let result = csystem_eventfd_signal(wakeUp)
        precondition(result == 0, "the event loop's wake-up descriptor is broken: errno \(errno)")
    }

    func add(_ descriptor: CInt, token: UInt64) throws(EventLoopError) {
        guard csystem_epoll_add_edge(epoll, descriptor, token) == 0 else {
            throw .system(errno, during: "watch a socket")
        }
    }

    /// Waits and fills `events`; nil waits without end. Returns how many are filled.
    func wait(_ events: inout [csystem_ready], atMost duration: Duration?) -> Int {
        let count = csystem_epoll_wait(epoll, &events, CInt(events.count), Self.milliseconds(duration))
        if count < 0 {
            precondition(errno == EINTR, "epoll_wait failed: errno \(errno)")
            return 0
        }
        for event in events[..<Int(count)] where event.token == Self.wakeToken { csystem_eventfd_clear(wakeUp) }
        return Int(count)
    }

    /// Rounded up, so that a timer is due when the wait for it ends.
    static func milliseconds(_ duration: Duration?) -> CInt {
        guard let duration else { return -1 }
        guard duration > .zero else { return 0 }
        let (seconds, attoseconds) = duration.components
        // A day at most: the loop just comes round once more, and the product cannot overflow.
        guard seconds < 86_400 else { return 86_400_000 }
        return CInt(seconds) * 1000 + CInt((attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000)
    }
}
