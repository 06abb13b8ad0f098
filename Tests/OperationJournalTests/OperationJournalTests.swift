import CSQLite
import FleetModel
import Foundation
import OperationJournal
import OperationModel
import Testing

struct OperationJournalTests {
    let directory: String
    var file: String { directory + "/journal.sqlite" }
    let id = OperationID(createdAt: Timestamp(milliseconds: 1_000), salt: 7)

    init() throws {
        directory = NSTemporaryDirectory() + "gantry-journal-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    }

    /// Runs a test in the directory and takes it away afterwards, also when the test fails.
    func test(_ body: () throws -> Void) throws {
        defer { try? FileManager.default.removeItem(atPath: directory) }
        try body()
    }

    func plan() throws -> OperationPlan {
        OperationPlan(
            command: "bootstrap", arguments: ["--no-canary"], cluster: try #require(ClusterName(rawValue: "orders")),
            clusterID: try #require(ClusterID(rawValue: "abc")), reason: "why 'not' \u{1F600}",
            steps: [
                StepRecord(
                    id: StepID("a", "b"), kind: "a", subject: "s", host: nil, title: "t", dependencies: [],
                    payload: "{}")
            ], failurePolicy: .stop)
    }

    func holder(_ pid: Int32) -> Holder {
        Holder(techhost: "t", pid: pid, bootID: "b", startTicks: 5, user: "root")
    }

    func at(_ milliseconds: Int64) -> Timestamp { Timestamp(milliseconds: milliseconds) }

    func lease(_ journal: OperationJournal, pid: Int32 = 1, replacing: Int64? = nil) throws -> Lease {
        try journal.acquireLease(
            cluster: try plan().cluster, operation: id, holder: holder(pid), replacing: replacing, at: at(1))
    }

    @Test func `what was written is there when the journal is opened again`() throws {
        try test {
            let first = try OperationJournal.open(file)
            try first.create(id, plan: try plan(), at: at(1000))
            let lease = try lease(first)
            try first.append(.started(holder(1)), under: lease, at: at(2))
            try first.setValue("v", for: "k", under: lease)
            let second = try OperationJournal.open(file)
            #expect(try second.operation(id).plan == plan())
            #expect(try second.events(of: id, after: 0, limit: 10).map(\.event) == [.started(holder(1))])
            #expect(try second.value("k") == "v")
            #expect(try second.value("other") == nil)
            #expect(try second.lease(of: plan().cluster)?.token == lease.token)
        }
    }

    @Test func `events are numbered from one without gaps, requests between them included`() throws {
        try test {
            let journal = try OperationJournal.open(file)
            try journal.create(id, plan: try plan(), at: at(1000))
            let lease = try lease(journal)
            let step = StepID("a", "b")
            let failure = StepFailure(
                code: "c", what: "w", object: "o", reason: "r", remedy: "m", evidence: ["l1", "l2"])
            let events: [OperationEvent] = [
                .started(holder(1)), .intent(step), .outcome(step, .failed(failure)), .note(nil, "n"),
                .ended(.stopped(reason: "asked")),
            ]
            for event in events { try journal.append(event, under: lease, at: at(3)) }
            try journal.request(.stop, of: id, at: at(4))
            let read = try journal.events(of: id, after: 0, limit: 100)
            #expect(read.map(\.sequence) == [1, 2, 3, 4, 5, 6])
            #expect(read.map(\.event) == events + [.requested(.stop)])
            #expect(try journal.events(of: id, after: 4, limit: 1).map(\.sequence) == [5])
        }
    }

    @Test func `a second holder is refused, and told who holds the lease`() throws {
        try test {
            let journal = try OperationJournal.open(file)
            let first = try lease(journal)
            #expect(throws: StoreError.leased(first)) { try lease(journal, pid: 2) }
            #expect(throws: StoreError.leased(first)) { try lease(journal, pid: 2, replacing: first.token + 5) }
        }
    }

    @Test func `after a takeover the old holder can append and set nothing, and gives nothing back`() throws {
        try test {
            let journal = try OperationJournal.open(file)
            try journal.create(id, plan: try plan(), at: at(1000))
            let old = try lease(journal)
            let other = try OperationJournal.open(file)
            let new = try lease(other, pid: 2, replacing: old.token)
            #expect(new.token > old.token)
            #expect(throws: StoreError.fenced(new)) { try journal.append(.note(nil, "x"), under: old, at: at(1)) }
            #expect(throws: StoreError.fenced(new)) { try journal.setValue("x", for: "k", under: old) }
            #expect(throws: StoreError.fenced(new)) { try journal.renew(old, at: at(9)) }
            try journal.release(old)
            #expect(try journal.lease(of: plan().cluster) == new)
            #expect(try journal.events(of: id, after: 0, limit: 10).isEmpty)
            #expect(try journal.value("k") == nil)
        }
    }

    @Test func `tokens go on growing when the lease was given back`() throws {
        try test {
            let journal = try OperationJournal.open(file)
            let first = try lease(journal)
            try journal.release(first)
            #expect(try journal.lease(of: plan().cluster) == nil)
            #expect(throws: StoreError.self) { try journal.append(.note(nil, "x"), under: first, at: at(1)) }
            #expect(try lease(journal).token > first.token)
        }
    }

    @Test func `an operation's id is taken once, and an unknown one is said`() throws {
        try test {
            let journal = try OperationJournal.open(file)
            try journal.create(id, plan: try plan(), at: at(1000))
            #expect(throws: StoreError.exists(id)) { try journal.create(id, plan: try plan(), at: at(1)) }
            let other = OperationID(createdAt: at(5), salt: 9)
            #expect(throws: StoreError.unknownOperation(other)) { try journal.operation(other) }
            #expect(throws: StoreError.unknownOperation(other)) { try journal.request(.stop, of: other, at: at(1)) }
        }
    }

    @Test func `operations come newest first`() throws {
        try test {
            let journal = try OperationJournal.open(file)
            let ids = (0..<5).map { OperationID(createdAt: at(Int64($0) * 5000), salt: 1) }
            for (index, id) in ids.enumerated() {
                try journal.create(id, plan: try plan(), at: at(Int64(index) * 5000))
            }
            #expect(try journal.operations(limit: 3).map(\.id) == Array(ids.reversed().prefix(3)))
        }
    }

    @Test func `an audit record stays open until it is closed`() throws {
        try test {
            let journal = try OperationJournal.open(file)
            let record = AuditRecord(
                caller: holder(3), arguments: ["bootstrap", "--yes"], reason: "why", openedAt: at(100))
            let number = try journal.openAudit(record)
            #expect(try journal.audit(since: at(0), limit: 10) == [record])
            try journal.closeAudit(number, exitCode: 4, operation: id, at: at(200))
            let closed = try #require(try journal.audit(since: at(0), limit: 10).first)
            #expect(closed.closedAt == at(200) && closed.exitCode == 4 && closed.operation == id)
            #expect(try journal.audit(since: at(101), limit: 10).isEmpty)
        }
    }

    @Test func `events can't be changed or deleted, not even by SQL`() throws {
        try test {
            let journal = try OperationJournal.open(file)
            try journal.create(id, plan: try plan(), at: at(1000))
            try journal.append(.note(nil, "kept"), under: try lease(journal), at: at(1))
            var handle: OpaquePointer?
            #expect(sqlite3_open(file, &handle) == SQLITE_OK)
            defer { sqlite3_close(handle) }
            #expect(sqlite3_exec(handle, "DELETE FROM event", nil, nil, nil) != SQLITE_OK)
            #expect(sqlite3_exec(handle, "UPDATE event SET event = '{}'", nil, nil, nil) != SQLITE_OK)
            #expect(try journal.events(of: id, after: 0, limit: 10).map(\.event) == [.note(nil, "kept")])
        }
    }

    @Test func `a file of a newer gantry, or one that is no journal, is refused and left as it is`() throws {
        try test {
            _ = try OperationJournal.open(file)
            var handle: OpaquePointer?
            #expect(sqlite3_open(file, &handle) == SQLITE_OK)
            #expect(sqlite3_exec(handle, "PRAGMA user_version = 99", nil, nil, nil) == SQLITE_OK)
            sqlite3_close(handle)
            #expect(throws: StoreError.self) { try OperationJournal.open(file) }
            let other = directory + "/other.sqlite"
            let bytes = Data(repeating: 0x55, count: 5000)
            try bytes.write(to: URL(fileURLWithPath: other))
            #expect(throws: StoreError.self) { try OperationJournal.open(other) }
            #expect(try Data(contentsOf: URL(fileURLWithPath: other)) == bytes)
        }
    }

    @Test func `a directory that is not there is an error that names the file`() throws {
        try test {
            let missing = directory + "/nowhere/journal.sqlite"
            do {
                _ = try OperationJournal.open(missing)
                Issue.record("it opened")
            } catch let error as StoreError {
                guard case .unavailable(_, let file, _, let remedy) = error else {
                    Issue.record("\(error)")
                    return
                }
                #expect(file == missing && !remedy.isEmpty)
            }
        }
    }

    @Test func `two connections that append at once lose nothing`() async throws {
        let journal = try OperationJournal.open(file)
        try journal.create(id, plan: try plan(), at: at(1000))
        let other = try OperationJournal.open(file)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for store in [journal, other] {
                group.addTask { [id] in
                    for _ in 0..<50 { try store.request(.stop, of: id, at: Timestamp(milliseconds: 1)) }
                }
            }
            try await group.waitForAll()
        }
        #expect(try journal.events(of: id, after: 0, limit: 1000).map(\.sequence) == Array(1...100))
        try FileManager.default.removeItem(atPath: directory)
    }
}
