import FleetModel
import Foundation
import Processes
import Testing
import Transfers

@testable import MailTransport

/// Against a mail server and a mail reader of others: aiosmtpd and Python's `email` (`dev/reference` brings them).
@Suite(.serialized, .enabled(if: ReferenceServer.isThere, "dev/reference has not been run"))
struct `Mail through a server of others` {
    private static let password = "s3cret ü"

    private func send(
        _ message: MailMessage, to server: ReferenceServer, host: String = "127.0.0.1", trusting: Bool = true,
        password: String = Self.password
    ) async throws -> Result<[String: String], MailError> {
        let file = server.directory + "/password"
        try "\(password)\n".write(toFile: file, atomically: true, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: NSNumber(value: 0o600)], ofItemAtPath: file)
        return try await withTransfers { transfers in
            let way = SMTPServer(
                url: "\(server.scheme)://\(host):\(server.port)", user: "gantry", passwordFile: file,
                certificates: trusting ? server.directory + "/cert.pem" : nil)
            let transport = MailTransport(.smtp(way), transfers: transfers, localName: "techhost")
            do throws(MailError) { return .success(try await transport.send(message)) } catch { return .failure(error) }
        }
    }

    @Test(arguments: ["starttls", "smtps"])
    func `a mail goes over TLS with a login, and another program reads what was written`(kind: String) async throws {
        try await ReferenceServer.with(kind) { server in
            let subject =
                "[gantry orders] removebroker 3 -m 'größer': done in 14m " + String(repeating: "lang ", count: 30)
            let text = "done\n.\nFrom the log:\n" + String(repeating: "x", count: 3000) + "\n\n  = 日本語 🐘 \n"
            let html = "<html><body><p>done &amp; <b>größer</b></p></body></html>\n"
            let message = sampleMail(to: ["a@example.com", "b@example.com"], subject: subject, text: text, html: html)
            #expect(try await send(message, to: server) == .success([:]))
            #expect(
                try server.envelope(1) == "True True gantry@techhost.example.com a@example.com b@example.com")
            let mail = try server.read(1)
            #expect(mail.defects.isEmpty)
            #expect(mail.headers["Subject"] == subject.trimmingCharacters(in: .whitespaces))
            #expect(mail.headers["To"] == "a@example.com, b@example.com")
            #expect(mail.headers["Date"] == "Fri, 01 May 2026 03:00:00 +0000")
            #expect(mail.parts.map(\.first) == ["text/plain", "text/html"])
            #expect(mail.parts.map(\.last) == [text, html])
        }
    }

    @Test(arguments: ["starttls", "smtps"])
    func `when the server's certificate ends is seen with each mail`(kind: String) async throws {
        try await ReferenceServer.with(kind) { server in
            let file = server.directory + "/password"
            try "\(Self.password)\n".write(toFile: file, atomically: true, encoding: .utf8)
            try FileManager.default.setAttributes([.posixPermissions: NSNumber(value: 0o600)], ofItemAtPath: file)
            let end = try await withTransfers { transfers in
                let way = SMTPServer(
                    url: "\(server.scheme)://127.0.0.1:\(server.port)", user: "gantry", passwordFile: file,
                    certificates: server.directory + "/cert.pem")
                return try await MailTransport(.smtp(way), transfers: transfers, localName: "techhost")
                    .handOver(sampleMail()).certificateEnd
            }
            let shown = try await Processes.Process.run(
                "openssl",
                ["x509", "-in", server.directory + "/cert.pem", "-noout", "-enddate", "-dateopt", "iso_8601"],
                deadline: .seconds(20))
            let text = shown.stdout.trimmed.replacing("notAfter=", with: "").replacing(" ", with: "T")
            let wanted = try Date(text, strategy: .iso8601)
            #expect(end?.milliseconds == Int64(wanted.timeIntervalSince1970) * 1000)
        }
    }

    @Test func `a certificate that nobody vouches for, or of another name, ends it before the login`() async throws {
        try await ReferenceServer.with("starttls") { server in
            for (host, trusting) in [("127.0.0.1", false), ("127.0.0.2", true)] {
                guard
                    case .failure(let error) = try await send(sampleMail(), to: server, host: host, trusting: trusting)
                else {
                    Issue.record("it was taken")
                    return
                }
                #expect(error.code == (host == "127.0.0.1" ? .tlsFailed : .unreachable), "\(error)")
            }
            #expect(throws: (any Error).self) { try server.envelope(1) }
        }
    }

    @Test func `a wrong password is told without telling it`() async throws {
        try await ReferenceServer.with("starttls") { server in
            guard case .failure(let error) = try await send(sampleMail(), to: server, password: "guessed") else {
                Issue.record("it was taken")
                return
            }
            #expect(error.code == .loginRefused, "\(error)")
            #expect(!"\(error)".contains("guessed"))
        }
    }
}

/// A running mail server with its mailbox.
struct ReferenceServer {
    struct Mail: Decodable {
        var headers: [String: String]
        var defects: [String]
        var parts: [[String]]
    }

    let directory: String
    let scheme: String
    let port: Int

    private static let root = URL(filePath: #filePath).deletingLastPathComponent()
    private static let python = root.deletingLastPathComponent().deletingLastPathComponent().path + "/.venv/bin/python"
    static var isThere: Bool { FileManager.default.isExecutableFile(atPath: python) }

    static func with(_ kind: String, _ body: (ReferenceServer) async throws -> Void) async throws {
        let directory = NSTemporaryDirectory() + "mailbox-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: directory) }
        try run(
            "/usr/bin/openssl",
            [
                "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                "-subj",
                "/CN=mail.test", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", directory + "/key.pem", "-out",
                directory + "/cert.pem",
            ])
        let child = Foundation.Process()
        child.executableURL = URL(filePath: python)
        child.arguments = [root.path + "/Fixtures/mail-server.py", directory, kind]
        let (input, output) = (Pipe(), Pipe())
        (child.standardInput, child.standardOutput) = (input, output)
        try child.run()
        defer {
            try? input.fileHandleForWriting.close()
            child.waitUntilExit()
        }
        var line = Data()
        while !line.contains(0x0a) {
            let more = output.fileHandleForReading.availableData
            guard !more.isEmpty else { break }
            line += more
        }
        let port = try #require(
            Int(String(decoding: line, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)))
        try await body(
            ReferenceServer(directory: directory, scheme: kind == "smtps" ? "smtps" : "smtp", port: port))
    }

    func envelope(_ number: Int) throws -> String {
        try String(contentsOfFile: "\(directory)/\(number).envelope", encoding: .utf8)
    }

    func read(_ number: Int) throws -> Mail {
        let output = try Self.run(
            Self.python, [Self.root.path + "/Fixtures/mail-reader.py", "\(directory)/\(number).eml"])
        return try JSONDecoder().decode(Mail.self, from: output)
    }

    @discardableResult
    private static func run(_ program: String, _ arguments: [String]) throws -> Data {
        let child = Foundation.Process()
        child.executableURL = URL(filePath: program)
        child.arguments = arguments
        let output = Pipe()
        child.standardOutput = output
        child.standardError = FileHandle.nullDevice
        try child.run()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        child.waitUntilExit()
        try #require(child.terminationStatus == 0, "\(program) failed")
        return data
    }
}
