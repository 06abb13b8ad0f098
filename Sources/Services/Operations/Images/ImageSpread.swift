public import FleetModel
import Observation

/// Lets hosts that lack an image have it from each other, whatever brings it: the steps of one worker share one.
public actor ImageSpread {
    private let hosts: Int
    private let prefersHosts: Bool
    private var sources: [String: ImageSources] = [:]

    /// - Parameters:
    ///   - hosts: how many will ask for an image, as far as that is known.
    ///   - prefersHosts: whether hosts that have it are asked before the techhost, which has nothing itself.
    public init(hosts: Int = 1, prefersHosts: Bool = false) { (self.hosts, self.prefersHosts) = (hosts, prefersHosts) }

    /// Notes that a host has the image.
    public func holds(_ image: String, _ host: HostName) {
        change(image) { $0.holds(host) }
    }

    /// Brings `image` to `host` by `body`, which gets the origin; once another origin is free, where the first ones fail.
    /// - Parameters:
    ///   - image: its reference.
    ///   - host: that lacks it.
    ///   - clock: time, for whoever has to wait.
    ///   - remark: is told when an origin failed and another one is tried.
    ///   - body: brings it.
    /// - Returns: the origin that it came from.
    /// - Throws: what the last origin's `body` threw.
    func bring(
        _ image: String, to host: HostName, clock: any FleetClock, remark: @Sendable (String) async -> Void,
        by body: @Sendable (ImageOrigin) async throws(HostProblem) -> Void
    ) async throws(HostProblem) -> ImageOrigin {
        var refused: Set<ImageOrigin> = []
        var failure: HostProblem?
        while let origin = await origin(of: image, for: host, except: refused, clock) {
            do throws(HostProblem) {
                try await body(origin)
                change(image) { sources in
                    sources.ended(origin)
                    sources.holds(host)
                }
                return origin
            } catch {
                change(image) { $0.ended(origin) }
                // What the host itself lacks it lacks whoever gives; a second peer that can't is a pattern.
                guard !error.unreachable, error.code != "no-room", !Task.isCancelled, refused.count < Self.mostTries
                else { throw error }
                refused.insert(origin)
                failure = failure ?? error
                if case .host = origin { failure = error }
                await remark("\(host) could not have it from \(origin.name): \(error.reason)")
            }
        }
        throw failure
            ?? HostProblem(
                code: "cancelled", unreachable: false, reason: "it was cut off before it had the image",
                remedy: "run the command again")
    }

    /// Origins that one host tries.
    private static let mostTries = 3

    /// An origin with a free stream, waited for; nil when there is none to wait for.
    private func origin(
        of image: String, for host: HostName, except refused: Set<ImageOrigin>, _ clock: any FleetClock
    ) async -> ImageOrigin? {
        while !Task.isCancelled {
            var answer = ImageSources.Answer.nobody
            change(image) { answer = $0.take(for: host, except: refused) }
            switch answer {
            case .from(let origin): return origin
            case .nobody: return nil
            case .wait: try? await clock.sleep(for: Self.interval)
            }
        }
        return nil
    }

    /// How soon a free stream is seen: a transfer takes seconds.
    private static let interval: Duration = .milliseconds(100)

    private func change(_ image: String, _ body: (inout ImageSources) -> Void) {
        body(&sources[image, default: ImageSources(hosts: hosts, prefersHosts: prefersHosts)])
    }
}
