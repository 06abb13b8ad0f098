import Processes
import Threads

/// Resources that each live inside a `withX { }` of their own, opened at first need and kept open until they are
/// discarded or `run` ends: the first use costs a round trip more, the others none.
final class Links<Key: Hashable & Sendable, Resource: Sendable, Problem: Error>: Sendable {
    typealias Link = OpenLink<Resource>
    private typealias Waiter = CheckedContinuation<Result<OpenLink<Resource>, Problem>, Never>
    /// Opens the resource of a key, calls its body with it, and closes it when the body returns.
    typealias Opener = @Sendable (Key, (Resource) async -> Void) async throws -> Void

    private struct State: Sendable {
        var table = LinkTable<Key, Resource, Waiter>()
        /// Ends the body of an open link.
        var releases: [Int: AsyncStream<Never>.Continuation] = [:]
    }

    private let open: Opener
    private let problem: @Sendable (any Error) -> Problem
    private let state = Locked(State())
    private let wanted: AsyncStream<Key>
    private let continuation: AsyncStream<Key>.Continuation

    /// Links that `open` makes; `problem` words why one could not be (a `CancellationError`: the session has ended).
    init(open: @escaping Opener, problem: @escaping @Sendable (any Error) -> Problem) {
        self.open = open
        self.problem = problem
        (wanted, continuation) = AsyncStream.makeStream()
    }

    /// Keeps links open until the task is cancelled.
    func run() async {
        await withDiscardingTaskGroup { group in
            for await key in wanted {
                group.addTask { await self.keep(key) }
            }
            group.cancelAll()
        }
        let waiting = state.withLock { $0.table.close() }
        for waiter in waiting { waiter.resume(returning: .failure(problem(CancellationError()))) }
    }

    private func keep(_ key: Key) async {
        var failure: any Error = CancellationError()
        let number = Locked<Int?>(nil)
        do {
            try await open(key) { resource in
                let (hold, release) = AsyncStream<Never>.makeStream()
                let (link, waiting) = state.withLock { state in
                    let opened = state.table.opened(key, resource)
                    state.releases[opened.link.number] = release
                    return opened
                }
                number.withLock { $0 = link.number }
                for waiter in waiting { waiter.resume(returning: .success(link)) }
                for await _ in hold {}
            }
        } catch {
            failure = error
        }
        let waiting = state.withLock { [number = number.withLock { $0 }] state in
            if let number { state.releases[number] = nil }
            return state.table.ended(key, number)
        }
        for waiter in waiting { waiter.resume(returning: .failure(problem(failure))) }
    }

    /// The link of `key`, opened where it is not.
    /// - Throws: why it can't be opened.
    func link(_ key: Key) async throws(Problem) -> Link {
        let result: Result<Link, Problem> = await withCheckedContinuation { waiter in
            switch state.withLock({ $0.table.want(key, waiter) }) {
            case .use(let link): waiter.resume(returning: .success(link))
            case .open: continuation.yield(key)
            case .wait: break
            case .closed: waiter.resume(returning: .failure(problem(CancellationError())))
            }
        }
        return try result.get()
    }

    /// Closes a link that no longer leads anywhere; a newer one of the same key stays.
    func discard(_ link: Link, of key: Key) {
        let release = state.withLock { state in
            state.table.discard(key, link.number) ? state.releases.removeValue(forKey: link.number) : nil
        }
        release?.finish()
    }
}
