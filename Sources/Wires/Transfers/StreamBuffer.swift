import Threads

/// The bounded space between the loop's thread, which writes, and the one reader of a stream.
final class StreamBuffer: TransferSink {
    private let limit: Int
    private let subject: String
    private let state = Locked(State())
    private let resumeTransfer: @Sendable () -> Void

    private struct State {
        var head: HTTPHead?
        var chunks: [[UInt8]] = []
        var byteCount = 0
        var writerWaits = false
        var result: Result<Void, TransferError>?
        var reader: Reader?
        var ended: [CheckedContinuation<Void, Never>] = []

        mutating func empty() {
            chunks = []
            byteCount = 0
            writerWaits = false
        }
    }

    /// The one who waits, and for what.
    private enum Reader {
        case head(CheckedContinuation<Result<HTTPHead, TransferError>, Never>)
        case chunks(CheckedContinuation<Result<[[UInt8]], TransferError>, Never>)
    }

    init(limit: Int, subject: String, resumeTransfer: @escaping @Sendable () -> Void) {
        self.limit = limit
        self.subject = subject
        self.resumeTransfer = resumeTransfer
    }

    // MARK: The writer

    func receive(head: HTTPHead) {
        let reader = state.withLock { state -> Reader? in
            state.head = head
            guard case .head = state.reader else { return nil }
            return state.reader.take()
        }
        if case .head(let continuation) = reader { continuation.resume(returning: .success(head)) }
    }

    func receive(_ bytes: UnsafeRawBufferPointer) -> SinkAnswer {
        let (answer, reader) = state.withLock { state -> (SinkAnswer, Reader?) in
            if case .chunks = state.reader { return (.taken, state.reader.take()) }
            // One chunk larger than the limit must still pass an empty buffer.
            guard state.byteCount == 0 || bytes.count <= limit - state.byteCount else {
                state.writerWaits = true
                return (.full, nil)
            }
            state.chunks.append(Array(bytes))
            state.byteCount += bytes.count
            return (.taken, nil)
        }
        if case .chunks(let continuation) = reader { continuation.resume(returning: .success([Array(bytes)])) }
        return answer
    }

    func finish(_ result: Result<Void, TransferError>) {
        let (reader, waiters) = state.withLock { state -> (Reader?, [CheckedContinuation<Void, Never>]) in
            state.result = result
            defer { state.ended = [] }
            return (state.reader.take(), state.ended)
        }
        switch reader {
        case .head(let continuation): continuation.resume(returning: Self.withoutHead(result, subject))
        case .chunks(let continuation): continuation.resume(returning: result.map { [] })
        case nil: break
        }
        for waiter in waiters { waiter.resume() }
    }

    // MARK: The reader

    func head() async -> Result<HTTPHead, TransferError> {
        await withCheckedContinuation { continuation in
            let now = state.withLock { state -> Result<HTTPHead, TransferError>? in
                if let head = state.head { return .success(head) }
                if let result = state.result { return Self.withoutHead(result, subject) }
                state.reader = .head(continuation)
                return nil
            }
            if let now { continuation.resume(returning: now) }
        }
    }

    /// All chunks there are, at least one; none when the answer has ended.
    func nextChunks() async -> Result<[[UInt8]], TransferError> {
        await withCheckedContinuation { continuation in
            let (now, wakes) = state.withLock { state -> (Result<[[UInt8]], TransferError>?, Bool) in
                if !state.chunks.isEmpty {
                    defer { state.empty() }
                    return (.success(state.chunks), state.writerWaits)
                }
                if let result = state.result { return (result.map { [] }, false) }
                guard state.reader == nil else { return (.failure(Self.secondReader(subject)), false) }
                state.reader = .chunks(continuation)
                return (nil, false)
            }
            if wakes { resumeTransfer() }
            if let now { continuation.resume(returning: now) }
        }
    }

    /// Returns when the loop's thread has let go of the transfer.
    func end() async {
        await withCheckedContinuation { continuation in
            let isOver = state.withLock { state in
                if state.result == nil { state.ended.append(continuation) }
                return state.result != nil
            }
            if isOver { continuation.resume() }
        }
    }

    private static func withoutHead(
        _ result: Result<Void, TransferError>, _ subject: String
    ) -> Result<HTTPHead, TransferError> {
        result.flatMap { .failure(TransferError(.malformedAnswer, subject: subject)) }
    }

    private static func secondReader(_ subject: String) -> TransferError {
        TransferError(.invalidRequest, subject: subject, detail: "a stream has one reader")
    }
}
