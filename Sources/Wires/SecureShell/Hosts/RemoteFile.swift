/// A file as it is to be on a host.
public struct RemoteFile: Sendable, Equatable {
    /// Its absolute path.
    public var path: String
    /// Its content.
    public var bytes: [UInt8]
    /// Its permission bits.
    public var mode: UInt32
    /// Its owner as chown(1) takes it, `user:group` by name or number; nil for whoever places it.
    public var owner: String?

    /// A file from its parts.
    public init(path: String, bytes: [UInt8], mode: UInt32 = 0o644, owner: String? = nil) {
        self.path = path
        self.bytes = bytes
        self.mode = mode
        self.owner = owner
    }
}

/// What placing a file came to.
public struct PlacedFile: Sendable, Equatable {
    /// What was found, and so done.
    public enum Outcome: String, Sendable {
        /// There was none.
        case created
        /// There was one with other content, mode or owner.
        case changed
        /// It was there as wanted, and was not touched.
        case unchanged
    }

    /// The file.
    public let path: String
    /// What was done.
    public let outcome: Outcome

    /// A path and what was done there.
    public init(path: String, outcome: Outcome) {
        self.path = path
        self.outcome = outcome
    }
}

/// What a unix socket of a host looks like to the user we are there.
public enum RemoteSocketState: Sendable, Equatable {
    /// It is a socket that may be opened. Whether somebody listens is not seen from here.
    case usable
    /// There is nothing of that name.
    case missing
    /// There is something else than a socket.
    case notASocket
    /// This user may not open it.
    case notPermitted(user: String)
}
