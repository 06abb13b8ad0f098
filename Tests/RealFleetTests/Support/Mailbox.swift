import Foundation
import RealHosts
import Testing

/// A mail server of others (aiosmtpd) on the techhost's loopback, with all that it was given.
struct Mailbox {
    /// A mail as another program reads it.
    struct Mail: Decodable {
        let headers: [String: String]
        let parts: [[String]]

        var subject: String { headers["Subject"] ?? "" }
        /// The plain part.
        var text: String { parts.first { $0.first == "text/plain" }?.last ?? "" }
    }

    let port: Int
    private let directory: String
    private let fixtures: String
    private let python: String

    /// Calls `body` with an empty mailbox, whose server ends with it.
    static func with<Result>(_ fleet: RealFleet, _ body: (Mailbox) async throws -> Result) async throws -> Result {
        let directory = NSTemporaryDirectory() + "mailbox-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let fixtures = URL(filePath: #filePath).appending(path: "../../../MailTransportTests/Fixtures").standardized
            .path
        let (server, input, output) = (Foundation.Process(), Pipe(), Pipe())
        server.executableURL = URL(filePath: fleet.python)
        server.arguments = [fixtures + "/mail-server.py", directory, "plain"]
        (server.standardInput, server.standardOutput) = (input, output)
        try server.run()
        defer {
            try? input.fileHandleForWriting.close()
            server.waitUntilExit()
        }
        var line = Data()
        while !line.contains(0x0a) {
            let more = output.fileHandleForReading.availableData
            guard !more.isEmpty else { break }
            line += more
        }
        let port = try #require(
            Int(String(decoding: line, as: UTF8.self).trimmingCharacters(in: .whitespaces.union(.newlines))))
        return try await body(Mailbox(port: port, directory: directory, fixtures: fixtures, python: fleet.python))
    }

    /// How many mails have come.
    var count: Int {
        let files = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
        return files.filter { $0.hasSuffix(".eml") }.count
    }

    /// The mails, in the order in which they came.
    func mails() throws -> [Mail] {
        try (0..<count).map { number in
            let (reader, output) = (Foundation.Process(), Pipe())
            reader.executableURL = URL(filePath: python)
            reader.arguments = [fixtures + "/mail-reader.py", "\(directory)/\(number + 1).eml"]
            reader.standardOutput = output
            try reader.run()
            let document = output.fileHandleForReading.readDataToEndOfFile()
            reader.waitUntilExit()
            return try JSONDecoder().decode(Mail.self, from: document)
        }
    }
}
