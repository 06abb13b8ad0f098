import CSystem
import Glibc

/// The descriptors that the loop waits for, and a bell that ends the wait.
///
/// epoll, because a monitor follows hundreds of quiet streams: what a wake-up costs must not grow with them.
final class WatchedDescriptors: Sendable {
    /// What one descriptor became ready for.
    struct Ready {
        let descriptor: Int32
        /// A mask of `CURL_CSELECT_IN` and `CURL_CSELECT_OUT`.
        let events: Int32
    }

    private static let bellToken = UInt64.max
    /// Taken in one round: enough to spread the system call's cost, few enough to hear the mailbox soon.
    private static let eventsPerRound = 256

    private let epoll: Int32
    private let bell: Int32

    init() throws(TransferError) {
        epoll = csystem_epoll_create()
        bell = csystem_eventfd_create()
        guard epoll >= 0, bell >= 0, csystem_epoll_add_level(epoll, bell, Self.bellToken) == 0 else {
            let number = errno
            if epoll >= 0 { close(epoll) }
            if bell >= 0 { close(bell) }
            throw TransferError(.other, subject: "watching sockets", systemError: number)
        }
    }

    deinit {
        close(epoll)
        close(bell)
    }

    /// Ends a `wait` that is under way, or the next one; from any thread.
    func ring() { _ = csystem_eventfd_signal(bell) }

    /// Watches a descriptor from now on for this alone.
    /// - Returns: False when the kernel refuses.
    func watch(_ descriptor: Int32, reading: Bool, writing: Bool) -> Bool {
        csystem_epoll_watch(epoll, descriptor, reading ? 1 : 0, writing ? 1 : 0, UInt64(UInt32(bitPattern: descriptor)))
            == 0
    }

    func forget(_ descriptor: Int32) { csystem_epoll_forget(epoll, descriptor) }

    func wait(milliseconds: Int32) -> [Ready] {
        let ready = withUnsafeTemporaryAllocation(of: csystem_ready.self, capacity: Self.eventsPerRound) { space in
            let count = csystem_epoll_wait(epoll, space.baseAddress, Int32(space.count), milliseconds)
            return (0..<max(0, Int(count))).map { space[$0] }
        }
        return ready.compactMap { event in
            guard event.token != Self.bellToken else {
                csystem_eventfd_clear(bell)
                return nil
            }
            return Ready(
                descriptor: Int32(truncatingIfNeeded: event.token),
                events: (event.readable != 0 ? CURL_CSELECT_IN : 0) | (event.writable != 0 ? CURL_CSELECT_OUT : 0))
        }
    }
}
