import Threads

/// Something with a descriptor on the loop. All calls come on the loop's thread.
protocol EventSource: AnyObject, Sendable {
    func ready(_ ready: ReadySet.Ready)
    /// The end of a turn for which the source had asked by `callAtTurnEnd`.
    func turnEnded()
    /// The source must close its descriptor and deregister.
    func loopIsStopping()
}

extension EventLoop {
    /// Adds a descriptor, edge-triggered; the number is its registration's. On the loop only.
    func register(_ descriptor: CInt, _ source: any EventSource) throws(EventLoopError) -> UInt64 {
        let token = nextNumber()
        do throws(ReadySet.Refusal) { try descriptors.watchEdges(descriptor, token: token) } catch {
            throw .system(error.number, during: "watch a socket")
        }
        onLoop { $0.sources[token] = source }
        return token
    }

    /// Forgets a registration; the caller then closes the descriptor, which takes it out of epoll. On the loop only.
    func deregister(_ token: UInt64) {
        onLoop { _ = $0.sources.removeValue(forKey: token) }
    }

    /// Calls `source.turnEnded()` once the work that is ready now is done. On the loop only.
    func callAtTurnEnd(_ source: any EventSource) {
        onLoop { $0.turnEnd.append(source) }
    }

    func nextNumber() -> UInt64 {
        onLoop { state in
            state.lastNumber += 1
            return state.lastNumber
        }
    }
}
