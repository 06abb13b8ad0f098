public import FleetModel

/// A container as a list shows it (`GET /containers/json`).
public struct ContainerSummary: Sendable, Hashable {
    /// Its identity.
    public let id: ContainerID
    /// Its names, without the slash in front; the first is its own.
    public let names: [String]
    /// The image as it was asked for.
    public let image: String
    /// The image that it was made of.
    public let imageID: ImageID
    /// The command as one text.
    public let command: String
    /// When it was made.
    public let created: DockerTime
    /// Its state.
    public let state: ContainerState
    /// The state for people: `Up 3 hours`.
    public let status: String
    /// Its labels.
    public let labels: [String: String]
    /// `host`, `bridge`, `none` or a network's name.
    public let networkMode: String
    /// What of outside is visible in it.
    public let mounts: [ContainerMount]

    init(_ answer: DockerAnswer) throws(AnswerMistake) {
        id = ContainerID(rawValue: try answer.required("Id"))
        names = try answer.strings("Names").map { $0.withoutSlash }
        image = try answer.string("Image")
        imageID = ImageID(rawValue: try answer.string("ImageID"))
        command = try answer.string("Command")
        created = DockerTime(seconds: try answer.integer("Created"))
        state = ContainerState(rawValue: try answer.required("State"))
        status = try answer.string("Status")
        labels = try answer.dictionary("Labels")
        networkMode = try answer.object("HostConfig").string("NetworkMode")
        mounts = try answer.objects("Mounts").map(ContainerMount.init)
    }
}

/// What of outside is visible in a container.
public struct ContainerMount: Sendable, Hashable {
    /// Docker's kinds of mounts, with any later one kept by its name.
    public struct Kind: RawRepresentable, Sendable, Hashable {
        /// Docker's word.
        public let rawValue: String
        /// Docker's word for a kind.
        public init(rawValue: String) { self.rawValue = rawValue }
        /// A file or directory of the host.
        public static let bind = Kind(rawValue: "bind")
        /// A volume that Docker keeps.
        public static let volume = Kind(rawValue: "volume")
        /// Memory.
        public static let tmpfs = Kind(rawValue: "tmpfs")
    }

    /// Its kind.
    public let type: Kind
    /// The volume's name; empty for other kinds.
    public let name: String
    /// The path on the host.
    public let source: String
    /// The path in the container.
    public let destination: String
    /// Whether the container may write.
    public let rw: Bool

    init(_ answer: DockerAnswer) throws(AnswerMistake) {
        type = Kind(rawValue: try answer.string("Type"))
        name = try answer.string("Name")
        source = try answer.string("Source")
        destination = try answer.string("Destination")
        rw = try answer.bool("RW")
    }
}

extension String {
    /// Docker puts a slash before a container's name.
    var withoutSlash: String { hasPrefix("/") ? String(dropFirst()) : self }
}
