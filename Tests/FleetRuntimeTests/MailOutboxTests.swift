import FleetModel
import Foundation
import HealthRules
import MailTransport
import Observation
import Processes
import Testing

@testable import FleetRuntime

@Suite struct `Mail that waits` {
    /// A server that can be down, refuse a mail by its subject, and tells what it took.
    private final class Server: @unchecked Sendable {
        private let lock = NSLock()
        private var isDown = false
        private var subjects: [String] = []
        private var tries = 0
        var taken: [String] { lock.withLock { subjects } }
        var attempts: Int { lock.withLock { tries } }

        func goDown(_ down: Bool) { lock.withLock { isDown = down } }

        func take(_ mail: MailMessage) throws(MailError) {
            let error: MailError? = lock.withLock {
                tries += 1
                if isDown { return MailError(.unreachable, way: "smtp://x", reason: "down", remedy: "wait") }
                if mail.subject == "bad" {
                    return MailError(.refused, way: "smtp://x", reason: "550 bad", remedy: "mend")
                }
                subjects.append(mail.subject)
                return nil
            }
            if let error { throw error }
        }
    }

    private final class Clock: @unchecked Sendable {
        private let lock = NSLock()
        private var time = Timestamp(milliseconds: 1_777_604_400_000)
        var now: Timestamp { lock.withLock { time } }
        func advance(_ duration: Duration) { lock.withLock { time = time.advanced(by: duration) } }
    }

    private func with(_ body: (MailOutbox, Server, Clock, MailSpool) async throws -> Void) async throws {
        try await TemporaryDirectory.with(prefix: "mail") { path in
            let (server, clock) = (Server(), Clock())
            let spool = MailSpool(directory: "\(path)/mail")
            let outbox = MailOutbox(
                addresses: MailAddresses(from: "a@b", to: ["c@d"]), spool: spool, now: { clock.now },
                send: { mail throws(MailError) in try server.take(mail) })
            try await body(outbox, server, clock, spool)
        }
    }

    private func mail(_ subject: String, _ number: Int) -> MailMessage {
        MailMessage(
            token: "20260501-\(1000 + number)", date: Timestamp(milliseconds: 1_777_604_400_000), from: "a@b",
            to: ["c@d"],
            subject: subject, text: "text")
    }

    @Test func `what can't be sent is kept, and goes in order once the server is back`() async throws {
        try await with { outbox, server, clock, spool in
            server.goDown(true)
            for number in 1...3 {
                let delivery = await outbox.post(mail("m\(number)", number))
                #expect(delivery.kept == number)
                #expect(delivery.problem == "mail by smtp://x: down; wait")
            }
            #expect(spool.backlog.kept == 3)
            #expect(spool.backlog.problem == "mail by smtp://x: down; wait")
            server.goDown(false)
            // Not yet: it was tried a moment ago.
            #expect(await outbox.sendKept() == MailDelivery(kept: 3))
            clock.advance(.seconds(3600))
            #expect(await outbox.sendKept() == MailDelivery(sent: 3))
            #expect(server.taken == ["m1", "m2", "m3"])
            #expect(spool.backlog.kept == 0)
        }
    }

    @Test func `a new mail takes those before it along, in order`() async throws {
        try await with { outbox, server, _, _ in
            server.goDown(true)
            await outbox.post(mail("m1", 1))
            server.goDown(false)
            #expect(await outbox.post(mail("m2", 2)) == MailDelivery(sent: 2))
            #expect(server.taken == ["m1", "m2"])
        }
    }

    @Test func `the pauses grow, up to an hour`() async throws {
        try await with { outbox, server, clock, _ in
            server.goDown(true)
            await outbox.post(mail("m1", 1))
            for pause in [60, 120, 240, 480, 960, 1920, 3600, 3600] {
                clock.advance(.seconds(pause - 1))
                let before = server.attempts
                await outbox.sendKept()
                #expect(server.attempts == before, "\(pause)")
                clock.advance(.seconds(1))
                await outbox.sendKept()
                #expect(server.attempts == before + 1, "\(pause)")
            }
        }
    }

    @Test func `a mail that is refused for good does not hold up the others`() async throws {
        try await with { outbox, server, _, spool in
            let delivery = await outbox.post(mail("bad", 1))
            #expect(delivery.kept == 1)
            #expect(await outbox.post(mail("good", 2)) == MailDelivery(sent: 1, kept: 1))
            #expect(server.taken == ["good"])
            #expect(spool.backlog.problem == "mail by smtp://x: 550 bad; mend")
        }
    }

    @Test func `the spool is bounded, and counts what it gives up`() async throws {
        try await with { outbox, server, clock, spool in
            server.goDown(true)
            for number in 1...(MailSpool.mostMails + 2) {
                _ = try spool.keep(mail("m\(number)", number), at: clock.now)
            }
            #expect(spool.backlog.kept == MailSpool.mostMails)
            #expect(spool.backlog.dropped == 2)
            server.goDown(false)
            await outbox.post(mail("last", 900))
            #expect(server.taken.first == "m4")
            #expect(server.taken.last == "last")
            #expect(spool.backlog.dropped == 0)
        }
    }

    @Test func `where it can't be kept it is sent all the same, and the failure names both reasons`() async throws {
        try await with { outbox, server, _, spool in
            try "a file".write(toFile: spool.directory, atomically: true, encoding: .utf8)
            #expect(await outbox.post(mail("m1", 1)) == MailDelivery(sent: 1))
            server.goDown(true)
            let problem = await outbox.post(mail("m2", 2)).problem
            #expect(problem?.contains("down") == true)
            #expect(problem?.contains("it exists and is no directory") == true)
        }
    }

    @Test func `the certificate that a server showed is kept for the rules, and is no mail`() async throws {
        try await with { outbox, _, _, spool in
            let certificate = ServerCertificate(server: "smtp://x", end: Timestamp(milliseconds: 5))
            spool.note(certificate)
            #expect(spool.backlog.certificate == nil, "there is no directory yet")
            await outbox.post(mail("one", 1))
            spool.note(certificate)
            #expect(spool.backlog.certificate == certificate)
            #expect(spool.backlog.kept == 0)
        }
    }

    @Test func `a file in the spool that is no mail stops nothing`() async throws {
        try await with { outbox, server, _, spool in
            try Directories.make(spool.directory, mode: 0o700)
            try "{ half".write(toFile: "\(spool.directory)/0.json", atomically: true, encoding: .utf8)
            #expect(await outbox.post(mail("m1", 1)) == MailDelivery(sent: 1, kept: 1))
            #expect(server.taken == ["m1"])
            #expect(spool.backlog.problem == "0.json can't be read")
        }
    }

    @Test func `a simulated fleet without a server gets its mail as files`() async throws {
        try await TemporaryDirectory.with(prefix: "mail") { path in
            try DeliveredMail(directory: "\(path)/delivered").write(mail("hello", 1))
            let text = try String(contentsOfFile: "\(path)/delivered/20260501-1001.eml", encoding: .utf8)
            #expect(text.contains("Subject: hello"))
        }
    }
}
