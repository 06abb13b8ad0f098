import Glibc
import Testing
import Threads

@testable import Processes

@Suite(.timeLimit(.minutes(2))) struct PermitsTests {
    @Test func `never more than the permitted number run at once, and all run`() async throws {
        let permits = Permits(3)
        let running = Locked((now: 0, most: 0, done: 0))
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<50 {
                group.addTask {
                    try await permits.withPermit {
                        running.withLock {
                            $0.now += 1
                            $0.most = max($0.most, $0.now)
                        }
                        await Task.yield()
                        running.withLock {
                            $0.now -= 1
                            $0.done += 1
                        }
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(running.withLock { $0.done } == 50)
        #expect(running.withLock { $0.most } <= 3)
    }

    @Test func `a waiter that is cancelled leaves, and its place is not lost`() async throws {
        let permits = Permits(1)
        let (held, hold) = AsyncStream.makeStream(of: Void.self)
        let (taken, took) = AsyncStream.makeStream(of: Void.self)
        let holder = Task {
            try await permits.withPermit {
                took.yield()
                for await _ in held { break }
            }
        }
        for await _ in taken { break }
        let waiter = Task { try await permits.withPermit {} }
        waiter.cancel()
        await #expect(throws: CancellationError.self) { try await waiter.value }
        hold.finish()
        try await holder.value
        try await permits.withPermit {}
    }
}

@Suite struct FileTests {
    @Test func `an atomic write replaces content and mode, and leaves nothing beside it`() async throws {
        try await TemporaryDirectory.with { directory in
            let path = "\(directory)/file"
            try AtomicFile.write(Array("one".utf8), to: path, mode: 0o640)
            try AtomicFile.write(Array("two".utf8), to: path, mode: 0o600)
            #expect(try BoundedFile.read(path, limit: 100) == Array("two".utf8))
            var status = stat()
            #expect(stat(path, &status) == 0)
            #expect(status.st_mode & 0o7777 == 0o600)
            #expect(try await Process.run("ls", ["-A", directory]).stdout.text == "file\n")
        }
    }

    @Test func `a write that fails leaves the old content and no temporary file`() async throws {
        try await TemporaryDirectory.with { directory in
            // A directory of that name can't be replaced by a file.
            let path = "\(directory)/taken"
            try Directories.make("\(path)/inner")
            #expect(throws: ProcessError.self) { try AtomicFile.write([1], to: path) }
            #expect(try await Process.run("ls", ["-A", directory]).stdout.text == "taken\n")
            let missing = #expect(throws: ProcessError.self) { try AtomicFile.write([1], to: "\(directory)/no/file") }
            #expect(missing?.code == .fileMissing)
        }
    }

    @Test func `a full file system is said as no room, with what to do`() {
        let error = ProcessError.file("write", "/x", ENOSPC)
        #expect(error.code == .noRoom)
        #expect(error.description == "/x: cannot write it: no space left on device; make room on its file system")
    }

    @Test(arguments: [0, 1, 4095, 4096, 4097, 100_000])
    func `a file is read whole up to its bound and refused beyond`(size: Int) async throws {
        try await TemporaryDirectory.with { directory in
            let bytes = (0..<size).map { UInt8(truncatingIfNeeded: $0) }
            try AtomicFile.write(bytes, to: "\(directory)/f")
            #expect(try BoundedFile.read("\(directory)/f", limit: size) == bytes)
            #expect(try BoundedFile.read("\(directory)/f", limit: size + 1) == bytes)
            guard size > 0 else { return }
            let error = #expect(throws: ProcessError.self) { try BoundedFile.read("\(directory)/f", limit: size - 1) }
            #expect(error?.code == .fileTooLarge)
        }
    }

    @Test func `a missing file and a directory are no files to read`() {
        #expect(#expect(throws: ProcessError.self) { try BoundedFile.read("/no/such", limit: 1) }?.code == .fileMissing)
        #expect(#expect(throws: ProcessError.self) { try BoundedFile.read("/usr", limit: 1) }?.code == .fileFailed)
    }

    @Test func `directories are made with those above them, and again without complaint`() async throws {
        try await TemporaryDirectory.with { directory in
            try Directories.make("\(directory)/a/b/c/")
            try Directories.make("\(directory)/a/b/c")
            #expect(Directories.isDirectory("\(directory)/a/b/c"))
            try AtomicFile.write([], to: "\(directory)/file")
            let error = #expect(throws: ProcessError.self) { try Directories.make("\(directory)/file") }
            #expect(error?.code == .fileExists)
        }
    }

    @Test(arguments: [
        ("/a/b", "/a"), ("/a/b/", "/a"), ("/a", "/"), ("/", "/"), ("a", "."), ("a/b", "a"), ("a//b", "a"),
    ])
    func `the parent of a path is the directory it is in`(path: String, parent: String) {
        #expect(Directories.parent(of: path) == parent)
    }

    @Test func `a private directory is refused when it is open to others or a link`() async throws {
        try await TemporaryDirectory.with { directory in
            try Directories.makePrivate("\(directory)/own")
            try Directories.makePrivate("\(directory)/own")
            chmod("\(directory)/own", 0o750)
            symlink("/tmp", "\(directory)/link")
            for name in ["own", "link"] {
                let error = #expect(throws: ProcessError.self) { try Directories.makePrivate("\(directory)/\(name)") }
                #expect(error?.code == .unsafeDirectory)
            }
        }
    }

    @Test func `a temporary directory goes with all that is in it, also when its user fails`() async throws {
        struct Failure: Error {}
        var path = ""
        await #expect(throws: Failure.self) {
            try await TemporaryDirectory.with { directory in
                path = directory
                try Directories.make("\(directory)/a/b")
                symlink("/usr", "\(directory)/a/link")
                throw Failure()
            }
        }
        #expect(access(path, F_OK) != 0)
        #expect(access("/usr", F_OK) == 0)
    }

    @Test func `a lock is held by one, and free when its holder is gone`() async throws {
        try await TemporaryDirectory.with { directory in
            let path = "\(directory)/lock"
            var first: FileLock? = try FileLock.take(path)
            let error = #expect(throws: ProcessError.self) { _ = try FileLock.take(path) }
            #expect(error?.code == .locked)
            withExtendedLifetime(first) {}
            first = nil
            _ = try await FileLock.take(path, within: .seconds(5))
        }
    }

    @Test func `a lock is free when its holder is gone although a child of it lives on`() async throws {
        try await TemporaryDirectory.with { directory in
            let path = "\(directory)/lock"
            var lock: FileLock? = try FileLock.take(path)
            let result = try await Process.run("sh", ["-c", "setsid sleep 1000 & echo $!"])
            let sleeper = try #require(Int32(result.stdout.trimmed))
            defer { kill(sleeper, SIGKILL) }
            withExtendedLifetime(lock) {}
            lock = nil
            // A child of another test may hold every descriptor for the moment between fork and exec.
            _ = try await FileLock.take(path, within: .seconds(30))
        }
    }
}

@Suite struct MachineTests {
    @Test func `a socket that is not there, or whose path is too long, is an error`() throws {
        let missing = #expect(throws: ProcessError.self) { _ = try UnixSocket.connect("/no/such/socket") }
        #expect(missing?.code == .fileMissing)
        let long = "/tmp/" + String(repeating: "x", count: UnixSocket.longestPath)
        #expect(throws: ProcessError.self) { _ = try UnixSocket.connect(long) }
    }

    @Test func `the entries of a directory are its names`() async throws {
        try await TemporaryDirectory.with { directory in
            for name in ["a", ".b", "c d"] { try AtomicFile.write([], to: "\(directory)/\(name)") }
            #expect(try Directories.entries(directory).sorted() == [".b", "a", "c d"])
        }
    }

    @Test func `this process runs, and an id used again is another process`() throws {
        let current = try ProcessIdentity.current()
        #expect(current.isRunning)
        #expect(
            !ProcessIdentity(pid: current.pid, startTicks: current.startTicks + 1, bootID: current.bootID).isRunning)
        #expect(!ProcessIdentity(pid: current.pid, startTicks: current.startTicks, bootID: "another").isRunning)
    }

    @Test func `a process with blanks and parentheses in its name is found`() async throws {
        try await TemporaryDirectory.with { directory in
            let program = "\(directory)/a ) S (b"
            symlink("/bin/sleep", program)
            let identity = try DetachedProcess.start(Invocation(program, ["1000"]), logFile: "\(directory)/log")
            #expect(identity.isRunning)
            kill(identity.pid, SIGKILL)
            try await poll { !identity.isRunning }
            var status: Int32 = 0
            #expect(waitpid(identity.pid, &status, 0) == identity.pid)
        }
    }

    @Test func `a detached program has a session of its own and writes to its log`() async throws {
        try await TemporaryDirectory.with { directory in
            let log = "\(directory)/log"
            try AtomicFile.write(Array("before\n".utf8), to: log)
            let identity = try DetachedProcess.start(
                Invocation("sh", ["-c", "cut -d' ' -f6 /proc/$$/stat; echo err >&2; cat"]), logFile: log)
            var status: Int32 = 0
            #expect(waitpid(identity.pid, &status, 0) == identity.pid)
            let text = String(decoding: try BoundedFile.read(log, limit: 1000), as: UTF8.self)
            #expect(text == "before\n\(identity.pid)\nerr\n")
            #expect(!identity.isRunning)
        }
    }

    @Test func `user, host and time are those that the machine's own tools say`() async throws {
        #expect(try await Process.run("id", ["-un"]).stdout.trimmed == CurrentUser.current().name)
        #expect(try await Process.run("uname", ["-n"]).stdout.trimmed == Machine.hostName)
        #expect(Machine.wallTime > .seconds(1_700_000_000))
    }
}
