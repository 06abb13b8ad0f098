import FleetModel
import Observation
import SecureShell

extension HostProblem {
    /// A failure on the way to a host, as the services know it.
    init(_ error: SSHError) {
        self.init(
            code: error.code.word, unreachable: error.isUnreachable || error.code.isAboutLogin,
            reason: error.reason,
            remedy: error.remedy.isEmpty ? "ssh \(error.host) true shows what ssh itself says" : error.remedy)
    }
}

extension SSHError.Code {
    /// Whether the host answered and did not let us in: of what is on it nothing is known either.
    fileprivate var isAboutLogin: Bool {
        switch self {
        case .hostKeyUnknown, .hostKeyChanged, .permissionDenied, .keyUnusable, .commandRefused,
            .configurationRejected, .connectionLost, .noSession:
            true
        default: false
        }
    }

    /// The stable code in refusals and JSON.
    fileprivate var word: String {
        switch self {
        case .nameUnknown: "host-name-unknown"
        case .connectionRefused: "ssh-refused"
        case .connectionTimedOut: "ssh-timed-out"
        case .noRoute: "no-route"
        case .notSSH: "not-ssh"
        case .closedBeforeLogin: "ssh-closed"
        case .connectionFailed: "ssh-failed"
        case .hostKeyUnknown: "host-key-unknown"
        case .hostKeyChanged: "host-key-changed"
        case .permissionDenied: "ssh-permission-denied"
        case .keyUnusable: "ssh-key-unusable"
        case .sudoNeedsPassword, .sudoRefused: "not-privileged"
        case .commandRefused: "command-refused"
        case .commandMissing: "command-missing"
        case .connectionLost: "connection-lost"
        case .outputOverLimit: "output-over-limit"
        case .deadlineExceeded: "deadline-exceeded"
        case .cancelled: "cancelled"
        case .noSession: "no-session"
        case .forwardingRefused: "forwarding-refused"
        case .placementFailed: "placement-failed"
        case .noRoom: "no-room"
        case .readFailed: "read-failed"
        case .localFailure: "local-failure"
        case .configurationRejected: "ssh-configuration"
        case .invalid: "invalid"
        }
    }
}
