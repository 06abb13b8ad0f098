public import FleetModel
import Transfers

/// An image as a list shows it (`GET /images/json`).
public struct ImageSummary: Sendable, Hashable {
    /// Its identity.
    public let id: ImageID
    /// `repository:tag`, all of them.
    public let repoTags: [String]
    /// `repository@digest`, for those that came from a registry.
    public let repoDigests: [String]
    /// When it was built.
    public let created: DockerTime
    /// The room it takes, layers shared with others included.
    public let size: ByteCount
    /// Its labels.
    public let labels: [String: String]

    init(_ answer: DockerAnswer) throws(AnswerMistake) {
        id = ImageID(rawValue: try answer.required("Id"))
        // Older daemons write an image without a name as one that is called so.
        repoTags = try answer.strings("RepoTags").filter { $0 != "<none>:<none>" }
        repoDigests = try answer.strings("RepoDigests").filter { $0 != "<none>@<none>" }
        created = DockerTime(seconds: try answer.integer("Created"))
        size = ByteCount(try answer.integer("Size"))
        labels = try answer.dictionary("Labels")
    }
}

/// All that is known of one image (`GET /images/NAME/json`).
public struct ImageDetails: Sendable, Hashable {
    /// Its identity.
    public let id: ImageID
    /// `repository:tag`, all of them.
    public let repoTags: [String]
    /// `repository@digest`, for those that came from a registry.
    public let repoDigests: [String]
    /// When it was built; nil where the image does not say.
    public let created: DockerTime?
    /// The processor it is made for, by Go's name: `amd64`, `arm64`.
    public let architecture: String
    /// The operating system it is made for: `linux`.
    public let os: String
    /// The room it takes.
    public let size: ByteCount
    /// Its labels.
    public let labels: [String: String]
    /// Its entry point.
    public let entrypoint: [String]
    /// Its command.
    public let command: [String]
    /// Who it runs as; empty for root.
    public let user: String
    /// Its environment as `NAME=value`.
    public let environment: [String]
    /// Paths for which Docker makes an anonymous volume unless something is mounted there.
    public let volumes: [String]

    init(_ answer: DockerAnswer) throws(AnswerMistake) {
        let config = try answer.object("Config")
        id = ImageID(rawValue: try answer.required("Id"))
        repoTags = try answer.strings("RepoTags")
        repoDigests = try answer.strings("RepoDigests")
        created = try answer.time("Created")
        architecture = try answer.string("Architecture")
        os = try answer.string("Os")
        size = ByteCount(try answer.integer("Size"))
        labels = try config.dictionary("Labels")
        entrypoint = try config.strings("Entrypoint")
        command = try config.strings("Cmd")
        user = try config.string("User")
        environment = try config.strings("Env")
        volumes = try config.names("Volumes")
    }

    /// `linux/amd64`.
    public var platform: String { "\(os)/\(architecture)" }

    /// Whether a daemon's host can run it without an emulator: the same system and processor, or the 32-bit sibling
    /// of the processor.
    public func runs(on daemon: DaemonVersion) -> Bool {
        let siblings = ["amd64": "386", "arm64": "arm"]
        return os == daemon.os && (architecture == daemon.arch || architecture == siblings[daemon.arch])
    }
}

extension DockerEngine {
    /// The images of the host (`GET /images/json`), those in between left out.
    ///
    /// - Returns: The newest first.
    /// - Throws: `DockerError`.
    public func images(labels: [String] = []) async throws(DockerError) -> [ImageSummary] {
        var call = DockerCall("list the images", .get, "/images/json")
        call.add(filters: ["label": labels])
        return try await read(call) { value throws(AnswerMistake) in
            try DockerAnswer.list(value).map { answer throws(AnswerMistake) in try ImageSummary(answer) }
        }
    }

    /// All that is known of one image (`GET /images/NAME/json`).
    ///
    /// - Returns: What it is.
    /// - Throws: `DockerError`; `.notFound(.image)` when it is not on the host.
    public func inspect(image: ImageReference) async throws(DockerError) -> ImageDetails {
        try await read(try call("inspect", image, .get, "/json")) { value throws(AnswerMistake) in
            try ImageDetails(try DockerAnswer(value))
        }
    }

    /// Gives an image another name (`POST /images/NAME/tag`); one that has the name loses it.
    ///
    /// - Throws: `DockerError`.
    public func tag(_ image: ImageReference, as name: ImageReference) async throws(DockerError) {
        var call = try call("tag", image, .post, "/tag")
        let (repository, tag) = name.parts
        call.add("repo", repository)
        call.add("tag", tag)
        _ = try await perform(call)
    }

    /// Removes a name of an image and, with its last name, the image (`DELETE /images/NAME`).
    ///
    /// - Throws: `DockerError`; `.conflict` when a container uses it.
    public func remove(image: ImageReference) async throws(DockerError) {
        var call = try call("remove", image, .delete, "")
        call.deadlines.whole = .seconds(120)
        _ = try await perform(call)
    }

    /// A call on an image: `verb` says what an error says can't be done.
    func call(
        _ verb: String, _ image: ImageReference, _ method: HTTPRequest.Method, _ path: String
    ) throws(DockerError) -> DockerCall {
        let operation = "\(verb) the image \(image)"
        guard let reference = image.path else {
            throw fail(operation, .invalidRequest, "no image can have such a name")
        }
        return DockerCall(operation, method, "/images/\(reference)\(path)")
    }
}
