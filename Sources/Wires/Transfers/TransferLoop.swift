import CCurl
import CSystem
import Glibc
import Threads

/// A transfer's number; never used twice within a loop.
struct TransferID: Hashable, Sendable {
    let rawValue: UInt64
}

/// The thread that drives curl's multi handle, and the mailbox through which the rest of the process talks to it.
///
/// curl says which sockets to watch and when to come back (`curl_multi_socket_action(3)`), so that a round costs what
/// happened in it and not what is open.
final class TransferLoop: @unchecked Sendable {
    private enum Letter {
        case start(TransferID, TransferOrder, any TransferSink)
        case cancel(TransferID)
        case resume(TransferID)
        case stop
    }

    private struct Mailbox {
        var letters: [Letter] = []
        var lastID: UInt64 = 0
        /// From then on nobody reads the letters, and `multi` may be gone.
        var isClosed = false
        var whenClosed: CheckedContinuation<Void, Never>?
    }

    private let multi: UnsafeMutableRawPointer
    private let watched: ReadySet
    private let mailbox = Locked(Mailbox())
    private var thread = pthread_t()
    // Touched by the thread alone.
    private var active: [TransferID: EasyTransfer] = [:]
    /// Those that read what they send from a descriptor.
    private var uploading: Set<TransferID> = []
    /// Whose upload waits for a descriptor.
    private var awaited: [Int32: TransferID] = [:]
    /// When curl wants to be called though no socket is ready.
    private var curlIsDue: ContinuousClock.Instant?
    /// No deadline of ours ends before: what a transfer does only puts its own off.
    private var firstDeadline: ContinuousClock.Instant?

    private init(multi: UnsafeMutableRawPointer, watched: ReadySet) {
        self.multi = multi
        self.watched = watched
    }

    private static let isCurlReady = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK

    static func start() throws(TransferError) -> TransferLoop {
        let watched: ReadySet
        do throws(ReadySet.Refusal) { watched = try ReadySet() } catch {
            throw TransferError(.other, subject: "watching sockets", systemError: error.number)
        }
        guard isCurlReady, let multi = curl_multi_init() else {
            let problem = csystem_curl_problem().map { String(cString: $0) }
            throw TransferError(.other, subject: "starting curl", detail: problem ?? "curl can't be initialised")
        }
        let loop = TransferLoop(multi: multi, watched: watched)
        // Unretained: the loop ends the handle itself, on its thread.
        csystem_curl_multi_set_callbacks(
            multi, socketCallback, timerCallback, Unmanaged.passUnretained(loop).toOpaque())
        // Signals are the business of other threads.
        var all = sigset_t()
        var before = sigset_t()
        sigfillset(&all)
        pthread_sigmask(SIG_SETMASK, &all, &before)
        let this = Unmanaged.passRetained(loop)
        let code = pthread_create(
            &loop.thread, nil,
            { this in
                guard let this else { return nil }
                Unmanaged<TransferLoop>.fromOpaque(this).takeRetainedValue().run()
                return nil
            }, this.toOpaque())
        pthread_sigmask(SIG_SETMASK, &before, nil)
        guard code == 0 else {
            this.release()
            curl_multi_cleanup(multi)
            throw TransferError(.other, subject: "starting curl's thread", systemError: code)
        }
        return loop
    }

    // MARK: From any thread

    func nextID() -> TransferID {
        mailbox.withLock { box in
            box.lastID += 1
            return TransferID(rawValue: box.lastID)
        }
    }

    func start(_ id: TransferID, _ order: TransferOrder, _ sink: any TransferSink) {
        guard !post(.start(id, order, sink)) else { return }
        sink.finish(.failure(TransferError(.cancelled, subject: order.subject, detail: "the transfers have ended")))
    }

    func cancel(_ id: TransferID) { _ = post(.cancel(id)) }

    func resume(_ id: TransferID) { _ = post(.resume(id)) }

    /// Cancels all transfers and returns when the thread has ended.
    func stop() async {
        await withCheckedContinuation { continuation in
            let isClosed = mailbox.withLock { box in
                if box.isClosed { return true }
                box.whenClosed = continuation
                box.letters.append(.stop)
                watched.ring()
                return false
            }
            if isClosed { continuation.resume() }
        }
        // It has said its last word, so this takes no time.
        pthread_join(thread, nil)
    }

    private func post(_ letter: Letter) -> Bool {
        mailbox.withLock { box in
            guard !box.isClosed else { return false }
            box.letters.append(letter)
            watched.ring()
            return true
        }
    }

    // MARK: On the thread

    private func run() {
        while !readLetters(), turn() {}
        for id in Array(active.keys) { end(id, .cancelled) }
        let (unread, waiter) = mailbox.withLock { box -> ([Letter], CheckedContinuation<Void, Never>?) in
            box.isClosed = true
            curl_multi_cleanup(multi)
            defer { box.letters = [] }
            return (box.letters, box.whenClosed.take())
        }
        for case .start(_, let order, let sink) in unread {
            sink.finish(
                .failure(TransferError(.cancelled, subject: order.subject, detail: "the transfers have ended")))
        }
        waiter?.resume()
    }

    /// Whether the loop was told to stop.
    private func readLetters() -> Bool {
        let letters = mailbox.withLock { box in
            defer { box.letters = [] }
            return box.letters
        }
        var mustStop = false
        for letter in letters {
            switch letter {
            case .start(let id, let order, let sink): begin(id, order, sink)
            case .cancel(let id): end(id, .cancelled)
            case .resume(let id):
                active[id]?.resumeReceiving()
                noteDeadline(of: active[id])
            case .stop: mustStop = true
            }
        }
        return mustStop
    }

    private func begin(_ id: TransferID, _ order: TransferOrder, _ sink: any TransferSink) {
        do {
            let transfer = try EasyTransfer.make(id, order, sink)
            let code = curl_multi_add_handle(multi, transfer.handle)
            guard code == CURLM_OK else { return transfer.finish(.other) }
            active[id] = transfer
            if transfer.readsDescriptor { uploading.insert(id) }
            noteDeadline(of: transfer)
        } catch {
            sink.finish(.failure(error))
        }
    }

    private func noteDeadline(of transfer: EasyTransfer?) {
        guard let next = transfer?.clocks.next else { return }
        firstDeadline = firstDeadline.map { min($0, next) } ?? next
    }

    private func end(_ id: TransferID, _ reason: TransferError.Reason) {
        guard let transfer = leave(id) else { return }
        transfer.leaveAtOnce()
        curl_multi_remove_handle(multi, transfer.handle)
        transfer.finish(reason)
    }

    private func leave(_ id: TransferID) -> EasyTransfer? {
        if uploading.remove(id) != nil {
            for (descriptor, waiting) in awaited where waiting == id { stopAwaiting(descriptor) }
        }
        return active.removeValue(forKey: id)
    }

    /// One wait and one round of work. False when curl itself has failed, after which nothing more can be done.
    private func turn() -> Bool {
        var running: Int32 = 0
        var isBroken = false
        watched.wait(atMost: untilNextDue()) { ready in
            let descriptor = Int32(truncatingIfNeeded: ready.token)
            if let id = awaited[descriptor] {
                stopAwaiting(descriptor)
                active[id]?.resumeUpload()
            } else if !isBroken {
                let events = (ready.readable ? CURL_CSELECT_IN : 0) | (ready.writable ? CURL_CSELECT_OUT : 0)
                let code = curl_multi_socket_action(multi, descriptor, events, &running)
                isBroken = code != CURLM_OK && code != CURLM_BAD_SOCKET
            }
        }
        if isBroken { return false }
        if let due = curlIsDue, due <= .now {
            curlIsDue = nil
            guard curl_multi_socket_action(multi, CURL_SOCKET_TIMEOUT, 0, &running) == CURLM_OK else { return false }
        }
        reap()
        endExpired()
        for id in uploading { awaitUpload(of: id) }
        return true
    }

    private func awaitUpload(of id: TransferID) {
        guard let transfer = active[id] else { return }
        if transfer.waitsInVain { return transfer.resumeUpload() }
        guard let descriptor = transfer.awaitedDescriptor, awaited[descriptor] == nil else { return }
        // What can't be watched (a file) can be read.
        guard watch(descriptor, reading: true, writing: false) else { return transfer.resumeUpload() }
        awaited[descriptor] = id
    }

    private func stopAwaiting(_ descriptor: Int32) {
        awaited[descriptor] = nil
        watched.forget(descriptor)
    }

    private func reap() {
        var left: Int32 = 0
        while let message = curl_multi_info_read(multi, &left) {
            // The message is gone once its handle is removed.
            guard message.pointee.msg == CURLMSG_DONE, let handle = message.pointee.easy_handle else { continue }
            let code = message.pointee.data.result
            var number: UnsafeMutablePointer<CChar>?
            csystem_curl_get_pointer(handle, CURLINFO_PRIVATE, &number)
            let id = TransferID(rawValue: UInt64(UInt(bitPattern: number)))
            guard let transfer = leave(id) else { continue }
            curl_multi_remove_handle(multi, handle)
            transfer.finish(code)
        }
    }

    private func endExpired() {
        let now = ContinuousClock.now
        guard let first = firstDeadline, first <= now else { return }
        for (id, transfer) in active {
            if let kind = transfer.clocks.expired(at: now) { end(id, transfer.deadlineReason(kind)) }
        }
        firstDeadline = active.values.compactMap(\.clocks.next).min()
    }

    /// Nil: nothing will be due.
    private func untilNextDue() -> Duration? {
        [curlIsDue, firstDeadline].compactMap { $0 }.min().map { ContinuousClock.now.duration(to: $0) }
    }

    /// - Returns: False when the kernel refuses.
    private func watch(_ descriptor: Int32, reading: Bool, writing: Bool) -> Bool {
        let token = UInt64(UInt32(bitPattern: descriptor))
        return (try? watched.watch(descriptor, reading: reading, writing: writing, token: token)) != nil
    }

    // MARK: What curl says, on the thread

    fileprivate func watch(_ socket: curl_socket_t, for what: Int32) -> Bool {
        guard what != CURL_POLL_REMOVE else {
            watched.forget(socket)
            return true
        }
        return watch(
            socket, reading: what == CURL_POLL_IN || what == CURL_POLL_INOUT,
            writing: what == CURL_POLL_OUT || what == CURL_POLL_INOUT)
    }

    fileprivate func comeBack(afterMilliseconds wait: Int) {
        curlIsDue = wait < 0 ? nil : .now.advanced(by: .milliseconds(wait))
    }
}

private func loop(_ context: UnsafeMutableRawPointer?) -> TransferLoop? {
    context.map { Unmanaged<TransferLoop>.fromOpaque($0).takeUnretainedValue() }
}

// Both answer -1 for a failure, upon which curl gives the transfers up.
private let socketCallback: curl_socket_callback = { _, socket, what, context, _ in
    loop(context)?.watch(socket, for: what) == true ? 0 : -1
}
private let timerCallback: curl_multi_timer_callback = { _, milliseconds, context in
    loop(context)?.comeBack(afterMilliseconds: milliseconds)
    return 0
}
