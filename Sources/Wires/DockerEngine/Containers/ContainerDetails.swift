public import FleetModel

/// All that is known of one container (`GET /containers/ID/json`).
public struct ContainerDetails: Sendable, Hashable {
    /// Its identity.
    public let id: ContainerID
    /// Its name, without the slash in front.
    public let name: String
    /// When it was made.
    public let created: DockerTime?
    /// What it does, or how it ended.
    public let state: ContainerRunState
    /// How often its restart policy has started it again; counts anew when somebody starts it.
    public let restartCount: Int
    /// The image that it was made of.
    public let imageID: ImageID
    /// The image as it was asked for.
    public let image: String
    /// Its labels.
    public let labels: [String: String]
    /// What of outside is visible in it.
    public let mounts: [ContainerMount]
    /// What it was given of the host.
    public let hostConfig: ContainerHostConfig
    /// The program and the arguments that were set for it.
    public let command: [String]
    /// Environment as `NAME=value`: it may hold secrets, so show names only.
    public let environment: [String]
    /// Who it runs as; empty for the image's default.
    public let user: String
    /// Whether its output is a terminal's: one stream, without frames.
    public let tty: Bool
    /// How long a stop waits before it kills; nil where it was not set and Docker's 10 s hold.
    public let stopTimeout: Duration?
    /// The signal of a stop; empty for SIGTERM.
    public let stopSignal: String

    init(_ answer: DockerAnswer) throws(AnswerMistake) {
        let config = try answer.object("Config")
        id = ContainerID(rawValue: try answer.required("Id"))
        name = try answer.string("Name").withoutSlash
        created = try answer.time("Created")
        state = try ContainerRunState(try answer.object("State"))
        restartCount = try answer.count("RestartCount")
        imageID = ImageID(rawValue: try answer.string("Image"))
        image = try config.string("Image")
        labels = try config.dictionary("Labels")
        mounts = try answer.objects("Mounts").map(ContainerMount.init)
        hostConfig = try ContainerHostConfig(try answer.object("HostConfig"))
        command = try config.strings("Cmd")
        environment = try config.strings("Env")
        user = try config.string("User")
        tty = try config.bool("Tty")
        stopTimeout = try config.optionalInteger("StopTimeout").map { .seconds(max(0, min($0, 1 << 32))) }
        stopSignal = try config.string("StopSignal")
    }
}

/// What a container does, or how it ended.
public struct ContainerRunState: Sendable, Hashable {
    /// In one word.
    public let status: ContainerState
    /// Whether its process exists; a paused one does.
    public let running: Bool
    /// Whether it is frozen.
    public let paused: Bool
    /// Whether it is between two attempts of its restart policy.
    public let restarting: Bool
    /// Whether the kernel killed it for want of memory.
    public let oomKilled: Bool
    /// Its process on the host; nil when there is none.
    public let pid: Int32?
    /// How its last process ended; 0 while it runs and before it ever did. 137 is SIGKILL, 143 SIGTERM.
    public let exitCode: Int32
    /// Why it could not be started; empty when it could.
    public let error: String
    /// When its process was started last; nil if never.
    public let startedAt: DockerTime?
    /// When its process ended last; nil if never.
    public let finishedAt: DockerTime?
    /// What its health check says: `healthy`, `unhealthy`, `starting`; nil without one.
    public let health: String?

    init(_ answer: DockerAnswer) throws(AnswerMistake) {
        status = ContainerState(rawValue: try answer.required("Status"))
        running = try answer.bool("Running")
        paused = try answer.bool("Paused")
        restarting = try answer.bool("Restarting")
        oomKilled = try answer.bool("OOMKilled")
        let pid = Int32(clamping: try answer.integer("Pid"))
        self.pid = pid > 0 ? pid : nil
        exitCode = Int32(clamping: try answer.integer("ExitCode"))
        error = try answer.string("Error")
        startedAt = try answer.time("StartedAt")
        finishedAt = try answer.time("FinishedAt")
        let health = try answer.object("Health").string("Status")
        self.health = health.isEmpty || health == "none" ? nil : health
    }
}

/// What a container was given of the host.
public struct ContainerHostConfig: Sendable, Hashable {
    /// `host`, `bridge`, `none` or a network's name.
    public let networkMode: String
    /// When it is started again.
    public let restartPolicy: RestartPolicy
    /// The most memory it may use; nil without a limit.
    public let memory: ByteCount?
    /// Memory and swap together; nil without a limit.
    public let memorySwap: ByteCount?
    /// What it is held to when the host's memory is short; nil without one.
    public let memoryReservation: ByteCount?
    /// How its output is kept: `json-file`.
    public let logDriver: String

    init(_ answer: DockerAnswer) throws(AnswerMistake) {
        networkMode = try answer.string("NetworkMode")
        let policy = try answer.object("RestartPolicy")
        restartPolicy = RestartPolicy(
            name: RestartPolicy.Name(rawValue: try policy.string("Name")),
            maximumRetryCount: try policy.count("MaximumRetryCount"))
        memory = try Self.limit(answer, "Memory")
        memorySwap = try Self.limit(answer, "MemorySwap")
        memoryReservation = try Self.limit(answer, "MemoryReservation")
        logDriver = try answer.object("LogConfig").string("Type")
    }

    /// 0 is "not set" and -1 "as much as there is".
    private static func limit(_ answer: DockerAnswer, _ name: String) throws(AnswerMistake) -> ByteCount? {
        let bytes = try answer.integer(name)
        return bytes > 0 ? ByteCount(bytes) : nil
    }
}

/// When a container that ended is started again.
public struct RestartPolicy: Sendable, Hashable {
    /// Docker's policies, with any later one kept by its name.
    public struct Name: RawRepresentable, Sendable, Hashable {
        /// Docker's word.
        public let rawValue: String
        /// Docker's word for a policy; an empty one is `no`.
        public init(rawValue: String) { self.rawValue = rawValue.isEmpty ? "no" : rawValue }
        /// Never.
        public static let no = Name(rawValue: "no")
        /// Always, even after a stop on purpose once the daemon restarts.
        public static let always = Name(rawValue: "always")
        /// Always but after a stop on purpose.
        public static let unlessStopped = Name(rawValue: "unless-stopped")
        /// After a failure, a number of times.
        public static let onFailure = Name(rawValue: "on-failure")
    }

    /// Which.
    public let name: Name
    /// For `onFailure`: how often; 0 is without end.
    public let maximumRetryCount: Int

    /// A policy.
    public init(name: Name, maximumRetryCount: Int = 0) {
        self.name = name
        self.maximumRetryCount = maximumRetryCount
    }
}
