public import FleetModel
public import Observation
public import Operations
import Synchronization

/// Images of the simulated fleet: whatever is asked for is there to be had on the techhost, and for this processor.
extension SimulatedFleet {
    /// The image, if it is there.
    public func image(_ reference: String, on host: HostName) async throws(HostProblem) -> ImageObservation? {
        try await withDocker(host, .look) { found, _ throws(HostProblem) in found.images[reference] }
    }

    /// The techhost's own Docker has every image, as it was built last.
    public func imageOffer(
        _ reference: String, archive: String?, asking host: HostName?
    ) async throws(HostProblem) -> ImageOffer {
        let digest = try await images { $0.techhostImages[reference] } ?? Self.digest(reference)
        return ImageOffer(source: archive == nil ? .techhost : .archive, digests: [digest])
    }

    /// Brings the image, in three seconds where nothing else slows it down: see `ImageTraffic`.
    public func bringImage(
        _ reference: String, from origin: ImageOrigin, archive: String?, to host: HostName,
        progress: @escaping @Sendable (String) async -> Void
    ) async throws(HostProblem) {
        // Whoever can't be reached is found out before anything is sent.
        _ = try await image(reference, on: host)
        var digest = try await imageOffer(reference, archive: archive, asking: nil).digests[0]
        if case .host(let peer) = origin {
            let given = try await images { state in
                let other = state.hosts[peer]
                return other?.troubles.isOnNetwork == true ? other?.images[reference]?.id : nil
            }
            guard let given else {
                throw HostProblem(
                    code: "image-load-failed", unreachable: false, reason: "\(peer) does not give it to \(host)",
                    remedy: "see that \(peer) runs and has it")
            }
            digest = given
            await wait(ImageTraffic.start)
        }
        traffic.began(origin)
        defer { traffic.ended(origin) }
        var left = ImageTraffic.size
        while left > 0, !Task.isCancelled {
            let rate = traffic.rate(of: origin)
            let share = min(1, left / (rate * ImageTraffic.step))
            await wait(.milliseconds(Int64(share * ImageTraffic.step * 1000)))
            left -= rate * ImageTraffic.step * share
            if share < 1 { break }
        }
        let id = digest
        try await withDocker(host, .change) { found, state throws(HostProblem) in
            found.images[reference] = ImageObservation(id: id, architecture: "amd64")
            state.effects.append("image \(host)")
        }
    }

    /// It has one.
    public func techhostBuilds() async -> Bool { true }

    /// Makes an image, in twenty seconds; each build has another digest.
    public func buildImage(
        _ order: ImageBuild, progress: @escaping @Sendable (String) async -> Void
    ) async throws(HostProblem) -> ImageObservation {
        await progress("Step 1/1 : FROM apache/kafka")
        await wait(.seconds(20))
        let made = clock.uptime()
        let image = ImageObservation(id: Self.digest("\(order.reference) \(made)"), architecture: "amd64")
        guard let host = order.host else {
            return try await images(.change) { state in
                state.techhostImages[order.reference] = image.id
                return image
            }
        }
        return try await withDocker(host, .change) { found, _ throws(HostProblem) in
            found.images[order.reference] = image
            return image
        }
    }

    private func images<Result: Sendable>(
        _ access: StateAccess = .look, _ body: (inout FleetState) -> Result
    ) async throws(HostProblem) -> Result {
        do throws(SimulationProblem) { return try await world(access, body) } catch {
            throw HostProblem(
                code: error.code.rawValue, unreachable: false, reason: "\(error.object): \(error.reason)",
                remedy: error.remedy)
        }
    }

    /// The same image has the same digest on every host.
    private static func digest(_ text: String) -> String {
        "sha256:" + digits(64) { hash(text, $0) }
    }

    /// FNV-1a.
    private static func hash(_ text: String, _ part: Int) -> UInt64 {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325 &+ UInt64(truncatingIfNeeded: part)
        for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
        return hash
    }
}

/// How fast images go from where they are to where they are not: a Docker unpacks so much a second, and the link of whoever
/// gives carries a little more than three such streams.
final class ImageTraffic: Sendable {
    /// Mebibytes of a compressed image.
    static let size = 120.0
    /// Mebibytes a second that a Docker unpacks.
    private static let unpacking = 40.0
    /// Mebibytes a second that a gigabit carries.
    private static let link = 119.0
    /// Seconds between two looks at how many share a link.
    static let step = 0.1
    /// What a host needs before it gives the first byte: its Docker gathers the image first.
    static let start: Duration = .milliseconds(500)

    private let streams = Mutex<[ImageOrigin: Int]>([:])

    func began(_ origin: ImageOrigin) { streams.withLock { $0[origin, default: 0] += 1 } }
    func ended(_ origin: ImageOrigin) { streams.withLock { $0[origin, default: 1] -= 1 } }

    /// Mebibytes a second of each stream from there.
    func rate(of origin: ImageOrigin) -> Double {
        min(Self.unpacking, Self.link / Double(max(1, streams.withLock { $0[origin, default: 1] })))
    }
}
