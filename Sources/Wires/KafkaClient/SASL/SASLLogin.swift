/// How a client proves who it is (SASL).
public struct SASLLogin: Sendable, Hashable {
    /// The mechanisms that are known here, by Kafka's names.
    public enum Mechanism: String, Sendable, Hashable, CaseIterable {
        /// User and password as they are: only under TLS. (RFC 4616)
        case plain = "PLAIN"
        /// Salted challenge and response with SHA-256. (RFC 5802, RFC 7677)
        case scramSHA256 = "SCRAM-SHA-256"
        /// The same with SHA-512.
        case scramSHA512 = "SCRAM-SHA-512"
    }

    /// The mechanism.
    public var mechanism: Mechanism
    /// The user's name.
    public var user: String
    /// The user's password.
    public var password: String

    /// A login by `mechanism`.
    public init(mechanism: Mechanism, user: String, password: String) {
        self.mechanism = mechanism
        self.user = user
        self.password = password
    }
}

extension SASLLogin: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Mechanism and user; never the password.
    public var description: String { "\(mechanism.rawValue) as \(user)" }
    /// The same as `description`.
    public var debugDescription: String { description }
    /// Mechanism and user; never the password.
    public var customMirror: Mirror { Mirror(self, children: ["mechanism": mechanism.rawValue, "user": user]) }
}
