public import FleetModel

/// A container to be made (`POST /containers/create`).
public struct ContainerSpecification: Sendable, Hashable {
    /// A file or directory of the host to be visible in a container.
    public struct Bind: Sendable, Hashable {
        /// The path on the host, absolute. It must exist: Docker makes nothing here, unlike with its older `-v`.
        public var source: String
        /// The path in the container, absolute.
        public var target: String
        /// Whether the container may only read.
        public var readOnly: Bool

        /// A bind of `source` to `target`.
        public init(source: String, target: String, readOnly: Bool = false) {
            self.source = source
            self.target = target
            self.readOnly = readOnly
        }
    }

    /// The image; it must be on the host.
    public var image: ImageReference
    /// The arguments, or program and arguments where the image has no entry point; nil for the image's own.
    public var command: [String]?
    /// The program and its first arguments; nil for the image's own, empty for none.
    public var entrypoint: [String]?
    /// Environment as `NAME=value`, over the image's own.
    public var environment: [String] = []
    /// Who it runs as, `0:0`; nil for the image's own.
    public var user: String?
    /// Where it starts; nil for the image's own.
    public var workingDirectory: String?
    /// Labels, over the image's own.
    public var labels: [String: String] = [:]
    /// Paths of the host to be visible in it.
    public var binds: [Bind] = []
    /// `none`, `host`, `bridge` or a network's name; nil for Docker's default.
    public var networkMode: String?
    /// When it is started again; nil for never.
    public var restartPolicy: RestartPolicy?
    /// The most memory it may use, swap included; nil without a limit.
    public var memory: ByteCount?
    /// How long a stop waits before it kills; nil for Docker's 10 s.
    public var stopTimeout: Duration?
    /// How its output is kept and by what options; nil for the daemon's own way.
    public var log: (driver: String, options: [String: String])? {
        get { logDriver.map { ($0, logOptions) } }
        set { (logDriver, logOptions) = (newValue?.driver, newValue?.options ?? [:]) }
    }
    private var logDriver: String?
    private var logOptions: [String: String] = [:]
    /// Whether its output is a terminal's.
    public var tty = false

    /// A container of an image; all else as the image has it.
    public init(image: ImageReference, command: [String]? = nil) {
        self.image = image
        self.command = command
    }

    var json: JSONValue {
        var object = JSONObject()
        object["Image"] = .string(image.rawValue)
        object["Cmd"] = command.map(Self.strings)
        object["Entrypoint"] = entrypoint.map(Self.strings)
        if !environment.isEmpty { object["Env"] = Self.strings(environment) }
        object["User"] = user.map { .string($0) }
        object["WorkingDir"] = workingDirectory.map { .string($0) }
        if !labels.isEmpty { object["Labels"] = Self.dictionary(labels) }
        object["StopTimeout"] = stopTimeout.map { JSONValue($0.wholeSeconds) }
        if tty { object["Tty"] = true }
        object["HostConfig"] = .object(hostConfig)
        return .object(object)
    }

    private var hostConfig: JSONObject {
        var object = JSONObject()
        if !binds.isEmpty {
            object["Mounts"] = .array(
                binds.map {
                    [
                        "Type": "bind", "Source": .string($0.source), "Target": .string($0.target),
                        "ReadOnly": .bool($0.readOnly),
                    ]
                })
        }
        object["NetworkMode"] = networkMode.map { .string($0) }
        object["RestartPolicy"] = restartPolicy.map {
            ["Name": .string($0.name.rawValue), "MaximumRetryCount": JSONValue($0.maximumRetryCount)]
        }
        object["Memory"] = memory.map { JSONValue($0) }
        // Without it Docker allows as much swap again, and what is out of memory only gets slow.
        object["MemorySwap"] = memory.map { JSONValue($0) }
        if let logDriver {
            object["LogConfig"] = ["Type": .string(logDriver), "Config": Self.dictionary(logOptions)]
        }
        return object
    }

    private static func strings(_ values: [String]) -> JSONValue { .array(values.map { .string($0) }) }

    private static func dictionary(_ values: [String: String]) -> JSONValue {
        .object(JSONObject(values.sorted { $0.key < $1.key }.map { ($0.key, .string($0.value)) }))
    }
}

extension Duration {
    /// Rounded up, never negative, and no more than Docker takes.
    var wholeSeconds: Int64 {
        let (seconds, attoseconds) = components
        guard seconds < Int64(Int32.max) else { return Int64(Int32.max) }
        return max(0, attoseconds > 0 ? seconds + 1 : seconds)
    }
}
