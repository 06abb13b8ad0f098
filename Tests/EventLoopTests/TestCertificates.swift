import Foundation
import Testing

@testable import EventLoop

/// Certificates made by the openssl command in a directory that goes when the process ends.
final class TestCertificates: Sendable {
    static let shared = TestCertificates()

    let directory: URL

    func file(_ name: String) -> String { directory.appendingPathComponent(name).path }

    func identity(_ name: String) -> TLSIdentity {
        TLSIdentity(certificateChainFile: file("\(name).pem"), privateKeyFile: file("\(name).key"))
    }

    private init() {
        directory = FileManager.default.temporaryDirectory.appendingPathComponent("gantry-tls-\(UUID().uuidString)")
        do {
            try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
            removeAtExit(directory.path)
            try openssl("req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -days 30 -subj /CN=test-ca")
            try openssl(
                "req -x509 -newkey rsa:2048 -nodes -keyout stranger.key -out stranger.pem -days 30 "
                    + "-subj /CN=broker.test -addext subjectAltName=DNS:broker.test,IP:127.0.0.1")
            try issue("server", days: "30")
            try issue("client", days: "30")
            try issue("expired", days: "-1")
            try openssl("rsa -aes256 -passout pass:secret -in client.key -out locked.key")
        } catch {
            Issue.record("no test certificates: \(error)")
        }
    }

    private func issue(_ name: String, days: String) throws {
        try openssl("req -new -newkey rsa:2048 -nodes -keyout \(name).key -out \(name).csr -subj /CN=\(name)")
        try "subjectAltName=DNS:broker.test,IP:127.0.0.1\n"
            .write(toFile: file("\(name).ext"), atomically: true, encoding: .utf8)
        try openssl(
            "x509 -req -in \(name).csr -CA ca.pem -CAkey ca.key -CAcreateserial -days \(days) "
                + "-extfile \(name).ext -out \(name).pem")
    }

    private func openssl(_ arguments: String) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/openssl")
        process.arguments = arguments.split(separator: " ").map(String.init)
        process.currentDirectoryURL = directory
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw CocoaError(.executableLoad) }
    }
}

nonisolated(unsafe) private var directoriesToRemove: [String] = []

private func removeAtExit(_ path: String) {
    if directoriesToRemove.isEmpty {
        atexit { for path in directoriesToRemove { try? FileManager.default.removeItem(atPath: path) } }
    }
    directoriesToRemove.append(path)
}
