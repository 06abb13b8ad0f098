import Glibc
import Testing

@testable import Processes

/// Longer than any child here needs on a loaded machine; a test that meets it fails.
private let ample: Duration = .seconds(60)

@Suite(.timeLimit(.minutes(2))) struct ProcessTests {
    @Test func `exit code, output and errors of a child are told apart`() async throws {
        let result = try await Process.run("sh", ["-c", "echo out; echo err >&2; exit 3"], deadline: ample)
        #expect(result.exit == .exited(3))
        #expect(result.stdout.text == "out\n")
        #expect(result.stderr.text == "err\n")
    }

    @Test func `an argument reaches the child as it is`() async throws {
        let odd = "a 'b' \"c\" $HOME `x` \n -- é"
        let result = try await Process.run("printf", ["%s", odd], deadline: ample)
        #expect(result.stdout.text == odd)
    }

    @Test func `a child killed by a signal says which`() async throws {
        let result = try await Process.run("sh", ["-c", "kill -9 $$"], deadline: ample)
        #expect(result.exit == .signaled(SIGKILL))
    }

    @Test func `a program that is not there is said by name`() async throws {
        let error = await #expect(throws: ProcessError.self) { try await Process.run("no-such-program-here") }
        #expect(error?.code == .executableMissing)
        #expect(error?.subject == "no-such-program-here")
    }

    @Test func `a file that is no program may not be run`() async throws {
        let error = await #expect(throws: ProcessError.self) { try await Process.run("/etc/passwd") }
        #expect(error?.code == .notPermitted)
    }

    @Test func `a working directory that is not there is not taken for a missing program`() async throws {
        let error = await #expect(throws: ProcessError.self) {
            try await Process.run("pwd", workingDirectory: "/no/such/place")
        }
        #expect(error?.code == .directoryMissing)
    }

    @Test func `a zero byte in an argument is refused`() async throws {
        let error = await #expect(throws: ProcessError.self) { try await Process.run("echo", ["a\0b"]) }
        #expect(error?.code == .spawnFailed)
    }

    @Test func `directory and environment are those asked for`() async throws {
        let place = try await Process.run("/bin/pwd", workingDirectory: "/usr", deadline: ample)
        #expect(place.stdout.text == "/usr\n")
        let only = try await Process.run("/usr/bin/env", environment: .only(["A": "1"]), deadline: ample)
        #expect(only.stdout.text == "A=1\n")
        let changed = try await Process.run(
            "sh", ["-c", "echo ${HOME-none} $GANTRY_TEST ${PATH:+path}"],
            environment: .inheritedWith(["HOME": nil, "GANTRY_TEST": "x=y"]), deadline: ample)
        #expect(changed.stdout.text == "none x=y path\n")
    }

    @Test func `a child has three descriptors and signals as after login`() async throws {
        signal(SIGPIPE, SIG_IGN)
        let opened = open("/dev/null", O_RDONLY)
        defer { close(opened) }
        let descriptors = try await Process.run("sh", ["-c", "ls /proc/self/fd"], deadline: ample)
        // The fourth is the directory that ls reads.
        #expect(descriptors.stdout.text == "0\n1\n2\n3\n")
        let signals = try await Process.run("grep", ["-E", "Sig(Ign|Blk)", "/proc/self/status"], deadline: ample)
        let masks = signals.stdout.text.split(whereSeparator: \.isWhitespace).compactMap { UInt64($0, radix: 16) }
        // The C library keeps signals 32 and 33 to itself, and ignores them in a child it spawns.
        #expect(masks.map { $0 & ~0x1_8000_0000 } == [0, 0])
    }

    @Test func `nothing on standard input is an end at once`() async throws {
        #expect(try await Process.run("cat", deadline: ample).stdout.bytes.isEmpty)
    }

    @Test func `megabytes go in and come out in order`() async throws {
        let bytes = (0..<5_000_000).map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 13) }
        let result = try await Process.run(
            "cat", input: .bytes(bytes), limits: OutputLimits(output: 10_000_000), deadline: ample)
        #expect(result.stdout.bytes == bytes)
        #expect(result.stdout.discarded == 0)
    }

    @Test func `a child that does not read its input is no failure`() async throws {
        let result = try await Process.run("true", input: .bytes(Array(repeating: 1, count: 1 << 20)), deadline: ample)
        #expect(result.exit == .exited(0))
    }

    @Test func `output beyond the limit is counted and the child goes on to its end`() async throws {
        let result = try await Process.run(
            "sh", ["-c", "seq 100000; seq 100000 >&2"], limits: OutputLimits(output: 10, error: 7), deadline: ample)
        #expect(result.exit == .exited(0))
        #expect(result.stdout.text == "1\n2\n3\n4\n5\n")
        #expect(result.stdout.discarded == 588_895 - 10)
        #expect(result.stderr.text == "100000\n")
    }

    @Test func `a child that writes without end is stopped at the limit when that was asked for`() async throws {
        let error = await #expect(throws: ProcessError.self) {
            try await Process.run("yes", limits: OutputLimits(output: 1000, whenFull: .stop), deadline: ample)
        }
        #expect(error?.code == .outputOverLimit)
        #expect(error?.partial?.stdout.bytes.count == 1000)
    }

    @Test func `lines come while the child runs`() async throws {
        let gate = try TemporaryDirectory.make()
        defer { TemporaryDirectory.remove(gate) }
        var lines: [String] = []
        // The child goes on only after its first line was seen here.
        let result = try await Process.run(
            "sh", ["-c", "echo one; while ! [ -e \(gate)/go ]; do sleep 0.02; done; printf two"], deadline: ample,
            outputLines: { line in
                lines.append(line)
                close(creat("\(gate)/go", 0o600))
            })
        #expect(result.exit.isSuccess)
        #expect(lines == ["one", "two"])
    }

    @Test func `past its deadline a child and what it started are ended, and what it said is kept`() async throws {
        let error = await #expect(throws: ProcessError.self) {
            try await Process.run(
                "sh", ["-c", "sleep 1000 & echo $!; echo here >&2; wait"], deadline: .milliseconds(300), grace: ample)
        }
        #expect(error?.code == .deadlineExceeded)
        #expect(error?.partial?.stderr.text == "here\n")
        let sleeper = try #require(Int32(error?.partial?.stdout.trimmed ?? ""))
        #expect(try await hasEnded(sleeper))
    }

    @Test func `a child that ignores SIGTERM is killed after the grace`() async throws {
        let error = await #expect(throws: ProcessError.self) {
            try await Process.run(
                "sh", ["-c", "trap '' TERM; while :; do sleep 1000; done"], deadline: .milliseconds(200),
                grace: .milliseconds(200))
        }
        #expect(error?.partial?.exit == .signaled(SIGKILL))
    }

    @Test func `cancelling the task ends the child with a chance to clean up`() async throws {
        try await TemporaryDirectory.with { directory in
            let script =
                "trap 'touch \(directory)/clean; exit 7' TERM; touch \(directory)/up; while :; do sleep 0.02; done"
            let task = Task { () async -> ProcessError? in
                do throws(ProcessError) {
                    _ = try await Process.run("sh", ["-c", script], deadline: ample, grace: ample)
                    return nil
                } catch { return error }
            }
            try await poll { access("\(directory)/up", F_OK) == 0 }
            task.cancel()
            let error = await task.value
            #expect(error?.code == .cancelled)
            #expect(error?.partial?.exit == .exited(7))
            #expect(access("\(directory)/clean", F_OK) == 0)
        }
    }

    @Test func `in a cancelled task nothing is started unless cancellation is to be ignored`() async throws {
        let (refused, cleaned) = await Task {
            withUnsafeCurrentTask { $0?.cancel() }
            let refused = await #expect(throws: ProcessError.self) { try await Process.run("true") }
            let cleaned = try? await Process.run("sleep", ["0.05"], deadline: ample, ignoringCancellation: true)
            return (refused, cleaned)
        }.value
        #expect(refused?.code == .cancelled)
        #expect(cleaned?.exit == .exited(0))
    }

    @Test func `a descendant that keeps the pipes open does not delay the result`() async throws {
        let result = try await Process.run("sh", ["-c", "setsid sleep 1000 & echo $!"], deadline: ample)
        let sleeper = try #require(Int32(result.stdout.trimmed))
        #expect(kill(sleeper, SIGKILL) == 0)
    }

    @Test func `what a child leaves in its group is killed with its end`() async throws {
        let result = try await Process.run("sh", ["-c", "sleep 1000 & echo $!"], deadline: ample)
        let sleeper = try #require(Int32(result.stdout.trimmed))
        #expect(try await hasEnded(sleeper))
    }

    @Test func `what a child puts in the background lives on when that was asked for`() async throws {
        let result = try await Process.run(
            "sh", ["-c", "sleep 1000 >&- 2>&- & echo $!"], deadline: ample, keepingDescendants: true)
        let sleeper = try #require(Int32(result.stdout.trimmed))
        #expect(kill(sleeper, SIGKILL) == 0)
    }

    @Test func `a hundred children at once are kept apart`() async throws {
        let outputs = try await withThrowingTaskGroup(of: (Int, String).self) { group in
            for number in 0..<100 {
                group.addTask { (number, try await Process.run("echo", ["\(number)"], deadline: ample).stdout.trimmed) }
            }
            return try await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
        }
        #expect(outputs == Dictionary(uniqueKeysWithValues: (0..<100).map { ($0, "\($0)") }))
    }
}

@Suite(.timeLimit(.minutes(2))) struct PipelineTests {
    @Test func `the output of each program is the input of the next`() async throws {
        let result = try await Process.pipeline(
            [Invocation("cat"), Invocation("tr", ["a-z", "A-Z"]), Invocation("rev")],
            input: .bytes(Array("abc\n".utf8)),
            deadline: ample)
        #expect(result.stdout.text == "CBA\n")
        #expect(result.isSuccess)
    }

    @Test func `each program's end and complaint are told`() async throws {
        let result = try await Process.pipeline(
            [Invocation("sh", ["-c", "echo first >&2; exit 3"]), Invocation("sh", ["-c", "cat; echo last >&2"])],
            deadline: ample)
        #expect(!result.isSuccess)
        #expect(result.stages.map(\.exit) == [.exited(3), .exited(0)])
        #expect(result.stages.map(\.stderr.text) == ["first\n", "last\n"])
    }

    @Test func `a writer whose reader has gone ends of SIGPIPE`() async throws {
        let result = try await Process.pipeline([Invocation("yes"), Invocation("head", ["-n", "1"])], deadline: ample)
        #expect(result.stdout.text == "y\n")
        #expect(result.stages[0].exit == .signaled(SIGPIPE))
    }

    @Test func `a program that outlives its pipeline is ended after the grace`() async throws {
        let result = try await Process.pipeline(
            [Invocation("sleep", ["1000"]), Invocation("true")], deadline: ample, grace: .milliseconds(100))
        #expect(result.stages.map(\.exit) == [.signaled(SIGTERM), .exited(0)])
    }

    @Test func `when one program can't be started the others are ended`() async throws {
        let error = await #expect(throws: ProcessError.self) {
            try await Process.pipeline([Invocation("yes"), Invocation("no-such-program-here")], deadline: ample)
        }
        #expect(error?.code == .executableMissing)
    }

    @Test func `a file goes through with its progress told, and its bytes not through us`() async throws {
        try await TemporaryDirectory.with { directory in
            let path = "\(directory)/big"
            let made = try await Process.run("truncate", ["-s", "64M", path], deadline: ample)
            #expect(made.exit.isSuccess)
            let file = open(path, O_RDONLY)
            defer { close(file) }
            var seen: [Int64] = []
            let result = try await Process.pipeline(
                [Invocation("cat"), Invocation("wc", ["-c"])], input: .descriptor(file), deadline: ample,
                progress: { seen.append($0) })
            #expect(result.stdout.trimmed == "\(64 << 20)")
            #expect(seen.last == 64 << 20)
            #expect(seen == seen.sorted())
        }
    }
}

/// Waits until a condition holds; a test that waits in vain runs into its time limit.
func poll(_ condition: () -> Bool) async throws {
    while !condition() { try await Task.sleep(for: .milliseconds(5)) }
}

/// Waits until a process is gone, or a zombie of somebody who does not reap.
func hasEnded(_ pid: Int32) async throws -> Bool {
    try await poll {
        guard let bytes = try? BoundedFile.read("/proc/\(pid)/stat", limit: 4096) else { return true }
        return String(decoding: bytes, as: UTF8.self).contains(") Z ")
    }
    return true
}
