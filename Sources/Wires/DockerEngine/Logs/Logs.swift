import Transfers

/// Which of a container's lines are asked for.
public struct LogSelection: Sendable, Hashable {
    /// From the end.
    public enum Tail: Sendable, Hashable {
        /// All that Docker has kept.
        case all
        /// So many of the last lines.
        case last(Int)
    }

    /// How many.
    public var tail: Tail
    /// Not older than this.
    public var since: DockerTime?
    /// Standard output.
    public var stdout: Bool
    /// Standard error.
    public var stderr: Bool
    /// Whether each line is to have its time. Docker keeps a line of more than 16 KiB in parts, and with this the
    /// times of its later parts stand within it.
    public var timestamps: Bool

    /// A selection.
    public init(
        tail: Tail = .all, since: DockerTime? = nil, stdout: Bool = true, stderr: Bool = true, timestamps: Bool = false
    ) {
        self.timestamps = timestamps
        self.tail = tail
        self.since = since
        self.stdout = stdout
        self.stderr = stderr
    }
}

/// The lines of a container as they come. It is read once, by one task.
public struct LogLineSequence: AsyncSequence {
    /// A line.
    public typealias Element = LogLine
    /// What it throws.
    public typealias Failure = DockerError

    let engine: DockerEngine
    let operation: String
    let isTerminal: Bool
    let hasTimes: Bool
    let stream: TransferStream

    /// Reads the lines.
    public struct AsyncIterator: AsyncIteratorProtocol {
        let engine: DockerEngine
        let operation: String
        let isTerminal: Bool
        var chunks: TransferStream.AsyncIterator
        var decoder = LogFrameDecoder()
        var assembler: LogLineAssembler
        var ready: ArraySlice<LogLine> = []
        var isOver = false

        /// The next line, or nil at the end.
        public mutating func next() async throws -> LogLine? { try await next(isolation: nil) }

        /// The next line, or nil at the end.
        ///
        /// - Throws: `DockerError` when the stream broke off or is not Docker's.
        public mutating func next(isolation actor: isolated (any Actor)?) async throws(DockerError) -> LogLine? {
            while ready.isEmpty, !isOver {
                do {
                    if let chunk = try await chunks.next(isolation: actor) {
                        ready = try lines(in: chunk)[...]
                    } else {
                        isOver = true
                        ready = assembler.finish()[...]
                    }
                } catch let error as TransferError {
                    throw DockerError(error, operation: operation, socketPath: engine.socketPath)
                } catch {
                    throw engine.fail(operation, .garbage, "its output is in no frames")
                }
            }
            return ready.popFirst()
        }

        private mutating func lines(in chunk: [UInt8]) throws(LogFrameDecoder.Malformed) -> [LogLine] {
            if isTerminal { return assembler.append(LogFrameDecoder.Piece(stream: .terminal, bytes: chunk)) }
            return try decoder.append(chunk).flatMap { assembler.append($0) }
        }
    }

    /// A reader.
    public func makeAsyncIterator() -> AsyncIterator {
        AsyncIterator(
            engine: engine, operation: operation, isTerminal: isTerminal, chunks: stream.makeAsyncIterator(),
            assembler: LogLineAssembler(hasTimes: hasTimes))
    }
}

extension DockerEngine {
    /// Gives `body` a container's lines (`GET /containers/ID/logs`), with `follow` also those to come, until it ends.
    ///
    /// - Throws: What `body` throws; `DockerError`. A container whose log driver can't be read is `.server`.
    public func withLogs<Value>(
        of container: ContainerReference, _ selection: LogSelection = LogSelection(), follow: Bool = false,
        _ body: (LogLineSequence) async throws -> Value
    ) async throws -> Value {
        var call = try call("read the output of", container, .get, "/logs")
        call.add("stdout", selection.stdout ? "1" : "0")
        call.add("stderr", selection.stderr ? "1" : "0")
        if selection.timestamps { call.add("timestamps", "1") }
        call.add("since", selection.since?.query)
        if case .last(let count) = selection.tail { call.add("tail", String(max(0, count))) }
        if follow { call.add("follow", "1") }
        // What is there comes at once; what is to come may take for ever.
        call.deadlines = TransferDeadlines(
            answer: .seconds(30), silence: follow ? nil : .seconds(30), whole: follow ? nil : .seconds(300))
        let operation = call.operation
        return try await withStream(call) { head, stream in
            let isTerminal = try await isTerminal(container, head)
            return try await body(
                LogLineSequence(
                    engine: self, operation: operation, isTerminal: isTerminal, hasTimes: selection.timestamps,
                    stream: stream))
        }
    }

    /// From API 1.42 on the answer says it; before, only the container's configuration does.
    private func isTerminal(_ container: ContainerReference, _ head: HTTPHead) async throws(DockerError) -> Bool {
        switch head["Content-Type"] {
        case "application/vnd.docker.multiplexed-stream": false
        case "application/vnd.docker.raw-stream" where try await negotiated().common >= DockerAPIVersion(1, 42): true
        default: try await inspect(container).tty
        }
    }

    /// A container's lines, in the order in which they were written (`GET /containers/ID/logs`).
    ///
    /// Of more than `limit` bytes only the last lines are kept.
    ///
    /// - Returns: The oldest first.
    /// - Throws: `DockerError`.
    public func logs(
        of container: ContainerReference, _ selection: LogSelection = LogSelection(tail: .last(200)),
        limit: Int = Self.defaultLogLimit
    ) async throws(DockerError) -> [LogLine] {
        do {
            return try await withLogs(of: container, selection) { lines in
                var kept = LogTail(limit: limit)
                for try await line in lines { kept.append(line) }
                return Array(kept.lines)
            }
        } catch let error as DockerError {
            throw error
        } catch {
            throw fail("read the output of the container \(container)", .transfer, "\(error)")
        }
    }

    /// Some thousand lines: what a person reads to see why a broker died.
    public static let defaultLogLimit = 1 << 20
}

/// The last lines of many, within a bound of bytes.
struct LogTail {
    let limit: Int
    private(set) var lines: ArraySlice<LogLine> = []
    private(set) var isCut = false
    private var byteCount = 0

    init(limit: Int) { self.limit = limit }

    mutating func append(_ line: LogLine) {
        lines.append(line)
        byteCount += line.text.utf8.count + 1
        while byteCount > limit, let first = lines.first {
            byteCount -= first.text.utf8.count + 1
            lines.removeFirst()
            isCut = true
        }
    }
}
