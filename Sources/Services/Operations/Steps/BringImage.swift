public import FleetModel
import Observation
public import OperationModel

/// Brings the image to a host that lacks it.
public struct BringImage: HostStep {
    /// Names the type in plans.
    public static let kind = "bring-image"
    /// The host.
    public var target: HostName
    /// The image's reference.
    public var image: String
    /// A `docker save` file on the techhost, when the operator named one.
    public var archive: String?
    /// The digests of which it must have one; nil: whatever has the name will do.
    public var digests: [String]?

    /// Brings `image` to `target`.
    public init(target: HostName, image: String, archive: String?, digests: [String]? = nil) {
        self.target = target
        self.image = image
        self.archive = archive
        self.digests = digests
    }

    /// One line for people.
    public var title: String { "bring image \(image) to \(target)" }

    /// Whether the host has it, for its own architecture.
    public func probe(_ context: StepContext) async throws(StepFailure) -> Probe {
        guard let found = try await look(context), digests.map({ found.isOne(of: $0) }) ?? true else { return .needed }
        try await checkArchitecture(found, context)
        await context.world.images.holds(image, target)
        return .satisfied("\(found.id.prefix(19))")
    }

    /// Brings it, and looks whether it is there.
    public func apply(_ context: StepContext) async throws(StepFailure) -> String? {
        let origin: ImageOrigin
        do {
            origin = try await context.world.images.bring(
                image, to: target, clock: context.world.clock, remark: context.note
            ) { origin throws(HostProblem) in
                try await context.world.containers.bringImage(
                    image, from: origin, archive: archive, to: target, progress: context.note)
                try await check(origin, context)
            }
        } catch {
            throw context.failure(error, what: "bringing the image \(image)", object: subject)
        }
        guard let found = try await look(context) else { return nil }
        try await checkArchitecture(found, context)
        guard case .host(let peer) = origin else { return "\(found.id.prefix(19))" }
        return "\(found.id.prefix(19)), from \(peer)"
    }

    /// Whether it is there now. What came from a peer came over a plain connection: its digest says whether it is what was
    /// meant.
    private func check(_ origin: ImageOrigin, _ context: StepContext) async throws(HostProblem) {
        let containers = context.world.containers
        guard let found = try await containers.image(image, on: target) else {
            let source = archive.map { "the archive \($0)" } ?? "what was brought"
            throw HostProblem(
                code: "image-missing", unreachable: false, reason: "\(source) does not contain \(image)",
                remedy: "set cluster.image to a name that the archive holds (tar -xOf … manifest.json shows them)")
        }
        guard case .host(let peer) = origin else { return }
        // A peer that has gone since can't vouch for it.
        guard let given = try? await containers.image(image, on: peer), found.id == given.id else {
            throw HostProblem(
                code: "image-differs", unreachable: false,
                reason: "what came from \(peer) is not the image that it has",
                remedy: "gantry image list shows which host has which")
        }
    }

    private func look(_ context: StepContext) async throws(StepFailure) -> ImageObservation? {
        do {
            return try await context.world.containers.image(image, on: target)
        } catch {
            throw context.failure(error, what: "looking for the image \(image)", object: subject)
        }
    }

    private func checkArchitecture(_ found: ImageObservation, _ context: StepContext) async throws(StepFailure) {
        let host: String
        do {
            host = try await context.world.containerSource.containers(on: target).docker.architecture
        } catch {
            throw context.failure(error, what: "asking Docker for its architecture", object: subject)
        }
        guard Architecture(docker: host) == Architecture(docker: found.architecture) else {
            throw StepFailure(
                code: "architecture", what: "using the image \(image)", object: subject,
                reason: "the image is for \(found.architecture) and the host is \(host)",
                remedy: "build or pull the image for \(host): docker build --platform, or another image_archive")
        }
    }
}

/// A processor architecture under the names that Docker, Go and uname use for it.
struct Architecture: Hashable {
    let name: String

    init(docker name: String) {
        self.name =
            switch name {
            case "x86_64", "amd64": "amd64"
            case "aarch64", "arm64": "arm64"
            default: name
            }
    }
}
