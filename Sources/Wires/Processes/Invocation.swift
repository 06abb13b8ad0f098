/// A program and what it is started with.
public struct Invocation: Sendable, Equatable {
    /// A path, or a name that is looked up in this process's `PATH`.
    public var executable: String
    /// The arguments after the program's own name.
    public var arguments: [String]
    /// Its environment variables.
    public var environment: ChildEnvironment
    /// The directory it starts in; nil for this process's own.
    public var workingDirectory: String?

    /// A program, its arguments and, where they differ from this process's own, environment and directory.
    public init(
        _ executable: String, _ arguments: [String] = [], environment: ChildEnvironment = .inherited,
        workingDirectory: String? = nil
    ) {
        self.executable = executable
        self.arguments = arguments
        self.environment = environment
        self.workingDirectory = workingDirectory
    }
}

/// The environment variables of a child.
public enum ChildEnvironment: Sendable, Equatable {
    /// This process's own.
    case inherited
    /// This process's own, with these set over it; a nil takes a variable away.
    case inheritedWith([String: String?])
    /// These and no other.
    case only([String: String])
}

/// Where a child's standard input comes from.
public enum ChildInput: Sendable {
    /// Nothing: `/dev/null`.
    case null
    /// These bytes, then the end.
    case bytes([UInt8])
    /// An open descriptor of the caller, who closes it afterwards. The bytes go to the child without passing through this
    /// process, so a file of any size costs no memory.
    case descriptor(Int32)
}

/// How much of a child's output is kept in memory.
public struct OutputLimits: Sendable, Equatable {
    /// What happens to output beyond the limit.
    public enum WhenFull: Sendable, Equatable {
        /// It is read, counted and thrown away, and the child goes on.
        case discard
        /// The child is ended and `ProcessError.Code.outputOverLimit` thrown (standard output only).
        case stop
    }

    /// Bytes of standard output kept: the first ones.
    public var output: Int
    /// Bytes of standard error kept: the last ones, where programs say why they failed.
    public var error: Int
    /// What happens when standard output is longer.
    public var whenFull: WhenFull

    /// 1 MiB: answers of tools are kilobytes, and what is bigger should be a file or a stream.
    public static let defaultOutput = 1 << 20
    /// 64 KiB: some hundred lines of complaint.
    public static let defaultError = 64 << 10

    /// Limits in bytes.
    public init(
        output: Int = OutputLimits.defaultOutput, error: Int = OutputLimits.defaultError, whenFull: WhenFull = .discard
    ) {
        self.output = output
        self.error = error
        self.whenFull = whenFull
    }
}
