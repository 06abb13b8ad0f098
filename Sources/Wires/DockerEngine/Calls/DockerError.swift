public import Transfers

/// A call to a Docker daemon that failed: what, on which object, why, and what to do about it.
public struct DockerError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What was not there.
    public enum Missing: String, Sendable, Hashable {
        /// No container of this id or name.
        case container
        /// No image of this reference on this host.
        case image
        /// No file or directory of this path in the container.
        case path
        /// Something else: a network, a volume, a plug-in; Docker's message names it.
        case other
    }

    /// Why it failed.
    public enum Kind: Sendable, Hashable {
        /// Nobody listens on the socket, or there is no socket.
        case daemonNotRunning
        /// The socket may not be opened by this user.
        case permissionDenied
        /// The connection was taken and closed again without a word, or broke off in the middle. Behind a forwarded
        /// socket it is all that can be seen of a daemon that does not run and of a socket that may not be opened.
        case connectionLost
        /// No answer in this time.
        case deadline(Duration)
        /// The task was cancelled.
        case cancelled
        /// The daemon speaks no version of the API that is spoken here.
        case unsupportedVersion(daemon: DockerAPIVersion, minimum: DockerAPIVersion?)
        /// It does not exist.
        case notFound(Missing)
        /// It exists already, or is in a state that does not allow the call.
        case conflict
        /// The image is made for another operating system or processor.
        case wrongPlatform
        /// A disk of Docker's host is full.
        case noSpace
        /// Docker refuses the call as such, or it can't be sent: a name that no container can have.
        case invalidRequest
        /// Docker failed; `message` has its words.
        case server(status: Int)
        /// The answer is not what the Engine API answers.
        case garbage
        /// The answer is larger than any that is accepted.
        case answerTooLarge(limit: Int)
        /// The data to send could not be read, or the transfer failed otherwise.
        case transfer
    }

    /// Why.
    public let kind: Kind
    /// What was tried, on which object: `inspect the container kafka-1`.
    public let operation: String
    /// The daemon, by the path of its socket.
    public let socketPath: String
    /// Docker's own words, or the mistake in its answer; may be empty.
    public let message: String
    /// What the connection died of, where it did.
    public let cause: TransferError?

    /// An error; made by hand only in tests.
    public init(
        _ kind: Kind, operation: String, socketPath: String, message: String = "", cause: TransferError? = nil
    ) {
        self.kind = kind
        self.operation = operation
        self.socketPath = socketPath
        self.message = message
        self.cause = cause
    }

    /// What failed and why, in one line without the remedy.
    public var description: String {
        let said = message.isEmpty ? "" : ": \(message)"
        return "Docker on \(socketPath) can't \(operation): \(reason)\(said)"
    }

    private var reason: String {
        switch kind {
        case .daemonNotRunning: "no daemon is listening"
        case .permissionDenied: "this user may not open the socket"
        case .connectionLost: "the connection was closed"
        case .deadline(let limit): "no end within \(limit)"
        case .cancelled: "cancelled"
        case .unsupportedVersion(let daemon, nil):
            "it speaks API \(daemon), and at least \(DockerAPIVersion.oldest) (Docker 20.10) is needed"
        case .unsupportedVersion(let daemon, let minimum?):
            "it speaks API \(minimum) to \(daemon), and "
                + "\(DockerAPIVersion.oldest) to \(DockerAPIVersion.newest) is spoken here"
        case .notFound(.container): "there is no such container"
        case .notFound(.image): "there is no such image on this host"
        case .notFound(.path): "there is no such path in it"
        case .notFound(.other): "something it needs does not exist"
        case .conflict: "its state does not allow that"
        case .wrongPlatform: "the image is made for another platform"
        case .noSpace: "a disk of the host is full"
        case .invalidRequest: "the call is refused"
        case .server(let status): "Docker failed (status \(status))"
        case .garbage: "the answer makes no sense"
        case .answerTooLarge(let limit): "the answer has more than \(limit) bytes"
        case .transfer: "the transfer failed"
        }
    }

    /// What to do about it, as a sentence.
    public var remedy: String {
        switch kind {
        case .daemonNotRunning: "Start Docker on the host: systemctl start docker."
        case .permissionDenied: "Add the user to the group docker on the host (usermod -aG docker USER), or use root."
        case .connectionLost:
            "See that Docker runs on the host (systemctl status docker) and that the user may open its socket "
                + "(docker version)."
        case .deadline: "See whether the host is overloaded or Docker hangs: journalctl -u docker."
        case .cancelled: "Run the command again."
        case .unsupportedVersion(let daemon, _):
            daemon < .oldest ? "Upgrade Docker on the host to 20.10 or newer." : "Upgrade Gantry."
        case .notFound(.container): "List the containers of the host: docker ps --all."
        case .notFound(.image): "Bring the image to the host: docker load, or docker pull."
        case .notFound(.path): "Use an image that has it: Kafka's own layout lies under /opt/kafka."
        case .notFound(.other): "Create what is named, or correct the name."
        case .conflict: "Look at the container's state (docker ps --all), and remove or rename what is in the way."
        case .wrongPlatform: "Build or pull the image for the host's platform: docker build --platform."
        case .noSpace: "Make room on the host: df -h, then docker system df."
        case .invalidRequest: "Correct what Docker names."
        case .server: "Read Docker's journal on the host: journalctl -u docker."
        case .garbage, .answerTooLarge: "See that the socket is Docker's and not another program's."
        case .transfer: "Run the command again."
        }
    }
}

extension DockerError {
    /// What a broken transfer means to a call.
    init(_ cause: TransferError, operation: String, socketPath: String) {
        let kind: Kind =
            switch cause.reason {
            case .cannotConnect where cause.systemError == Self.accessDenied: .permissionDenied
            case .cannotConnect where cause.systemError == Self.notPermitted: .permissionDenied
            case .cannotConnect: .daemonNotRunning
            case .closedWithoutAnswer, .connectionLost: .connectionLost
            case .deadline(_, let limit): .deadline(limit)
            case .cancelled: .cancelled
            case .answerTooLarge(let limit): .answerTooLarge(limit: limit)
            case .malformedAnswer: .garbage
            case .invalidRequest: .invalidRequest
            case .uploadUnreadable, .other, .refused, .loginRefused, .tlsNotOffered, .tlsFailed: .transfer
            }
        self.init(kind, operation: operation, socketPath: socketPath, message: cause.detail, cause: cause)
    }

    /// EACCES and EPERM (errno(3)), the same on every Linux.
    private static let accessDenied: Int32 = 13
    private static let notPermitted: Int32 = 1

    /// What a status other than success means. Docker's words are consulted only where the status says too little.
    static func kind(status: Int, message: String) -> Kind {
        let words = message.lowercased()
        if words.contains("no space left on device") || words.contains("disk quota exceeded") { return .noSpace }
        if isAboutPlatform(words) { return .wrongPlatform }
        switch status {
        case 404 where words.contains("no such container"): return .notFound(.container)
        case 404 where words.contains("no such image") || words.contains("manifest unknown"): return .notFound(.image)
        case 404 where words.contains("could not find the file"): return .notFound(.path)
        case 404: return .notFound(.other)
        case 409: return .conflict
        case 400: return .invalidRequest
        default: return .server(status: status)
        }
    }

    private static func isAboutPlatform(_ words: String) -> Bool {
        ["does not match the specified platform", "exec format error", "no matching manifest for"]
            .contains { words.contains($0) }
    }
}
