import Foundation

/// Files beside the tests.
enum Fixture {
    static func path(_ name: String) -> String {
        URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "Fixtures/\(name)").path()
    }

    static func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }

    static func read(_ path: String) throws -> String { try String(contentsOfFile: path, encoding: .utf8) }

    static func write(_ text: String, to path: String) throws {
        try FileManager.default.createDirectory(
            at: URL(filePath: path).deletingLastPathComponent(), withIntermediateDirectories: true)
        try text.write(toFile: path, atomically: true, encoding: .utf8)
    }

    /// A directory that is gone afterwards.
    static func withDirectory<Result>(_ body: (String) throws -> Result) throws -> Result {
        let directory = FileManager.default.temporaryDirectory.appending(path: "gantry-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        return try body(directory.path())
    }

    /// A directory that is gone afterwards.
    static func withDirectory<Result>(_ body: (String) async throws -> Result) async throws -> Result {
        let directory = FileManager.default.temporaryDirectory.appending(path: "gantry-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        return try await body(directory.path())
    }
}

/// Programs that the tests ask for a second opinion, where the machine has them.
enum Tool {
    static func path(_ name: String) -> String? {
        ["/usr/bin/", "/bin/", "/usr/local/bin/"].map { $0 + name }.first(where: FileManager.default.isExecutableFile)
    }

    /// Runs it to its end: its status, what it wrote and what it complained of.
    static func run(_ name: String, _ arguments: [String]) throws -> (status: Int32, output: String, error: String) {
        let process = Process()
        process.executableURL = URL(filePath: path(name) ?? "/nonexistent/\(name)")
        process.arguments = arguments
        process.environment = ["PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "MANWIDTH": "80"]
        process.standardInput = FileHandle.nullDevice
        // Files, not pipes: whoever fills two pipes waits for a reader of both.
        return try Fixture.withDirectory { directory in
            for name in ["output", "error"] { try Fixture.write("", to: "\(directory)/\(name)") }
            let output = try FileHandle(forWritingTo: URL(filePath: "\(directory)/output"))
            let error = try FileHandle(forWritingTo: URL(filePath: "\(directory)/error"))
            (process.standardOutput, process.standardError) = (output, error)
            try process.run()
            process.waitUntilExit()
            return (
                process.terminationStatus, try Fixture.read("\(directory)/output"),
                try Fixture.read("\(directory)/error")
            )
        }
    }
}
