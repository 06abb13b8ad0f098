/// What the loop's thread does with an answer as it comes.
///
/// All of it is called on the loop's thread, `finish` exactly once and last.
protocol TransferSink: AnyObject, Sendable {
    func receive(head: HTTPHead)
    /// What a mail server said, once it has taken the mail.
    func receive(replies: MailReplies)
    /// When the first certificate of its chain ends, in seconds since the epoch, where it showed one.
    func receive(certificateEnd: Int64)
    func receive(_ bytes: UnsafeRawBufferPointer) -> SinkAnswer
    func finish(_ result: Result<Void, TransferError>)
}

extension TransferSink {
    func receive(replies: MailReplies) {}
    func receive(certificateEnd: Int64) {}
}

/// What a sink says to bytes.
enum SinkAnswer: Equatable {
    case taken
    /// Not taken: offer them again after a `resume`.
    case full
    case tooLarge(limit: Int)
}

/// Gathers a bounded answer and hands it over whole.
final class CollectingSink: TransferSink, @unchecked Sendable {
    // Touched by the loop's thread alone once the transfer is on its way.
    private let limit: Int
    private let continuation: CheckedContinuation<Result<HTTPResponse, TransferError>, Never>
    private var head: HTTPHead?
    private var body: [UInt8] = []

    init(
        limit: Int, subject: String, continuation: CheckedContinuation<Result<HTTPResponse, TransferError>, Never>
    ) {
        self.limit = limit
        self.subject = subject
        self.continuation = continuation
    }

    private let subject: String

    func receive(head: HTTPHead) { self.head = head }

    func receive(_ bytes: UnsafeRawBufferPointer) -> SinkAnswer {
        guard bytes.count <= limit - body.count else { return .tooLarge(limit: limit) }
        body.append(contentsOf: bytes)
        return .taken
    }

    func finish(_ result: Result<Void, TransferError>) {
        switch (result, head) {
        case (.success, let head?): continuation.resume(returning: .success(HTTPResponse(head: head, body: body)))
        case (.success, nil):
            continuation.resume(returning: .failure(TransferError(.malformedAnswer, subject: subject)))
        case (.failure(let error), _): continuation.resume(returning: .failure(error))
        }
    }
}

/// Waits for the end of a mail's submission.
final class MailSink: TransferSink, @unchecked Sendable {
    // Touched by the loop's thread alone once the transfer is on its way.
    private let recipients: [String]
    private let continuation: CheckedContinuation<Result<MailReceipt, TransferError>, Never>
    private var replies = MailReplies()
    private var certificateEnd: Int64?

    init(recipients: [String], continuation: CheckedContinuation<Result<MailReceipt, TransferError>, Never>) {
        self.recipients = recipients
        self.continuation = continuation
    }

    func receive(head: HTTPHead) {}
    func receive(replies: MailReplies) { self.replies = replies }
    func receive(certificateEnd: Int64) { self.certificateEnd = certificateEnd }
    func receive(_ bytes: UnsafeRawBufferPointer) -> SinkAnswer { .taken }

    func finish(_ result: Result<Void, TransferError>) {
        let receipt = MailReceipt(
            refused: replies.refused(among: recipients), reply: replies.verdict?.text ?? "",
            certificateEnd: certificateEnd)
        continuation.resume(returning: result.map { receipt })
    }
}
