/// Runs `body` with a set of transfers that share one thread, one connection cache and one lifetime.
///
/// When `body` returns or throws, what is still under way is cancelled and the thread has ended before this returns.
///
/// - Throws: What `body` throws; `TransferError` if curl or its thread can't be started.
public func withTransfers<Value>(_ body: (Transfers) async throws -> Value) async throws -> Value {
    let loop = try TransferLoop.start()
    let result: Result<Value, any Error>
    do {
        result = .success(try await body(Transfers(loop: loop)))
    } catch {
        result = .failure(error)
    }
    await loop.stop()
    return try result.get()
}

/// Transfers by libcurl's multi interface on one thread, each known by a number of its own.
///
/// Any number of tasks may use it at once. A cancelled task's transfer ends at once, its neighbours go on.
/// It speaks HTTP, and SMTP to submit mail.
public final class Transfers: Sendable {
    private let loop: TransferLoop

    init(loop: TransferLoop) { self.loop = loop }

    /// Sends a request and gathers its answer.
    ///
    /// Any status is a success here.
    ///
    /// - Throws: When there is no whole answer within the request's bounds, or the task was cancelled.
    public func perform(_ request: HTTPRequest) async throws(TransferError) -> HTTPResponse {
        let loop = loop
        let id = loop.nextID()
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                loop.start(
                    id, .http(request),
                    CollectingSink(limit: request.bodyLimit, subject: request.subject, continuation: continuation))
                // The handler may have run before there was anything to cancel.
                if Task.isCancelled { loop.cancel(id) }
            }
        } onCancel: {
            loop.cancel(id)
        }
        return try result.get()
    }

    /// Hands a mail to its server.
    ///
    /// Of several recipients it is enough that the server takes one; those it refused are in the receipt.
    ///
    /// - Throws: When the server did not take it, or the task was cancelled: it is then not known to be lost, since the
    ///   server may have taken it with its answer still on the way.
    public func submit(_ mail: MailSubmission) async throws(TransferError) -> MailReceipt {
        let loop = loop
        let id = loop.nextID()
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                loop.start(id, .mail(mail), MailSink(recipients: mail.recipients, continuation: continuation))
                if Task.isCancelled { loop.cancel(id) }
            }
        } onCancel: {
            loop.cancel(id)
        }
        return try result.get()
    }

    /// Sends a request and gives `body` the answer's head and its bytes as they come.
    ///
    /// The transfer has ended when this returns: left early, it is cancelled.
    ///
    /// At most `bufferLimit` bytes are held for a reader that is behind; then the peer is held up.
    ///
    /// - Throws: What `body` throws; `TransferError` when no head arrived.
    public func withStream<Value>(
        _ request: HTTPRequest, bufferLimit: Int = TransferStream.defaultBufferLimit,
        _ body: (HTTPHead, TransferStream) async throws -> Value
    ) async throws -> Value {
        let loop = loop
        let id = loop.nextID()
        let buffer = StreamBuffer(limit: bufferLimit, subject: request.subject) { loop.resume(id) }
        return try await withTaskCancellationHandler {
            loop.start(id, .http(request), buffer)
            if Task.isCancelled { loop.cancel(id) }
            let result: Result<Value, any Error>
            do {
                result = .success(try await body(try await buffer.head().get(), TransferStream(buffer: buffer)))
            } catch {
                result = .failure(error)
            }
            loop.cancel(id)
            await buffer.end()
            return try result.get()
        } onCancel: {
            loop.cancel(id)
        }
    }
}
