public import Processes

/// A command for a host, and within which bounds it runs.
///
/// It runs under `/bin/sh` with `LC_ALL=C` and the system directories in its `PATH`.
public struct RemoteCommand: Sendable {
    /// 60 s: what takes longer on a host is known to, and says so.
    public static let defaultDeadline: Duration = .seconds(60)

    /// The program and its arguments.
    public let arguments: [String]
    /// Whether it runs as root: by itself if the user is root, else through `sudo -n`.
    public var asRoot: Bool
    /// Its standard input, unless a `LocalSource` gives it.
    public var input: ChildInput
    /// How much of its output is kept.
    public var limits: OutputLimits
    /// The time it may take, making a connection included.
    public var deadline: Duration

    /// A program with its arguments, each reaching it as it is.
    public init(
        _ arguments: [String], asRoot: Bool = false, input: ChildInput = .null, limits: OutputLimits = OutputLimits(),
        deadline: Duration = defaultDeadline
    ) {
        self.arguments = arguments
        self.asRoot = asRoot
        self.input = input
        self.limits = limits
        self.deadline = deadline
    }

    /// A script for `/bin/sh` whose `$1`, `$2`… are `arguments`; its input stays free for data.
    ///
    /// What varies belongs into `arguments`, never into the text.
    public static func script(
        _ text: String, _ arguments: [String] = [], asRoot: Bool = false, input: ChildInput = .null,
        limits: OutputLimits = OutputLimits(), deadline: Duration = defaultDeadline
    ) -> RemoteCommand {
        RemoteCommand(
            ["/bin/sh", "-c", text, "sh"] + arguments, asRoot: asRoot, input: input, limits: limits, deadline: deadline)
    }

    /// What an error calls it: the program, or the script.
    var label: String {
        guard arguments.count > 3, arguments[0] == "/bin/sh", arguments[1] == "-c" else {
            return arguments.first ?? "command"
        }
        return "script"
    }
}

/// How a command on a host ended, and what it wrote.
public struct RemoteResult: Sendable, Equatable {
    /// Its exit code; 128 + n when signal n ended it.
    public let exitCode: Int32
    /// Its standard output, the first bytes of it when there was too much.
    public let stdout: CapturedOutput
    /// Its standard error, the last bytes of it when there was too much.
    public let stderr: CapturedOutput

    /// A result from its parts.
    public init(exitCode: Int32, stdout: CapturedOutput = CapturedOutput(), stderr: CapturedOutput = CapturedOutput()) {
        self.exitCode = exitCode
        self.stdout = stdout
        self.stderr = stderr
    }

    /// Whether it exited with 0.
    public var isSuccess: Bool { exitCode == 0 }
}

/// Where bytes for a command on a host come from, when they are too many for memory.
public struct LocalSource: Sendable {
    /// A file that is read from its start; nil when the first program makes the bytes.
    public let file: String?
    /// Programs of this machine that the bytes go through in turn, as a compressor.
    public let programs: [Invocation]

    /// A file, through programs.
    public init(file: String, through programs: [Invocation] = []) {
        self.file = file
        self.programs = programs
    }

    /// The output of programs, each the next one's input.
    public init(programs: [Invocation]) {
        file = nil
        self.programs = programs
    }
}
