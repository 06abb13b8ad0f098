import DockerEngine
import FleetModel
import Observation
import Processes
import SecureShell
import Transfers

/// A Docker engine for each host, behind a forwarded socket that is opened at first need and stays open until `run`
/// ends: the first call costs a round trip more, the others none.
final class DockerLinks: Sendable {
    static let socket = "/var/run/docker.sock"

    /// An engine, and the number of the forward it stands behind.
    struct Link: Sendable {
        let engine: DockerEngine
        let number: Int
    }

    private typealias Waiter = CheckedContinuation<Result<Link, HostProblem>, Never>

    private enum Slot {
        case opening([Waiter])
        case open(Link, AsyncStream<Never>.Continuation)
    }

    private struct State {
        var slots: [HostName: Slot] = [:]
        var nextNumber = 0
        var isClosed = false
    }

    private let directory: HostDirectory
    private let transfers: Transfers
    private let state = Locked(State())
    private let wanted: AsyncStream<HostName>
    private let continuation: AsyncStream<HostName>.Continuation

    init(directory: HostDirectory, transfers: Transfers) {
        self.directory = directory
        self.transfers = transfers
        (wanted, continuation) = AsyncStream.makeStream()
    }

    /// Keeps forwards open until the task is cancelled.
    func run() async {
        await withDiscardingTaskGroup { group in
            for await host in wanted {
                group.addTask { await self.keepOpen(host) }
            }
            group.cancelAll()
        }
        let waiting: [Waiter] = state.withLock { state in
            state.isClosed = true
            return state.slots.values.flatMap { slot -> [Waiter] in if case .opening(let all) = slot { all } else { [] }
            }
        }
        for waiter in waiting { waiter.resume(returning: .failure(Self.ended)) }
    }

    private func keepOpen(_ host: HostName) async {
        do {
            let remote = try directory.remote(host)
            try await remote.withForwardedSocket(Self.socket) { path in
                let (hold, release) = AsyncStream<Never>.makeStream()
                opened(host, DockerEngine(socketPath: path, transfers: transfers), release)
                for await _ in hold {}
            }
        } catch {
            failed(host, (error as? SSHError).map { HostProblem($0) } ?? (error as? HostProblem) ?? Self.ended)
        }
    }

    private func opened(_ host: HostName, _ engine: DockerEngine, _ release: AsyncStream<Never>.Continuation) {
        let (waiting, link): ([Waiter], Link) = state.withLock { state in
            state.nextNumber += 1
            let link = Link(engine: engine, number: state.nextNumber)
            let slot = state.slots.updateValue(.open(link, release), forKey: host)
            guard case .opening(let all) = slot else { return ([], link) }
            return (all, link)
        }
        for waiter in waiting { waiter.resume(returning: .success(link)) }
    }

    private func failed(_ host: HostName, _ problem: HostProblem) {
        let waiting: [Waiter] = state.withLock { state in
            guard case .opening(let all) = state.slots[host] else { return [] }
            state.slots[host] = nil
            return all
        }
        for waiter in waiting { waiter.resume(returning: .failure(problem)) }
    }

    private static let ended = HostProblem(
        code: "cancelled", unreachable: false, reason: "the session has ended", remedy: "run the command again")

    /// The engine of `host`.
    /// - Throws: why its socket can't be forwarded.
    func link(_ host: HostName) async throws(HostProblem) -> Link {
        let result: Result<Link, HostProblem> = await withCheckedContinuation { waiter in
            let present: Result<Link, HostProblem>? = state.withLock { state in
                if state.isClosed { return .failure(Self.ended) }
                switch state.slots[host] {
                case .open(let link, _): return .success(link)
                case .opening(let all): state.slots[host] = .opening(all + [waiter])
                case nil:
                    state.slots[host] = .opening([waiter])
                    continuation.yield(host)
                }
                return nil
            }
            if let present { waiter.resume(returning: present) }
        }
        return try result.get()
    }

    /// Closes a forward that no longer leads anywhere; a newer one of the same host stays.
    func discard(_ link: Link, of host: HostName) {
        let release: AsyncStream<Never>.Continuation? = state.withLock { state in
            guard case .open(let present, let release) = state.slots[host], present.number == link.number else {
                return nil
            }
            state.slots[host] = nil
            return release
        }
        release?.finish()
    }
}
