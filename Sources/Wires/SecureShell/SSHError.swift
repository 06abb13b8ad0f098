public import Processes

/// What went wrong on the way to a host, or with what was to be done there.
public struct SSHError: Error, Sendable, CustomStringConvertible {
    /// The kinds that callers tell apart.
    public enum Code: Sendable, Equatable {
        /// The host's name has no address.
        case nameUnknown
        /// The host answers, but nobody listens on the port.
        case connectionRefused
        /// The host does not answer.
        case connectionTimedOut
        /// No way leads to the host.
        case noRoute
        /// Somebody listens on the port who does not speak SSH, or does not speak at all.
        case notSSH
        /// The connection was closed before login, as sshd does under load (MaxStartups) or by a ban.
        case closedBeforeLogin
        /// The connection could not be made for a reason ssh says in words.
        case connectionFailed
        /// The host's key is in no known_hosts file.
        case hostKeyUnknown
        /// The host has another key than the known_hosts file says.
        case hostKeyChanged
        /// The host takes none of our keys.
        case permissionDenied
        /// A key file can't be used: unreadable, open to others, or protected by a passphrase that no agent holds.
        case keyUnusable
        /// Root is needed, and sudo asks for a password.
        case sudoNeedsPassword
        /// Root is needed, and sudo does not allow it or is not there.
        case sudoRefused
        /// The host let us in and did not run the command: no login shell, a forced command, an expired password.
        case commandRefused
        /// The program is not installed on the host.
        case commandMissing
        /// The connection ended after the command had begun: whether it was done is not known.
        case connectionLost
        /// The command wrote more than its bound and was ended.
        case outputOverLimit
        /// The deadline passed; what ran was ended.
        case deadlineExceeded
        /// The task was cancelled; what ran was ended.
        case cancelled
        /// The host's sshd opens no more sessions on the connection (MaxSessions), for longer than we waited.
        case noSession
        /// A unix socket could not be forwarded.
        case forwardingRefused
        /// Files could not be placed.
        case placementFailed
        /// The host's file system is full.
        case noRoom
        /// Something of the host could not be read.
        case readFailed
        /// A program or file of this machine failed.
        case localFailure
        /// ssh does not take its configuration.
        case configurationRejected
        /// What was asked for can't be: a host name, path or command that is none.
        case invalid
    }

    /// The kind of failure.
    public let code: Code
    /// The host it is about.
    public let host: String
    /// What happened, in words.
    public let reason: String
    /// What to do about it, with the command to run; empty where nothing sensible can be said.
    public let remedy: String
    /// The failure of a local process behind it.
    public let cause: ProcessError?

    /// An error from its parts.
    public init(_ code: Code, host: String, reason: String, remedy: String = "", cause: ProcessError? = nil) {
        self.code = code
        self.host = host
        self.reason = reason
        self.remedy = remedy
        self.cause = cause
    }

    /// `host: reason; remedy`.
    public var description: String { remedy.isEmpty ? "\(host): \(reason)" : "\(host): \(reason); \(remedy)" }

    /// Whether the host could not be reached at all, so that nothing is known of it.
    public var isUnreachable: Bool {
        switch code {
        case .nameUnknown, .connectionRefused, .connectionTimedOut, .noRoute, .notSSH, .closedBeforeLogin,
            .connectionFailed:
            true
        default: false
        }
    }

    /// Whether it is certain that the command did not run.
    public var provesNothingRan: Bool {
        switch code {
        case .connectionLost, .outputOverLimit, .deadlineExceeded, .cancelled, .localFailure, .placementFailed, .noRoom,
            .readFailed:
            false
        default: true
        }
    }
}
