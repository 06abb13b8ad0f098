import Glibc

/// A thing that one thread at a time may use, over a pthread mutex: the `Locked` of `Processes`, which this target does not
/// depend on, for a thing that is neither copied nor Sendable.
final class Exclusive<Thing: ~Copyable>: @unchecked Sendable {
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private let thing: Thing

    init(_ thing: consuming Thing) {
        self.thing = thing
        mutex = .allocate(capacity: 1)
        mutex.initialize(to: pthread_mutex_t())
        pthread_mutex_init(mutex, nil)
    }

    deinit {
        pthread_mutex_destroy(mutex)
        mutex.deallocate()
    }

    func withLock<Result, Failure: Error>(
        _ body: (borrowing Thing) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return try body(thing)
    }
}
