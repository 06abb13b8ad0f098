public import FleetModel
import Observation
public import OperationModel

/// Brings the image to a host that lacks it.
public struct BringImage: Step {
    /// Names the type in plans.
    public static let kind = "bring-image"
    /// The host.
    public var target: HostName
    /// The image's reference.
    public var image: String
    /// A `docker save` file on the techhost, when the operator named one.
    public var archive: String?

    /// Brings `image` to `target`.
    public init(target: HostName, image: String, archive: String?) {
        self.target = target
        self.image = image
        self.archive = archive
    }

    /// The host's name.
    public var object: String { target.rawValue }
    /// As people write it.
    public var subject: String { "host \(target)" }
    /// The host.
    public var host: HostName? { target }
    /// One line for people.
    public var title: String { "bring image \(image) to \(target)" }

    /// Whether the host has it, for its own architecture.
    public func probe(_ context: StepContext) async throws(StepFailure) -> Probe {
        guard let found = try await look(context) else { return .needed }
        try await checkArchitecture(found, context)
        return .satisfied("\(found.id.prefix(19))")
    }

    /// Brings it, and looks whether it is there.
    public func apply(_ context: StepContext) async throws(StepFailure) -> String? {
        do {
            try await context.world.containers.bringImage(
                image, archive: archive, to: target, progress: context.note)
        } catch {
            throw context.failure(error, what: "bringing the image \(image)", object: subject)
        }
        guard let found = try await look(context) else {
            let source = archive.map { "the archive \($0)" } ?? "what was brought"
            throw StepFailure(
                code: "image-missing", what: "bringing the image", object: subject,
                reason: "\(source) does not contain \(image)",
                remedy: "set cluster.image to a name that the archive holds (tar -xOf … manifest.json shows them)")
        }
        try await checkArchitecture(found, context)
        return "\(found.id.prefix(19))"
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
