import FleetModel
import Foundation
import Testing
import Transfers

@testable import MailTransport

@Suite struct `Handing a mail to a server` {
    /// Short where a test waits for one to pass.
    private static let deadlines = TransferDeadlines(connect: .seconds(20), silence: .seconds(20), whole: .seconds(20))

    private func send(
        _ message: MailMessage = sampleMail(), to url: String, user: String? = nil, passwordFile: String? = nil,
        deadlines: TransferDeadlines = Self.deadlines
    ) async throws -> Result<[String: String], MailError> {
        try await withTransfers { transfers in
            let server = SMTPServer(url: url, user: user, passwordFile: passwordFile, deadlines: deadlines)
            let transport = MailTransport(.smtp(server), transfers: transfers, localName: "techhost")
            do throws(MailError) { return .success(try await transport.send(message)) } catch { return .failure(error) }
        }
    }

    private func answering(
        _ answers: [String: String]
    ) -> @Sendable (String) -> ScriptedMailServer.Answer {
        { line in
            answers.first { line.hasPrefix($0.key) }.map { .say($0.value) } ?? ScriptedMailServer.polite(line)
        }
    }

    @Test func `a server without encryption gets it plain when there is no login`() async throws {
        try await withMailServer { server in
            #expect(try await send(sampleMail(text: ".\n..two\n"), to: server.url) == .success([:]))
            #expect(
                server.lines.prefix(4) == [
                    "EHLO techhost", "MAIL FROM:<gantry@techhost.example.com>", "RCPT TO:<ops@example.com>", "DATA",
                ])
            let body = try #require(server.taken.first)
            let wanted = try MIMEMessage.bytes(sampleMail(text: ".\n..two\n"))
            #expect(Array(body.utf8) + [13, 10] == wanted)
        }
    }

    @Test func `a login is never sent without encryption`() async throws {
        let file = try temporaryFile("secret\n")
        defer { try? FileManager.default.removeItem(atPath: file) }
        try await withMailServer(answering(["EHLO": "250-mail.test\r\n250 AUTH PLAIN LOGIN"])) { server in
            let result = try await send(to: server.url, user: "gantry", passwordFile: file)
            #expect(throws: MailError.self) { try result.get() }
            if case .failure(let error) = result { #expect(error.code == .tlsNotOffered) }
            #expect(!server.lines.contains { $0.hasPrefix("AUTH") || $0.hasPrefix("MAIL") })
            #expect(server.taken.isEmpty)
        }
    }

    @Test(arguments: [
        ("MAIL", "451 try later", MailError.Code.refusedForNow, "451 try later"),
        ("MAIL", "550 5.7.1 not from you", .refused, "550 5.7.1 not from you"),
        ("RCPT", "450 greylisted", .refusedForNow, "450 greylisted"),
        ("RCPT", "550 no such user", .refused, "550 no such user"),
        ("DATA", "554 no", .refused, "554 no"), (".", "452 full", .refusedForNow, "452 full"),
        (".", "552-too\r\n552 large", .refused, "552 too large"),
    ])
    func `a server's no is told in its own words`(
        command: String, reply: String, code: MailError.Code, words: String
    ) async throws {
        try await withMailServer(answering([command: reply])) { server in
            guard case .failure(let error) = try await send(to: server.url) else {
                Issue.record("it was taken")
                return
            }
            #expect(error.code == code)
            #expect(error.reason.contains(words), "\(error)")
            #expect(error.description.hasPrefix("mail by \(server.url): "))
            #expect(server.taken.isEmpty)
        }
    }

    @Test func `one recipient that is refused does not keep it from the others`() async throws {
        try await withMailServer(answering(["RCPT TO:<gone@example.com>": "550 gone"])) { server in
            let mail = sampleMail(to: ["a@example.com", "gone@example.com", "b@example.com"])
            let refused = try await send(mail, to: server.url).get()
            #expect(refused == ["gone@example.com": "550 gone"])
            #expect(server.taken.count == 1)
        }
    }

    @Test(arguments: [("554 no service", MailError.Code.refused), ("421 busy", .refusedForNow)])
    func `a server that greets with a no is told so`(greeting: String, code: MailError.Code) async throws {
        try await withMailServer(greeting: .say(greeting)) { server in
            guard case .failure(let error) = try await send(to: server.url) else {
                Issue.record("it was taken")
                return
            }
            #expect(error.code == code, "\(error)")
        }
    }

    @Test(arguments: ["greeting", "EHLO", "MAIL", ".", "RCPT"])
    func `a server that says nothing runs into the deadline`(place: String) async throws {
        let short = TransferDeadlines(
            connect: .milliseconds(300), silence: .milliseconds(300), whole: .milliseconds(600))
        try await withMailServer(
            greeting: place == "greeting" ? .hang : .say("220 hello"),
            { $0.hasPrefix(place) ? .hang : ScriptedMailServer.polite($0) }
        ) { server in
            guard case .failure(let error) = try await send(to: server.url, deadlines: short) else {
                Issue.record("it was taken")
                return
            }
            #expect(error.code == .deadline, "\(error)")
        }
    }

    @Test(arguments: ["greeting", "EHLO", "MAIL", "RCPT", "DATA", "."])
    func `a server that hangs up is told so`(place: String) async throws {
        try await withMailServer(
            greeting: place == "greeting" ? .close : .say("220 hello"),
            { $0.hasPrefix(place) ? .close : ScriptedMailServer.polite($0) }
        ) { server in
            guard case .failure(let error) = try await send(to: server.url) else {
                Issue.record("it was taken")
                return
            }
            #expect([.unreachable, .other].contains(error.code), "\(error)")
            #expect(server.taken.isEmpty)
        }
    }

    @Test func `a server that is not there is unreachable`() async throws {
        let url = try await withMailServer { $0.url }
        guard case .failure(let error) = try await send(to: url) else {
            Issue.record("it was taken")
            return
        }
        #expect(error.code == .unreachable)
        #expect(error.remedy.contains("curl -v \(url)"))
    }

    @Test func `replies without end are refused`() async throws {
        let flood = String(repeating: "250-" + String(repeating: "x", count: 400) + "\r\n", count: 400)
        try await withMailServer(answering(["EHLO": flood + "250 ok"])) { server in
            guard case .failure = try await send(to: server.url) else {
                Issue.record("it was taken")
                return
            }
        }
    }

    @Test(arguments: [UInt16(0o644), 0o640, 0o604])
    func `a password that others can read is not used`(mode: UInt16) async throws {
        let file = try temporaryFile("secret\n", mode: mode)
        defer { try? FileManager.default.removeItem(atPath: file) }
        guard case .failure(let error) = try await send(to: "smtp://127.0.0.1:1", user: "u", passwordFile: file) else {
            Issue.record("it was used")
            return
        }
        #expect(error.code == .passwordFile)
        #expect(error.remedy == "chmod 600 \(file)")
        #expect(!"\(error)".contains("secret"))
    }

    private func temporaryFile(_ text: String, mode: UInt16 = 0o600) throws -> String {
        let path = NSTemporaryDirectory() + "mail-\(UUID().uuidString)"
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: NSNumber(value: mode)], ofItemAtPath: path)
        return path
    }
}

@Suite struct `Handing a mail to the local sendmail` {
    private func send(script: String) async throws -> (Result<[String: String], MailError>, String) {
        let directory = NSTemporaryDirectory() + "sendmail-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let program = directory + "/sendmail"
        try "#!/bin/sh\n\(script)\n".write(toFile: program, atomically: true, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: NSNumber(value: 0o755)], ofItemAtPath: program)
        let result: Result<[String: String], MailError> = try await withTransfers { transfers in
            let transport = MailTransport(.sendmail(program), transfers: transfers, localName: "techhost")
            do throws(MailError) { return .success(try await transport.send(sampleMail())) } catch {
                return .failure(error)
            }
        }
        return (result, (try? String(contentsOfFile: directory + "/out", encoding: .utf8)) ?? "")
    }

    @Test func `it gets sender, recipients and the mail with this machine's line ends`() async throws {
        let (result, output) = try await send(script: "echo \"$@\" > ${0%/*}/out; cat >> ${0%/*}/out")
        #expect(result == .success([:]))
        #expect(output.hasPrefix("-i -f gantry@techhost.example.com -- ops@example.com\nSubject: [gantry orders]"))
        #expect(!output.contains("\r"))
    }

    @Test func `its failure is told with its last words`() async throws {
        let (result, _) = try await send(script: "echo queue full >&2; exit 75")
        guard case .failure(let error) = result else {
            Issue.record("it was taken")
            return
        }
        #expect(error.code == .sendmail)
        #expect(error.reason == "it ended with exit code 75: queue full")
    }

    @Test func `where there is none, the remedy names how to get one`() async throws {
        try await withTransfers { transfers in
            let transport = MailTransport(.sendmail("/nowhere/sendmail"), transfers: transfers, localName: "t")
            let error = await #expect(throws: MailError.self) { try await transport.send(sampleMail()) }
            #expect(error?.reason == "there is no sendmail on this machine")
            #expect(error?.remedy.contains("notify.smtp") == true)
        }
    }
}
