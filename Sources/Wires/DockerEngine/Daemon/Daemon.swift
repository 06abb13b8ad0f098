public import FleetModel
import Transfers

/// What a daemon says of its version (`GET /version`).
public struct DaemonVersion: Sendable, Hashable {
    /// Docker's version, `20.10.24`.
    public let version: String
    /// The newest version of the API it speaks.
    public let apiVersion: DockerAPIVersion
    /// The oldest version of the API it speaks, where it says so.
    public let minAPIVersion: DockerAPIVersion?
    /// `linux`.
    public let os: String
    /// The processor by Go's name: `amd64`, `arm64`.
    public let arch: String
    /// `6.1.0-18-amd64`.
    public let kernelVersion: String
}

/// What a daemon says of itself and its host (`GET /info`).
public struct DaemonInfo: Sendable, Hashable {
    /// The daemon's own id.
    public let id: String
    /// The host's name.
    public let name: String
    /// Docker's version.
    public let serverVersion: String
    /// The storage driver: `overlay2`.
    public let driver: String
    /// Where the daemon keeps its data.
    public let dockerRootDir: String
    /// `1` or `2`.
    public let cgroupVersion: String
    /// `systemd` or `cgroupfs`.
    public let cgroupDriver: String
    /// How output is kept where a container does not say so itself: `json-file`.
    public let loggingDriver: String
    /// Whether containers outlive the daemon's restart.
    public let liveRestoreEnabled: Bool
    /// The host's memory.
    public let memTotal: ByteCount
    /// The host's processors.
    public let ncpu: Int
    /// The processor by the kernel's name: `x86_64`, `aarch64`.
    public let architecture: String
    /// `linux`.
    public let osType: String
    /// `Debian GNU/Linux 12 (bookworm)`.
    public let operatingSystem: String
    /// The kernel's version.
    public let kernelVersion: String
    /// Containers in any state.
    public let containers: Int
    /// Containers that run.
    public let containersRunning: Int
    /// What the daemon itself warns of.
    public let warnings: [String]
}

extension DockerEngine {
    /// Whether the daemon answers at all; the cheapest call there is (`GET /_ping`).
    ///
    /// - Returns: The version of the API that it offers.
    /// - Throws: `DockerError` when it does not answer, or not as Docker does.
    @discardableResult
    public func ping() async throws(DockerError) -> DockerAPIVersion {
        var call = DockerCall("answer a ping", .get, "/_ping")
        call.isVersioned = false
        let response = try await perform(call)
        guard let version = response.head["Api-Version"].flatMap({ DockerAPIVersion($0) }) else {
            throw fail(call.operation, .garbage, "it names no version of its API")
        }
        return version
    }

    /// The daemon's version (`GET /version`), of any daemon, however old or new.
    ///
    /// - Returns: What it says.
    /// - Throws: `DockerError` when it does not answer, or not as Docker does.
    public func version() async throws(DockerError) -> DaemonVersion {
        var call = DockerCall("tell its version", .get, "/version")
        call.isVersioned = false
        return try await read(call) { value throws(AnswerMistake) in
            let answer = try DockerAnswer(value)
            guard let apiVersion = DockerAPIVersion(try answer.required("ApiVersion")) else {
                throw AnswerMistake(message: "ApiVersion is no version")
            }
            return DaemonVersion(
                version: try answer.required("Version"), apiVersion: apiVersion,
                minAPIVersion: DockerAPIVersion(try answer.string("MinAPIVersion")), os: try answer.string("Os"),
                arch: try answer.string("Arch"), kernelVersion: try answer.string("KernelVersion"))
        }
    }

    /// What the daemon says of itself and its host (`GET /info`).
    ///
    /// - Returns: What it says.
    /// - Throws: `DockerError` when it does not answer, or not as Docker does.
    public func info() async throws(DockerError) -> DaemonInfo {
        try await read(DockerCall("tell about itself", .get, "/info")) { value throws(AnswerMistake) in
            let answer = try DockerAnswer(value)
            return DaemonInfo(
                id: try answer.string("ID"), name: try answer.string("Name"),
                serverVersion: try answer.required("ServerVersion"), driver: try answer.string("Driver"),
                dockerRootDir: try answer.string("DockerRootDir"), cgroupVersion: try answer.string("CgroupVersion"),
                cgroupDriver: try answer.string("CgroupDriver"), loggingDriver: try answer.string("LoggingDriver"),
                liveRestoreEnabled: try answer.bool("LiveRestoreEnabled"),
                memTotal: ByteCount(try answer.integer("MemTotal")), ncpu: try answer.count("NCPU"),
                architecture: try answer.string("Architecture"), osType: try answer.string("OSType"),
                operatingSystem: try answer.string("OperatingSystem"),
                kernelVersion: try answer.string("KernelVersion"), containers: try answer.count("Containers"),
                containersRunning: try answer.count("ContainersRunning"), warnings: try answer.strings("Warnings"))
        }
    }
}
