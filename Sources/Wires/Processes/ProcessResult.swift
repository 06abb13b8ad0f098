/// How a child ended.
public enum ExitStatus: Sendable, Hashable, CustomStringConvertible {
    /// It exited with this code.
    case exited(Int32)
    /// A signal with this number ended it.
    case signaled(Int32)

    /// Whether it exited with 0.
    public var isSuccess: Bool { self == .exited(0) }

    /// "exit code 3" or "signal 9".
    public var description: String {
        switch self {
        case .exited(let code): "exit code \(code)"
        case .signaled(let number): "signal \(number)"
        }
    }
}

/// What was kept of one output stream of a child.
public struct CapturedOutput: Sendable, Equatable, CustomStringConvertible {
    /// The bytes kept.
    public let bytes: [UInt8]
    /// How many bytes there were beyond the limit.
    public let discarded: Int

    /// Bytes and how many more there were.
    public init(bytes: [UInt8] = [], discarded: Int = 0) {
        self.bytes = bytes
        self.discarded = discarded
    }

    /// The bytes as UTF-8, with invalid ones replaced.
    public var text: String { String(decoding: bytes, as: UTF8.self) }

    /// The text without white space and newlines at its ends.
    public var trimmed: String {
        let text = Substring(text)
        let start = text.drop(while: \.isWhitespace)
        guard let last = start.lastIndex(where: { !$0.isWhitespace }) else { return "" }
        return String(start[...last])
    }

    /// The trimmed text, and how much is missing from it.
    public var description: String { discarded == 0 ? trimmed : "\(trimmed) [\(discarded) more bytes not kept]" }
}

/// How a child ended and what it wrote.
public struct ProcessResult: Sendable, Equatable {
    /// How it ended.
    public let exit: ExitStatus
    /// Its standard output, the first bytes of it when there was too much.
    public let stdout: CapturedOutput
    /// Its standard error, the last bytes of it when there was too much.
    public let stderr: CapturedOutput

    /// A result from its parts.
    public init(exit: ExitStatus, stdout: CapturedOutput, stderr: CapturedOutput) {
        self.exit = exit
        self.stdout = stdout
        self.stderr = stderr
    }
}

/// How each part of a pipeline ended, and what the last one wrote.
public struct PipelineResult: Sendable, Equatable {
    /// One program of a pipeline.
    public struct Stage: Sendable, Equatable {
        /// Its name as it was started.
        public let executable: String
        /// How it ended.
        public let exit: ExitStatus
        /// Its standard error.
        public let stderr: CapturedOutput
    }

    /// The programs in their order; never empty.
    public let stages: [Stage]
    /// Standard output of the last.
    public let stdout: CapturedOutput

    /// Whether every program exited with 0.
    public var isSuccess: Bool { stages.allSatisfy(\.exit.isSuccess) }
}
