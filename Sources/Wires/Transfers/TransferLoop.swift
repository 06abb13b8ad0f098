import CCurl
import CSystem
import Glibc

/// A transfer's number; never used twice within a loop.
struct TransferID: Hashable, Sendable {
    let rawValue: UInt64
}

/// The thread that drives curl's multi handle, and the mailbox through which the rest of the process talks to it.
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

    /// curl wakes by itself for its own timers; without any transfer there is nothing to wake for but a letter.
    private static let longestWait: Int32 = 60_000

    private let multi: UnsafeMutableRawPointer
    private let mailbox = Locked(Mailbox())
    private var thread = pthread_t()
    // Touched by the thread alone.
    private var active: [TransferID: EasyTransfer] = [:]

    private init(multi: UnsafeMutableRawPointer) { self.multi = multi }

    private static let isCurlReady = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK

    static func start() throws(TransferError) -> TransferLoop {
        guard isCurlReady, let multi = curl_multi_init() else {
            let problem = csystem_curl_problem().map { String(cString: $0) }
            throw TransferError(.other, subject: "starting curl", detail: problem ?? "curl can't be initialised")
        }
        let loop = TransferLoop(multi: multi)
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
                curl_multi_wakeup(multi)
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
            // Within the lock, so that the handle can't be cleaned up meanwhile.
            curl_multi_wakeup(multi)
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
            case .resume(let id): active[id]?.resumeReceiving()
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
        } catch {
            sink.finish(.failure(error))
        }
    }

    private func end(_ id: TransferID, _ reason: TransferError.Reason) {
        guard let transfer = active.removeValue(forKey: id) else { return }
        transfer.leaveAtOnce()
        curl_multi_remove_handle(multi, transfer.handle)
        transfer.finish(reason)
    }

    /// One round of work and one wait. False when curl itself has failed, after which nothing more can be done.
    private func turn() -> Bool {
        var running: Int32 = 0
        guard curl_multi_perform(multi, &running) == CURLM_OK else { return false }
        reap()
        endExpired()
        for transfer in active.values where transfer.waitsInVain { transfer.resumeUpload() }
        let awaited = active.values.compactMap { transfer in
            transfer.awaitedDescriptor.map {
                (transfer, curl_waitfd(fd: $0, events: Int16(CURL_WAIT_POLLIN), revents: 0))
            }
        }
        var descriptors = awaited.map(\.1)
        let code = curl_multi_poll(multi, &descriptors, UInt32(descriptors.count), untilNextDeadline(), nil)
        guard code == CURLM_OK else { return false }
        for (awaiting, descriptor) in zip(awaited, descriptors) where descriptor.revents != 0 {
            awaiting.0.resumeUpload()
        }
        return true
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
            guard let transfer = active.removeValue(forKey: id) else { continue }
            curl_multi_remove_handle(multi, handle)
            transfer.finish(code)
        }
    }

    private func endExpired() {
        let now = ContinuousClock.now
        for (id, transfer) in active {
            if let kind = transfer.clocks.expired(at: now) { end(id, transfer.deadlineReason(kind)) }
        }
    }

    private func untilNextDeadline() -> Int32 {
        guard let next = active.values.compactMap(\.clocks.next).min() else { return Self.longestWait }
        return min(Self.longestWait, Int32(ContinuousClock.now.duration(to: next).wholeMilliseconds))
    }
}
