import FleetModel
import FleetSimulator
import Foundation
import OperationModel
import Operations
import Testing

@testable import FleetRuntime

/// The mail at an operation's end, from its worker on the simulated fleet to the file that is delivered.
@Suite struct `Mail of operations` {
    /// Delivered mails, oldest first.
    private func mails(_ cluster: LivingCluster) throws -> [String] {
        let directory = "\(cluster.session.place.mail)/delivered"
        let names = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
        return try names.sorted().map { try String(contentsOfFile: "\(directory)/\($0)", encoding: .utf8) }
    }

    private func with(_ body: (inout LivingCluster) throws -> Void) async throws {
        try await LivingCluster.with(hosts: 3) { cluster in
            try cluster.bootstrap()
            try cluster.load(topics: 1, partitions: 3)
            cluster.specification.notify = NotifySettings(recipients: ["ops@example.com"])
            try body(&cluster)
        }
    }

    /// Runs a restart of broker 1 as its worker's process does; nil: it died.
    private func work(
        _ id: OperationID, _ cluster: LivingCluster, terminations: AsyncStream<Void> = AsyncStream { $0.finish() }
    ) throws -> OperationEnding? {
        let (session, store) = (cluster.session, cluster.store)
        let token = try store.lease(of: cluster.specification.cluster.name)?.token ?? 0
        return try cluster.run {
            try? await OperationWorker(session: session, store: store).run(id, token: token, terminations: terminations)
        }
    }

    private func begin(_ cluster: LivingCluster, salt: UInt16 = 5) throws -> OperationID {
        let id = OperationID(createdAt: cluster.time.now(), salt: salt)
        let plan = try #require(try cluster.restart([.node(try cluster.node(1))]).plan)
        try cluster.store.create(id, plan: plan, at: cluster.time.now())
        return id
    }

    @Test func `an operation that was resumed is told of once, with everybody who was at it`() async throws {
        try await with { cluster in
            let id = try begin(cluster)
            cluster.store.die(afterWrites: 8)
            #expect(try work(id, cluster) == nil)
            cluster.store.die(afterWrites: nil)
            #expect(try mails(cluster).isEmpty, "it has not ended")
            #expect(try work(id, cluster) == .done)
            let told = try mails(cluster)
            #expect(told.count == 1)
            let mail = try #require(told.first)
            #expect(mail.contains("Subject: [gantry orders] restart: done in"), "\(mail.prefix(400))")
            #expect(mail.contains("begun") && mail.contains("resumed") && mail.contains(id.rawValue))
        }
    }

    @Test
    func `one that is ended at once writes that down, gives its lease back, and is told of with the next command`()
        async throws
    {
        try await with { cluster in
            let id = try begin(cluster)
            let ending = try work(
                id, cluster,
                terminations: AsyncStream { stream in
                    stream.yield()
                    stream.finish()
                })
            guard case .stoppedAtOnce(let reason) = ending else {
                Issue.record("\(ending)")
                return
            }
            #expect(reason.hasPrefix("its worker was told to end (SIGTERM); "), "\(reason)")
            #expect(try cluster.store.lease(of: cluster.specification.cluster.name) == nil)
            #expect(try cluster.store.events(of: id).last?.event == ending.map { .ended($0) })
            let mail = try #require(try mails(cluster).first)
            #expect(mail.contains("Subject: [gantry orders] restart: stopped at once after"), "\(mail.prefix(400))")
            #expect(mail.contains("gantry operation resume \(id)"), "\(mail.prefix(3000))")
            #expect(try work(id, cluster) == .done, "it can be gone on with")
            #expect(try mails(cluster).count == 2)
        }
    }

    @Test func `what is left to be done by hand is in the mail, a line each`() async throws {
        try await with { cluster in
            let id = OperationID(createdAt: cluster.time.now(), salt: 7)
            var plan = try #require(try cluster.restart([.node(try cluster.node(1))]).plan)
            plan.advice = "take it out by hand\nthe data stays"
            try cluster.store.create(id, plan: plan, at: cluster.time.now())
            #expect(try work(id, cluster) == .done)
            let mail = try #require(try mails(cluster).first)
            let lines = mail.split(whereSeparator: \.isNewline)
            #expect(lines.contains("take it out by hand") && lines.contains("the data stays"), "\(mail.prefix(2000))")
        }
    }

    @Test func `a mail whose worker died between the ending and the mail is sent by the next one`() async throws {
        try await with { cluster in
            let first = try begin(cluster)
            // An ending that is journaled, a mail that is due, and no worker any more.
            let ending = try cluster.work(try cluster.store.operation(first).plan, first)
            #expect(ending == .done)
            let lease = try #require(try cluster.store.lease(of: cluster.specification.cluster.name))
            let memory = JournalMemory(store: cluster.store, lease: lease)
            let telling = OperationTelling(session: cluster.session, store: cluster.store)
            let companion = WorkerCompanion(
                id: first, hooks: Hooks(cluster.directory), telling: telling, memory: memory)
            let progress = OperationProgress(plan: try cluster.store.operation(first).plan)
            _ = try cluster.run { await companion.ending(.paused(reason: ""), progress) }
            #expect(telling.untold == nil, "what is paused has not ended")
            _ = try cluster.run { await companion.ending(.done, progress) }
            try cluster.store.release(lease)
            #expect(telling.untold == first)
            #expect(try mails(cluster).isEmpty)
            try cluster.pass(.seconds(30))
            let second = try begin(cluster, salt: 6)
            let next = try work(second, cluster)
            #expect(next == .done)
            let told = try mails(cluster)
            #expect(told.count == 2)
            #expect(told.filter { $0.contains(first.rawValue) }.count == 1)
            #expect(told.filter { $0.contains(second.rawValue) }.count == 1)
            #expect(telling.untold == nil)
        }
    }

    @Test func `where nobody is named, nobody is told`() async throws {
        try await with { cluster in
            cluster.specification.notify = nil
            let ending = try work(try begin(cluster), cluster)
            let told = try mails(cluster)
            #expect(ending == .done && told.isEmpty)
        }
    }

    @Test func `an operation whose worker died is over once another begins in its stead`() async throws {
        try await with { cluster in
            let (store, name) = (cluster.store, cluster.specification.cluster.name)
            let first = try begin(cluster)
            store.die(afterWrites: 8)
            let plan = try store.operation(first).plan
            let ending = try cluster.work(plan, first)
            #expect(ending == nil)
            store.die(afterWrites: nil)
            // Its worker was this machine's, before it was started anew: proven gone.
            var gone = try Holder.current()
            gone.bootID = "before"
            let token = try store.lease(of: name)?.token
            _ = try store.acquireLease(
                cluster: name, operation: first, holder: gone, replacing: token, at: cluster.time.now())
            let left = OperationProgress.fold(plan, try store.events(of: first))
            #expect(left.status(holderIsAlive: false) == .interrupted)
            let second = OperationID(createdAt: cluster.time.now(), salt: 6)
            try OperationLauncher.closeInterrupted(on: name, in: store, supersededBy: second, at: cluster.time.now())
            let closed = OperationProgress.fold(plan, try store.events(of: first))
            #expect(closed.ending == .superseded(by: second))
            // Asked again it says nothing twice.
            try OperationLauncher.closeInterrupted(on: name, in: store, supersededBy: second, at: cluster.time.now())
            let events = try store.events(of: first)
            #expect(events.last?.sequence == closed.sequence)
        }
    }
}
