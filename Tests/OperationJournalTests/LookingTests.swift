import FleetModel
import Foundation
import OperationModel
import Testing

@testable import OperationJournal

/// A journal that can't be written can still be looked at.
@Suite(.timeLimit(.minutes(2))) struct LookingTests {
    private static func prepare(_ file: String) throws {
        let journal = try OperationJournal.open(file)
        try journal.create(Sample.id, plan: try Sample.plan, at: Sample.now)
        let lease = try Sample.lease(journal)
        try journal.append(.note(nil, "told"), under: lease, at: Sample.now)
    }

    private static func files(_ directory: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: directory).sorted()
    }

    @Test func `in a directory that can't be written it is read, a write says why not, and nothing is made`()
        async throws
    {
        try await inDirectory { directory in
            let file = directory + "/journal.sqlite"
            try Self.prepare(file)
            try #require(try Self.files(directory) == ["journal.sqlite"], "the last one to close it tidies up")
            chmod(file, 0o444)
            chmod(directory, 0o555)
            defer { chmod(directory, 0o755) }
            await #expect(processExitsWith: .exitCode(7)) { [file = file as String] in
                // Nobody, who may write nowhere: root may everywhere.
                if getuid() == 0 { setuid(65534) }
                let journal = try OperationJournal.openExisting(file)
                guard try journal.operation(Sample.id).id == Sample.id,
                    try journal.events(of: Sample.id, after: 0, limit: 9).map(\.event) == [.note(nil, "told")]
                else { exit(1) }
                do throws(StoreError) {
                    try journal.request(.stop, of: Sample.id, at: Sample.now)
                    exit(2)
                } catch {
                    guard case .unavailable(_, file, let reason, _) = error, reason.contains("Permission denied") else {
                        exit(3)
                    }
                }
                do throws(StoreError) {
                    _ = try OperationJournal.open(file)
                    exit(4)
                } catch { exit(7) }
            }
            #expect(try Self.files(directory) == ["journal.sqlite"])
        }
    }

    @Test func `what is still in the log is seen, and the log stays`() async throws {
        try await inDirectory { directory in
            let file = directory + "/journal.sqlite"
            await #expect(processExitsWith: .signal(SIGKILL)) { [file = file as String] in
                let journal = try OperationJournal.open(file)
                try journal.create(Sample.id, plan: try Sample.plan, at: Sample.now)
                kill(getpid(), SIGKILL)
            }
            // Without the memory of the process that died, as after the techhost's end.
            unlink(file + "-shm")
            let size = try FileManager.default.attributesOfItem(atPath: file + "-wal")[.size] as? Int
            try #require(size ?? 0 > 0)
            let database = try Database.openForLooking(file)
            #expect(try database.integer("SELECT count(*) FROM operation") == 1)
            #expect(throws: StoreError.self) { try database.execute("DELETE FROM value") }
            #expect(try FileManager.default.attributesOfItem(atPath: file + "-wal")[.size] as? Int == size)
        }
    }

    @Test(arguments: [(ENOSPC, "No space left on device"), (EROFS, "mounted read-only")])
    func `the cause is named`(code: Int32, words: String) throws {
        let error = try #require(Database.refusal(code, "opening the journal", "/x/journal.sqlite"))
        #expect("\(error)".contains(words) && "\(error)".contains("/x/journal.sqlite"))
    }

    @Test func `what is damaged is no better for looking`() async throws {
        try await inDirectory { directory in
            let file = directory + "/journal.sqlite"
            try "this is no journal, and long enough to be read as one".write(
                toFile: file, atomically: true, encoding: .utf8)
            #expect(throws: StoreError.self) { try OperationJournal.openExisting(file) }
        }
    }
}
