import FleetModel
import Foundation
import Testing

@testable import FleetConfiguration

/// The two Compose programs of the world, as far as this machine has them.
enum ComposeProgram {
    case v1, v2

    /// v2 is Docker's plug-in, or what `dev/deps` keeps of it. It also comes as a program named `docker-compose`: only
    /// the version tells.
    private var candidates: [[String]] {
        let cache = ProcessInfo.processInfo.environment["GANTRY_CACHE"] ?? "/var/cache/gantry-dev"
        return [["docker-compose"], ["docker", "compose"], ["\(cache)/docker-compose-v2"]]
    }

    private var words: [String]? {
        candidates.first { words in
            guard let answer = try? run(words, ["version", "--short"]), answer.status == 0 else { return false }
            let major = answer.text.drop { $0 == "v" }.prefix { $0 != "." }
            return self == .v1 ? major == "1" : (Int(major) ?? 0) >= 2
        }
    }

    var isHere: Bool { words != nil }

    func run(_ arguments: [String]) throws -> (status: Int32, text: String) {
        try run(try #require(words), arguments)
    }

    private func run(_ words: [String], _ arguments: [String]) throws -> (status: Int32, text: String) {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = words + arguments
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: data, as: UTF8.self))
    }
}

@Suite struct ComposeProgramTests {
    @Test(.enabled("docker-compose 1.x is not installed") { ComposeProgram.v1.isHere })
    func `docker-compose v1 accepts the stamped files`() throws { try check(.v1) }

    @Test(.enabled("Compose v2 is not there: dev/deps fetches it") { ComposeProgram.v2.isHere })
    func `docker compose v2 accepts the stamped files`() throws { try check(.v2) }

    /// Compose reads back what was stamped: valid, and with every value as it was meant.
    private func check(_ program: ComposeProgram) throws {
        for text in [FleetTemplates.compose, richTemplate] {
            let directory = FileManager.default.temporaryDirectory.appending(
                path: "gantry-compose-\(UUID().uuidString)")
            try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
            defer { try? FileManager.default.removeItem(at: directory) }
            let host = try stamped(text, host: 2)
            let file = directory.appending(path: "docker-compose.yml")
            try Data(host.files[0].contents).write(to: file)
            let answer = try program.run(["-p", "orders", "-f", file.path(), "config"])
            #expect(answer.status == 0)
            let services = try #require(try YAMLDocument(Array(answer.text.utf8)).root?["services"])
            #expect(Set(host.nodes.map(\.service)).isSubset(of: services.entries?.compactMap(\.key.text) ?? []))
            let broker = try #require(services["broker-5"])
            #expect(broker["container_name"]?.text == "orders-broker-5")
            #expect(broker["labels"]?["gantry.node"]?.text == "5")
            #expect(broker["command"]?.items?.map(\.text) == ["/opt/kafka-docker/orders/5.properties"])
            #expect(broker["mem_limit"]?.text == "2147483648")
            #expect(broker["volumes"]?.items?.contains { $0["source"]?.text == "/disk2/orders/5" } == true)
        }
    }
}
