import FleetModel
import Glibc
import MailTransport
import Observation
import Processes

/// Mail on its way out: kept before it is tried, sent in the order of writing, tried again with growing pauses.
struct MailOutbox: MailPost {
    /// Time for another process to send what it is sending.
    private static let lockPatience: Duration = .seconds(90)

    /// Looked at for one whose time has come: the first ones tell.
    private static let firstOnes = 10

    let addresses: MailAddresses?
    let spool: MailSpool
    let now: @Sendable () -> Timestamp
    /// Hands one mail over; returns what is worth saying although it went.
    let send: @Sendable (MailMessage) async throws(MailError) -> Void

    @discardableResult
    func post(_ message: MailMessage) async -> MailDelivery {
        do throws(ProcessError) {
            _ = try spool.keep(message, at: now())
        } catch {
            // Not kept, but perhaps sent: better than lost.
            do throws(MailError) {
                try await send(message)
                return MailDelivery(sent: 1)
            } catch let failure {
                return MailDelivery(problem: "\(failure); it could not be kept either: \(error)")
            }
        }
        do throws(ProcessError) {
            let lock = try await FileLock.take(spool.lock, within: Self.lockPatience)
            defer { withExtendedLifetime(lock) {} }
            return await sendAll(whenDueOnly: false)
        } catch {
            return MailDelivery(kept: (try? spool.names().count) ?? 1, problem: "\(error)")
        }
    }

    @discardableResult
    func sendKept() async -> MailDelivery {
        guard let names = try? spool.names(), !names.isEmpty else { return MailDelivery() }
        guard isAnyDue(names.prefix(Self.firstOnes)), let lock = try? FileLock.take(spool.lock) else {
            return MailDelivery(kept: names.count)
        }
        defer { withExtendedLifetime(lock) {} }
        return await sendAll(whenDueOnly: true)
    }

    /// Whether one of `names` may be tried: one that waits for the server makes those behind it wait.
    private func isAnyDue(_ names: some Sequence<String>) -> Bool {
        for mail in names.lazy.compactMap(spool.mail) {
            if mail.isDue(at: now()) { return true }
            if !mail.isRefused { return false }
        }
        return false
    }

    /// Sends in order, until one can't go for a reason that the next would meet too.
    private func sendAll(whenDueOnly: Bool) async -> MailDelivery {
        var delivery = MailDelivery()
        var passed: Set<String> = []
        // Sent and not removed would be sent for ever.
        guard access(spool.directory, W_OK) == 0 else {
            return MailDelivery(
                kept: (try? spool.names().count) ?? 0, problem: "\(spool.directory) can't be written: correct its mode")
        }
        // What others write meanwhile is sent too.
        while let name = (try? spool.names())?.first(where: { !passed.contains($0) }) {
            passed.insert(name)
            guard let kept = spool.mail(name) else { continue }
            if whenDueOnly || kept.isRefused, !kept.isDue(at: now()) {
                if kept.isRefused { continue }
                // It waits for the server, and those behind it do too.
                break
            }
            do throws(MailError) {
                try await send(kept.message)
                spool.remove(name)
                delivery.sent += 1
            } catch {
                if delivery.problem == nil { delivery.problem = "\(error)" }
                // A cancelled try says nothing about the server.
                if error.code == .cancelled { break }
                try? spool.write(kept.failed("\(error)", isRefused: error.isAboutMessage, at: now()), name)
                if !error.isAboutMessage { break }
            }
        }
        delivery.kept = (try? spool.names().count) ?? 0
        if delivery.kept == 0 { spool.forgetGivenUp() }
        return delivery
    }
}
