import CSQLite
import FleetModel
import Foundation
import OperationModel
import Testing

@testable import OperationJournal

/// What is left when a process dies, the disk is full or the file is not what it should be.
@Suite(.timeLimit(.minutes(2))) struct JournalDurabilityTests {
    @Test(arguments: [5, 20, 40, 80]) func `kill -9 in the middle of appends loses nothing that was acknowledged`(
        milliseconds: Int
    ) async throws {
        try await inDirectory { directory in
            let file = directory + "/journal.sqlite"
            let acknowledged = directory + "/acknowledged"
            let cluster = try Sample.cluster
            let journal = try OperationJournal.open(file)
            try journal.create(Sample.id, plan: try Sample.plan, at: Sample.now)
            await #expect(processExitsWith: .signal(SIGKILL)) {
                [file = file as String, acknowledged = acknowledged as String, milliseconds = milliseconds as Int] in
                let journal = try OperationJournal.open(file)
                let lease = try journal.acquireLease(
                    cluster: try Sample.cluster, operation: Sample.id, holder: Sample.holder(getpid()), replacing: nil,
                    at: Sample.now)
                let log = open(acknowledged, O_WRONLY | O_CREAT | O_APPEND, 0o600)
                Thread.detachNewThread {
                    usleep(UInt32(milliseconds) * 1_000)
                    kill(getpid(), SIGKILL)
                }
                while true {
                    let event = try journal.append(.note(nil, "n"), under: lease, at: Sample.now)
                    let line = "\(event.sequence)\n"
                    _ = line.withCString { write(log, $0, strlen($0)) }
                }
            }
            let told = (try? String(contentsOfFile: acknowledged, encoding: .utf8)) ?? ""
            let last = told.split(separator: "\n").last.flatMap { Int64($0) } ?? 0
            let events = try journal.events(of: Sample.id, after: 0, limit: 1_000_000).map(\.sequence)
            #expect(events == (0..<events.count).map { Int64($0) + 1 })
            #expect(Int64(events.count) >= last)
            // The dead process's lease stays until somebody proves it dead; its token no longer writes after that.
            let dead = try #require(try journal.lease(of: cluster))
            let next = try journal.acquireLease(
                cluster: cluster, operation: Sample.id, holder: Sample.holder(2), replacing: dead.token, at: Sample.now)
            let appended = try journal.append(.note(nil, "resumed"), under: next, at: Sample.now)
            #expect(appended.sequence == Int64(events.count) + 1)
            #expect(throws: StoreError.fenced(next)) {
                try journal.append(.note(nil, "late"), under: dead, at: Sample.now)
            }
        }
    }

    @Test func `two processes that append at once lose nothing`() async throws {
        try await inDirectory { directory in
            let file = directory + "/journal.sqlite"
            let journal = try OperationJournal.open(file)
            try journal.create(Sample.id, plan: try Sample.plan, at: Sample.now)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    await #expect(processExitsWith: .success) { [file = file as String] in
                        let journal = try OperationJournal.open(file)
                        for _ in 0..<100 { try journal.request(.stop, of: Sample.id, at: Sample.now) }
                    }
                }
                group.addTask { for _ in 0..<100 { try journal.request(.abort, of: Sample.id, at: Sample.now) } }
                try await group.waitForAll()
            }
            let events = try journal.events(of: Sample.id, after: 0, limit: 1000)
            #expect(events.map(\.sequence) == Array(1...200))
            #expect(events.count { $0.event == .requested(.stop) } == 100)
        }
    }

    @Test func `many connections may open a new journal at once`() async throws {
        try await inDirectory { directory in
            let file = directory + "/journal.sqlite"
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<8 {
                    group.addTask {
                        let id = OperationID(createdAt: Sample.now, salt: UInt16(number))
                        try OperationJournal.open(file).create(id, plan: try Sample.plan, at: Sample.now)
                    }
                }
                try await group.waitForAll()
            }
            #expect(try OperationJournal.open(file).operations(limit: 100).count == 8)
        }
    }

    @Test func `a full disk refuses an append whole, and appends go on when there is room`() async throws {
        try await inDirectory { directory in
            let file = directory + "/journal.sqlite"
            let journal = try OperationJournal.open(file, mostPages: 40)
            try journal.create(Sample.id, plan: try Sample.plan, at: Sample.now)
            let lease = try Sample.lease(journal)
            var refusal: StoreError?
            var written = 0
            while refusal == nil, written < 10_000 {
                do throws(StoreError) {
                    let event = OperationEvent.note(nil, String(repeating: "x", count: 1000))
                    try journal.append(event, under: lease, at: Sample.now)
                    written += 1
                } catch { refusal = error }
            }
            guard case .full(let place, let reason) = refusal else {
                Issue.record("not refused: \(String(describing: refusal))")
                return
            }
            #expect(place == file)
            #expect(reason.contains("full"))
            #expect(try journal.events(of: Sample.id, after: 0, limit: 10_000).count == written)
            let roomy = try OperationJournal.open(file)
            let next = try roomy.append(.note(nil, "room"), under: lease, at: Sample.now)
            #expect(next.sequence == Int64(written) + 1)
        }
    }

    @Test func `a file that another program or a newer gantry wrote is left as it is, byte by byte`() async throws {
        try await inDirectory { directory in
            let newer = directory + "/newer.sqlite"
            do {
                let journal = try OperationJournal.open(newer)
                try journal.create(Sample.id, plan: try Sample.plan, at: Sample.now)
            }
            try sql(newer, "PRAGMA user_version = 99")
            let foreign = directory + "/foreign.sqlite"
            try sql(foreign, "CREATE TABLE guests (name TEXT); INSERT INTO guests VALUES ('a')")
            for (file, word) in [(newer, "newer"), (foreign, "no journal")] {
                let before = try Data(contentsOf: URL(fileURLWithPath: file))
                let error = #expect(throws: StoreError.self) { try OperationJournal.open(file) }
                guard case .unavailable(_, file, let reason, _) = error else {
                    Issue.record("\(String(describing: error))")
                    return
                }
                #expect(reason.contains(word))
                #expect(try Data(contentsOf: URL(fileURLWithPath: file)) == before)
            }
        }
    }

    @Test func `a damaged file is an error that says so, wherever the damage is`() async throws {
        try await inDirectory { directory in
            let file = directory + "/journal.sqlite"
            do {
                let journal = try OperationJournal.open(file)
                for salt in 0..<50 {
                    let id = OperationID(createdAt: Sample.now, salt: UInt16(salt))
                    try journal.create(id, plan: try Sample.plan, at: Sample.now)
                }
            }
            let whole = try Data(contentsOf: URL(fileURLWithPath: file))
            #expect(whole.count > 3 * 4096)
            for offset in stride(from: 0, to: whole.count, by: 1024) {
                var damaged = whole
                damaged.replaceSubrange(
                    offset..<min(offset + 512, whole.count), with: Data(repeating: 0xEE, count: 512))
                let copy = directory + "/damaged-\(offset).sqlite"
                try damaged.write(to: URL(fileURLWithPath: copy))
                // Damage to a free part of a page is none; all else must be an error, not a trap.
                do throws(StoreError) {
                    let records = try OperationJournal.open(copy).operations(limit: 100)
                    #expect(records.count <= 50)
                } catch {
                    guard case .unavailable(_, copy, _, let remedy) = error else {
                        Issue.record("\(error)")
                        continue
                    }
                    #expect(!remedy.isEmpty)
                }
            }
            var short = whole
            short.removeLast(whole.count / 2)
            try short.write(to: URL(fileURLWithPath: file))
            #expect(throws: StoreError.self) {
                let journal = try OperationJournal.open(file)
                _ = try journal.operations(limit: 100)
            }
        }
    }

    @Test func `an event that this gantry can't read is an error with its place`() async throws {
        try await inDirectory { directory in
            let file = directory + "/journal.sqlite"
            let journal = try OperationJournal.open(file)
            try journal.create(Sample.id, plan: try Sample.plan, at: Sample.now)
            try sql(file, "INSERT INTO event VALUES ('\(Sample.id)', 1, 0, '{\"exploded\":{}}')")
            let error = #expect(throws: StoreError.self) { try journal.events(of: Sample.id, after: 0, limit: 10) }
            guard case .unavailable("reading event 1 of \(Sample.id)", file, _, _) = error else {
                Issue.record("\(String(describing: error))")
                return
            }
        }
    }

    @Test func `another connection of the same process leaves the locks of the first in place`() async throws {
        try await inDirectory { directory in
            let file = directory + "/journal.sqlite"
            let first = try OperationJournal.open(file)
            try first.create(Sample.id, plan: try Sample.plan, at: Sample.now)
            let held = try locks(on: file)
            try #require(held > 0)
            do {
                let second = try OperationJournal.open(file)
                #expect(try second.operations(limit: 1).count == 1)
            }
            #expect(try locks(on: file) >= held)
            #expect(try first.operations(limit: 1).count == 1)
        }
    }

    /// How many locks this process holds on the file, by proc_locks(5).
    private func locks(on file: String) throws -> Int {
        var status = stat()
        try #require(stat(file, &status) == 0)
        let suffix = ":\(status.st_ino)"
        return try String(contentsOfFile: "/proc/locks", encoding: .utf8).split(separator: "\n").count { line in
            let words = line.split(separator: " ")
            return words.contains { $0.hasSuffix(suffix) } && words.contains("\(getpid())")
        }
    }

    @Test func `the file, its log and its memory are this user's alone`() async throws {
        try await inDirectory { directory in
            let file = directory + "/journal.sqlite"
            let journal = try OperationJournal.open(file)
            try journal.create(Sample.id, plan: try Sample.plan, at: Sample.now)
            for name in [file, file + "-wal", file + "-shm"] {
                let attributes = try FileManager.default.attributesOfItem(atPath: name)
                #expect(attributes[.posixPermissions] as? Int == 0o600)
            }
        }
    }

    @Test func `a fleet directory may be a link, and the journal behind it is the same one`() async throws {
        try await inDirectory { directory in
            let real = directory + "/real"
            try FileManager.default.createDirectory(atPath: real, withIntermediateDirectories: false)
            symlink(real, directory + "/link")
            let journal = try OperationJournal.open(directory + "/link/journal.sqlite")
            try journal.create(Sample.id, plan: try Sample.plan, at: Sample.now)
            #expect(try OperationJournal.open(real + "/journal.sqlite").operation(Sample.id).id == Sample.id)
        }
    }

    @Test func `what is not a local path of a file is refused without a trap`() async throws {
        try await inDirectory { directory in
            symlink(directory + "/target", directory + "/link")
            for file in [directory, directory + "/link", "", directory + "/no/such/place"] {
                #expect(throws: StoreError.self) { try OperationJournal.open(file) }
            }
        }
    }

    @Test func `an audit record is closed once`() async throws {
        try await inDirectory { directory in
            let journal = try OperationJournal.open(directory + "/journal.sqlite")
            let record = AuditRecord(caller: Sample.holder(1), arguments: ["a"], reason: nil, openedAt: Sample.now)
            let number = try journal.openAudit(record)
            try journal.closeAudit(number, exitCode: 0, operation: nil, at: Sample.now)
            try journal.closeAudit(number, exitCode: 9, operation: nil, at: Sample.now)
            #expect(try journal.audit(since: Sample.now, limit: 10).map(\.exitCode) == [0])
        }
    }

    private func sql(_ file: String, _ script: String) throws {
        var handle: OpaquePointer?
        defer { sqlite3_close(handle) }
        try #require(sqlite3_open(file, &handle) == SQLITE_OK)
        try #require(sqlite3_exec(handle, script, nil, nil, nil) == SQLITE_OK)
    }
}
