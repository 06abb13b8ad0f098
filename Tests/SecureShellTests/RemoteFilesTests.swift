import Glibc
import Processes
import Testing

@testable import SecureShell

private let sshd: Comment = "sshd is not installed"

/// The same for a host behind SSH and for this machine.
@Suite(.serialized, .timeLimit(.minutes(3))) struct RemoteFilesTests {
    enum Way: String, CaseIterable, CustomTestStringConvertible {
        case ssh, local
        var testDescription: String { rawValue }
    }

    @Test(arguments: Way.allCases)
    func `files are made with content, mode and directories, then are found unchanged`(way: Way) async throws {
        try await withHost(way) { host, directory in
            let files = [
                RemoteFile(path: "\(directory)/a/b/one", bytes: Array("one\n".utf8), mode: 0o600),
                RemoteFile(path: "\(directory)/empty", bytes: [], mode: 0o755),
                RemoteFile(path: "\(directory)/odd name' $x", bytes: (0...255).map { UInt8($0) } + Array("end\n".utf8)),
                RemoteFile(path: "\(directory)/big", bytes: Array(repeating: 0xA5, count: 3_000_000)),
            ]
            let first = try await host.place(files, asRoot: false)
            #expect(first.map(\.outcome) == [.created, .created, .created, .created])
            #expect(first.map(\.path) == files.map(\.path))
            for file in files {
                #expect(try BoundedFile.read(file.path, limit: 1 << 22) == file.bytes)
                #expect(mode(file.path) == file.mode)
            }
            let before = modificationTimes(files)
            let second = try await host.place(files, asRoot: false)
            #expect(second.map(\.outcome) == [.unchanged, .unchanged, .unchanged, .unchanged])
            #expect(modificationTimes(files) == before)
        }
    }

    @Test(arguments: Way.allCases)
    func `other content or another mode is a change, and nothing is left beside`(way: Way) async throws {
        try await withHost(way) { host, directory in
            let path = "\(directory)/f"
            _ = try await host.place([RemoteFile(path: path, bytes: [1])], asRoot: false)
            let content = try await host.place([RemoteFile(path: path, bytes: [2])], asRoot: false)
            let mode = try await host.place([RemoteFile(path: path, bytes: [2], mode: 0o640)], asRoot: false)
            #expect(content.map(\.outcome) == [.changed])
            #expect(mode.map(\.outcome) == [.changed])
            #expect(self.mode(path) == 0o640)
            #expect(try Directories.entries(directory) == ["f"])
        }
    }

    @Test(.enabled(if: geteuid() == 0, "only root may give files away"), arguments: Way.allCases)
    func `the owner is the one asked for`(way: Way) async throws {
        try await withHost(way) { host, directory in
            let file = RemoteFile(path: "\(directory)/f", bytes: [1], owner: "1234:5678")
            let first = try await host.place([file])
            #expect(first.map(\.outcome) == [.created])
            var status = stat()
            #expect(stat(file.path, &status) == 0)
            #expect([status.st_uid, status.st_gid] == [1234, 5678])
            let second = try await host.place([file])
            #expect(second.map(\.outcome) == [.unchanged])
        }
    }

    @Test(.enabled(if: geteuid() == 0, "only root may give files away"))
    func `an owner by name or by number is found unchanged, another one is a change`() async throws {
        try await withHost(.local) { host, directory in
            let path = "\(directory)/f"
            func outcome(_ owner: String) async throws -> PlacedFile.Outcome? {
                try await host.place([RemoteFile(path: path, bytes: [1], owner: owner)]).first?.outcome
            }
            let found = [
                try await outcome("root:root"), try await outcome("0:0"), try await outcome("root"),
                try await outcome("1:1"),
                try await outcome("daemon:daemon"), try await outcome("root:daemon"),
            ]
            #expect(found == [.created, .unchanged, .unchanged, .changed, .unchanged, .changed])
        }
    }

    @Test func `what a killed placement left beside is removed by the next, a running one's is not`() async throws {
        try await withHost(.local) { host, directory in
            // No process has this number: the kernel's largest is 2^22.
            try AtomicFile.write([1], to: "\(directory)/.gantry-new.9999999.0")
            try AtomicFile.write([1], to: "\(directory)/.gantry-new.\(getpid()).0")
            _ = try await host.place([RemoteFile(path: "\(directory)/f", bytes: [1])], asRoot: false)
            #expect(try Directories.entries(directory).sorted() == [".gantry-new.\(getpid()).0", "f"])
        }
    }

    @Test(arguments: Way.allCases)
    func `a link is replaced and what it pointed to stays`(way: Way) async throws {
        try await withHost(way) { host, directory in
            try AtomicFile.write([7], to: "\(directory)/target")
            symlink("\(directory)/target", "\(directory)/link")
            let placed = try await host.place([RemoteFile(path: "\(directory)/link", bytes: [7])], asRoot: false)
            #expect(placed.map(\.outcome) == [.changed])
            var status = stat()
            #expect(lstat("\(directory)/link", &status) == 0)
            #expect(status.st_mode & S_IFMT == S_IFREG)
            #expect(try BoundedFile.read("\(directory)/target", limit: 10) == [7])
        }
    }

    @Test(arguments: Way.allCases)
    func `when one file can't be written none is changed and the path is told`(way: Way) async throws {
        try await withHost(way) { host, directory in
            try AtomicFile.write([1], to: "\(directory)/first")
            try AtomicFile.write([1], to: "\(directory)/file")
            let error = await #expect(throws: SSHError.self) {
                try await host.place(
                    [
                        RemoteFile(path: "\(directory)/first", bytes: [2]),
                        RemoteFile(path: "\(directory)/file/below", bytes: [2]),
                    ], asRoot: false)
            }
            #expect(error?.code == .placementFailed)
            #expect(error?.reason.contains("\(directory)/file/below") == true)
            #expect(error?.reason.hasSuffix("nothing was changed") == true)
            #expect(try BoundedFile.read("\(directory)/first", limit: 10) == [1])
            #expect(try Directories.entries(directory).sorted() == ["file", "first"])
        }
    }

    @Test func `a stream cut at any byte changes nothing`() async throws {
        try await withHost(.local) { host, directory in
            let path = "\(directory)/f"
            let stream = Placement.stream([RemoteFile(path: path, bytes: Array("content".utf8))])
            for length in stride(from: 0, to: stream.count - 1, by: 3) + [stream.count - 2] {
                let result = try await host.run(
                    .script(Placement.script, input: .bytes(Array(stream[..<length]))))
                #expect(result.exitCode == 1)
                #expect(Placement.parse(result.stdout.text, files: []).wasCut)
                #expect(try Directories.entries(directory).isEmpty)
            }
        }
    }

    @Test(.enabled(if: geteuid() == 0, "only root may mount a small file system"))
    func `a full disk is told as that and leaves the old file`() async throws {
        try await withHost(.local) { host, directory in
            let mounted = try await Process.run("mount", ["-t", "tmpfs", "-o", "size=64k", "gantry-test", directory])
            try #require(mounted.exit.isSuccess)
            let result: SSHError?
            do throws(SSHError) {
                _ = try await host.place([RemoteFile(path: "\(directory)/f", bytes: [1])])
                _ = try await host.place([
                    RemoteFile(path: "\(directory)/f", bytes: [2]),
                    RemoteFile(path: "\(directory)/big", bytes: Array(repeating: 1, count: 1 << 20)),
                ])
                result = nil
            } catch { result = error }
            let kept = try? BoundedFile.read("\(directory)/f", limit: 10)
            let names = try? Directories.entries(directory)
            _ = try await Process.run("umount", [directory])
            #expect(result?.code == .noRoom)
            #expect(kept == [1])
            #expect(names == ["f"])
        }
    }

    @Test func `paths and owners that could be anything else are refused`() async throws {
        let host = LocalShell(name: "here")
        for path in ["relative", "", "/", "/a\nb", "/a/"] {
            let error = await #expect(throws: SSHError.self) {
                try await host.place([RemoteFile(path: path, bytes: [])])
            }
            #expect(error?.code == .invalid)
        }
        for owner in ["", "a b", "-R"] {
            let error = await #expect(throws: SSHError.self) {
                try await host.place([RemoteFile(path: "/x", bytes: [], owner: owner)])
            }
            #expect(error?.code == .invalid)
        }
    }

    @Test(arguments: Way.allCases)
    func `a file is read whole, refused beyond its bound, and nil when there is none`(way: Way) async throws {
        try await withHost(way) { host, directory in
            let bytes = (0..<100_000).map { UInt8(truncatingIfNeeded: $0) }
            try AtomicFile.write(bytes, to: "\(directory)/f")
            #expect(try await host.read("\(directory)/f", limit: 100_000, asRoot: false) == bytes)
            let error = await #expect(throws: SSHError.self) {
                try await host.read("\(directory)/f", limit: 99_999, asRoot: false)
            }
            #expect(error?.code == .outputOverLimit)
            #expect(try await host.read("\(directory)/none", asRoot: false) == nil)
            let other = await #expect(throws: SSHError.self) { try await host.read(directory, asRoot: false) }
            #expect(other?.code == .readFailed)
        }
    }

    @Test(arguments: Way.allCases)
    func `a forwarded socket carries bytes both ways and goes with its user`(way: Way) async throws {
        try await withHost(way) { host, directory in
            let server = try EchoServer(path: "\(directory)/echo")
            defer { server.stop() }
            var local = ""
            try await host.withForwardedSocket(server.path) { path in
                local = path
                let bytes = Array("hello over the wire".utf8)
                for _ in 0..<3 {
                    let answer = try EchoServer.exchange(bytes, at: path)
                    #expect(answer == bytes)
                }
            }
            if way == .ssh { #expect(access(local, F_OK) != 0) }
            await #expect(throws: CancellationError.self) {
                try await host.withForwardedSocket(server.path) { _ in throw CancellationError() }
            }
        }
    }

    @Test(arguments: Way.allCases)
    func `why a socket does not answer can be asked`(way: Way) async throws {
        try await withHost(way) { host, directory in
            let server = try EchoServer(path: "\(directory)/echo")
            defer { server.stop() }
            #expect(try await host.socketState(server.path) == .usable)
            #expect(try await host.socketState("\(directory)/none") == .missing)
            #expect(try await host.socketState("/etc/passwd") == .notASocket)
        }
    }

    private func withHost(
        _ way: Way, _ body: @escaping @Sendable (any RemoteHost, String) async throws -> Void
    ) async throws {
        try await TemporaryDirectory.with(prefix: "gf") { directory in
            switch way {
            case .local: try await body(LocalShell(name: "here"), directory)
            case .ssh:
                guard TestServer.isInstalled else { return }
                try await TestServer.with { server in
                    try await server.withShell { shell in try await body(shell, directory) }
                }
            }
        }
    }

    private func mode(_ path: String) -> UInt32 {
        var status = stat()
        return stat(path, &status) == 0 ? status.st_mode & 0o7777 : 0
    }

    private func modificationTimes(_ files: [RemoteFile]) -> [Int] {
        files.map { file in
            var status = stat()
            return stat(file.path, &status) == 0 ? status.st_mtim.tv_nsec &+ status.st_ino.hashValue : -1
        }
    }
}
