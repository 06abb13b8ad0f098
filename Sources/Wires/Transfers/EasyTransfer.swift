import CCurl
import CSystem
import Glibc

/// One transfer on its way: an easy handle and what its callbacks need. It lives on the loop's thread alone.
final class EasyTransfer {
    let id: TransferID
    let handle: UnsafeMutableRawPointer
    private let order: TransferOrder
    private let sink: any TransferSink
    private(set) var clocks: TransferClocks
    private var assembler = HTTPHeadAssembler()
    private var replies = MailReplies()
    private var headerList: UnsafeMutablePointer<curl_slist>?
    private let errorText: UnsafeMutablePointer<CChar>
    private var upload: UploadSource?
    private var isReaderBehind = false
    private var isRefused = false
    /// Why a callback ended the transfer; curl only knows that one did.
    private var verdict: (reason: TransferError.Reason, systemError: Int32?)?

    /// - Throws: When curl can't take the request; nothing is left behind.
    static func make(
        _ id: TransferID, _ order: TransferOrder, _ sink: any TransferSink
    ) throws(TransferError) -> EasyTransfer {
        if let flaw = order.flaw { throw TransferError(.invalidRequest, subject: order.subject, detail: flaw) }
        guard let handle = curl_easy_init() else {
            throw TransferError(.other, subject: order.subject, detail: "curl has no memory")
        }
        let transfer = EasyTransfer(id, handle, order, sink)
        try transfer.configure()
        return transfer
    }

    private init(
        _ id: TransferID, _ handle: UnsafeMutableRawPointer, _ order: TransferOrder, _ sink: any TransferSink
    ) {
        self.id = id
        self.handle = handle
        self.order = order
        self.sink = sink
        clocks = TransferClocks(order.deadlines, start: .now)
        errorText = .allocate(capacity: Int(CURL_ERROR_SIZE))
        errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
        upload = order.upload
    }

    deinit {
        curl_easy_cleanup(handle)
        curl_slist_free_all(headerList)
        errorText.deallocate()
    }

    private func configure() throws(TransferError) {
        var options = EasyOptions(handle: handle)
        options.setCommon(connectDeadline: order.deadlines.connect, errorText: errorText)
        options.setPointer(CURLOPT_PRIVATE, UnsafeMutableRawPointer(bitPattern: UInt(id.rawValue)))
        let this = Unmanaged.passUnretained(self).toOpaque()
        options.setCallback(CURLOPT_HEADERFUNCTION, CURLOPT_HEADERDATA, this, headerCallback)
        options.setCallback(CURLOPT_WRITEFUNCTION, CURLOPT_WRITEDATA, this, writeCallback)
        options.setCallback(CURLOPT_READFUNCTION, CURLOPT_READDATA, this, readCallback)
        switch order {
        case .http(let request): headerList = options.set(request)
        case .mail(let mail): headerList = options.set(mail)
        }
        if let failure = options.failure {
            throw TransferError(
                .other, subject: order.subject, detail: String(cString: curl_easy_strerror(failure)),
                curlCode: failure.rawValue)
        }
    }

    // MARK: What the loop asks and says

    /// Whether what it sends comes from a descriptor.
    var readsDescriptor: Bool { upload.map { $0.descriptor >= 0 } ?? false }

    /// The descriptor whose next bytes the upload waits for.
    var awaitedDescriptor: Int32? { upload?.isWaiting == true ? upload?.descriptor : nil }

    /// Whether an upload stands still that the peer has already refused: curl itself stops sending on such an answer,
    /// but not while the upload is paused.
    var waitsInVain: Bool { isRefused && upload?.isWaiting == true }

    func resumeReceiving() {
        guard isReaderBehind else { return }
        isReaderBehind = false
        clocks.readerCaughtUp(at: .now)
        unpause()
    }

    func resumeUpload() {
        guard upload?.isWaiting == true else { return }
        upload?.isWaiting = false
        unpause()
    }

    private func unpause() {
        // What stays paused is named, all else goes on; this may call the callbacks at once.
        var still = CURLPAUSE_CONT
        if isReaderBehind { still |= CURLPAUSE_RECV }
        if upload?.isWaiting == true { still |= CURLPAUSE_SEND }
        curl_easy_pause(handle, still)
    }

    /// Tells the sink how it ended. The transfer must have left the multi handle.
    func finish(_ code: CURLcode) {
        if code == CURLE_OK, verdict == nil {
            if case .mail = order {
                sink.receive(replies: replies)
                let end = csystem_curl_certificate_end(handle)
                if end > 0 { sink.receive(certificateEnd: Int64(end)) }
            }
            return sink.finish(.success(()))
        }
        var number = 0
        csystem_curl_get_long(handle, CURLINFO_OS_ERRNO, &number)
        let systemError = number == 0 ? nil : Int32(truncatingIfNeeded: number)
        let reason =
            verdict?.reason
            ?? refusal(code)
            ?? TransferError.Reason(code, systemError: systemError, deadlines: order.deadlines)
        let words = errorText.pointee == 0 ? curl_easy_strerror(code) : UnsafePointer(errorText)
        sink.finish(
            .failure(
                TransferError(
                    reason, subject: order.subject,
                    // When a callback ended it, curl's words tell only of the callback.
                    detail: verdict == nil ? words.map { String(cString: $0) } ?? "" : "", curlCode: code.rawValue,
                    systemError: verdict?.systemError ?? systemError)))
    }

    /// The mail server's own no, where that ended it: curl's code then tells only at which command.
    private func refusal(_ code: CURLcode) -> TransferError.Reason? {
        guard case .mail = order else { return nil }
        // Only a reply that curl waits for itself: the connection is made.
        if code == CURLE_OPERATION_TIMEDOUT, !replies.replies.isEmpty { return deadlineReason(.silence) }
        guard code != CURLE_OPERATION_TIMEDOUT, code != CURLE_LOGIN_DENIED, let reply = replies.verdict,
            (400...599).contains(reply.code)
        else { return nil }
        return .refused(code: reply.code, text: reply.text)
    }

    /// Keeps curl from finishing a dialogue with a mail server when the handle is taken away: it would wait for replies.
    func leaveAtOnce() {
        guard case .mail = order else { return }
        // A good-bye has a second, the shortest there is; all else has had its time.
        _ = csystem_curl_set_long(handle, CURLOPT_SERVER_RESPONSE_TIMEOUT, 1)
        _ = csystem_curl_set_long(handle, CURLOPT_TIMEOUT_MS, 1)
    }

    func deadlineReason(_ kind: TransferDeadlines.Kind) -> TransferError.Reason {
        .deadline(kind, order.deadlines.duration(of: kind) ?? .zero)
    }

    /// Ends it for a reason of our own. The transfer must have left the multi handle.
    func finish(_ reason: TransferError.Reason) {
        sink.finish(.failure(TransferError(reason, subject: order.subject)))
    }

    // MARK: What curl says

    fileprivate func takeHeader(_ line: UnsafeRawBufferPointer) -> Int {
        clocks.bytesMoved(at: .now)
        let text = String(decoding: line, as: UTF8.self)
        if case .mail = order {
            return replies.append(text) ? line.count : refuse(.answerTooLarge(limit: MailReplies.limit))
        }
        switch assembler.append(text) {
        case .more: return line.count
        case .head(let head):
            clocks.answerBegan(at: .now)
            isRefused = head.status >= 300
            sink.receive(head: head)
            return line.count
        case .tooLarge: return refuse(.answerTooLarge(limit: HTTPHeadAssembler.limit))
        case .malformed: return refuse(.malformedAnswer)
        }
    }

    fileprivate func takeBody(_ bytes: UnsafeRawBufferPointer) -> Int {
        clocks.bytesMoved(at: .now)
        switch sink.receive(bytes) {
        case .taken: return bytes.count
        case .full:
            isReaderBehind = true
            clocks.readerFellBehind()
            return Int(CURL_WRITEFUNC_PAUSE)
        case .tooLarge(let limit): return refuse(.answerTooLarge(limit: limit))
        }
    }

    /// Fewer bytes than were offered end the transfer.
    private func refuse(_ reason: TransferError.Reason) -> Int {
        verdict = (reason, nil)
        return 0
    }

    fileprivate func fillUpload(_ space: UnsafeMutableRawBufferPointer) -> Int {
        switch upload?.read(into: space) {
        case .bytes(let count):
            clocks.bytesMoved(at: .now)
            return count
        case .notYet: return Int(CURL_READFUNC_PAUSE)
        case .failed(let error):
            verdict = (.uploadUnreadable, error)
            return Int(CURL_READFUNC_ABORT)
        case nil: return 0
        }
    }
}

private typealias DataCallback =
    @convention(c) (UnsafeMutablePointer<CChar>?, Int, Int, UnsafeMutableRawPointer?) -> Int

private func transfer(_ pointer: UnsafeMutableRawPointer?) -> EasyTransfer? {
    pointer.map { Unmanaged<EasyTransfer>.fromOpaque($0).takeUnretainedValue() }
}

// curl's size is always 1 (CURLOPT_WRITEFUNCTION(3)), so the count is the number of bytes.
private let headerCallback: DataCallback = { data, _, count, this in
    transfer(this)?.takeHeader(UnsafeRawBufferPointer(start: data, count: count)) ?? 0
}
private let writeCallback: DataCallback = { data, _, count, this in
    transfer(this)?.takeBody(UnsafeRawBufferPointer(start: data, count: count)) ?? 0
}
private let readCallback: DataCallback = { data, size, count, this in
    transfer(this)?.fillUpload(UnsafeMutableRawBufferPointer(start: data, count: size * count)) ?? 0
}
