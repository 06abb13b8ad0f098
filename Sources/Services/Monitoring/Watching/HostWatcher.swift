import FleetModel
import Observation

/// Watches the containers of one host: follows events, and lists what there is whenever one came, and after every
/// (re)connection, so that nothing is missed. What it sees goes to the watchtower, which judges.
struct HostWatcher: Sendable {
    /// Two listings are this far apart at least: of ten thousand events in a second the first is answered at once, and
    /// the state after the last.
    private static let listingPause: Duration = .milliseconds(200)

    let host: HostName
    let ports: MonitorPorts
    let tower: Watchtower
    /// Ends the subscription, which is then made anew: something happened that it did not bring.
    let renewal: Doorbell

    /// Watches until the task is cancelled.
    func run() async {
        while !Task.isCancelled {
            do throws(HostProblem) {
                try await watch()
                if Task.isCancelled { return }
                await tower.lost(host, nil)
            } catch {
                if Task.isCancelled { return }
                await tower.lost(host, error)
            }
            let pause = await tower.pause(host)
            try? await ports.clock.sleep(for: pause)
        }
    }

    private enum End: Sendable {
        case ended
        case renewed
        case failed(HostProblem)
    }

    /// One subscription, from its beginning to its end.
    private func watch() async throws(HostProblem) {
        let bell = Doorbell()
        let since = await tower.checkpoint(host)
        let end: End = await withTaskGroup(of: End.self) { group in
            group.addTask {
                do throws(HostProblem) {
                    try await ports.events.followEvents(on: host, since: since) { item in
                        switch item {
                        case .subscribed: break
                        case .garbled(let words): await tower.garbled(host, words)
                        case .event(let event): await tower.told(host, event)
                        }
                        // What could not be read may have been anything: that, too, is a reason to look.
                        bell.ring()
                    }
                    return .ended
                } catch { return .failed(error) }
            }
            group.addTask { await list(whenever: bell) }
            group.addTask {
                await renewal.wait()
                return .renewed
            }
            defer { group.cancelAll() }
            return await group.next() ?? .ended
        }
        if case .failed(let problem) = end { throw problem }
    }

    private func list(whenever bell: Doorbell) async -> End {
        while true {
            await bell.wait()
            if Task.isCancelled { return .ended }
            let asked = ports.clock.uptime()
            do throws(HostProblem) {
                await tower.listed(host, try await ports.containers.containers(on: host), asked: asked)
            } catch { return .failed(error) }
            try? await ports.clock.sleep(for: Self.listingPause)
        }
    }
}
