public import FleetModel
public import Observation
public import OperationModel
import Operations
import Processes

/// Tells of an operation's end by mail.
///
/// That a mail is due is written into the journal before the ending; that it was handed over, into a file afterwards. A
/// worker that dies between the two is made up for by the next command.
public struct OperationTelling: Sendable {
    /// A file's name is made of it.
    private static let longestToken = 64

    private let session: FleetSession
    private let store: any OperationStore
    private var cluster: ClusterName { session.fleet.cluster.name }

    /// The telling of `session`'s operations.
    public init(session: FleetSession, store: any OperationStore) {
        self.session = session
        self.store = store
    }

    private struct Before: Codable {
        var operation: OperationID
        var shares: [BrokerShare]
    }

    private var beforeKey: String { "mail-before/\(cluster)" }
    private var dueKey: String { "mail-due/\(cluster)" }
    private var marker: String { "\(session.place.mail)/told" }

    /// Whether `id`'s worker has mail to hand over after its ending.
    public static func isDue(_ id: OperationID, of cluster: ClusterName, in store: any OperationStore) -> Bool {
        (try? store.value("mail-due/\(cluster)")) == id.rawValue
    }

    // MARK: Within the operation

    /// Keeps what each broker carries, once, where data is going to move and somebody wants to read of it.
    func lookBefore(_ id: OperationID, _ plan: OperationPlan, _ memory: JournalMemory) async {
        guard session.mail.addresses != nil, plan.steps.contains(where: { $0.kind == MoveData.kind }),
            before(id) == nil,
            let shares = await shares(),
            let text = try? JSONValue(encoding: Before(operation: id, shares: shares)).text()
        else { return }
        try? await memory.setValue(text, for: beforeKey)
    }

    /// Writes down that a mail is due.
    func announce(_ id: OperationID, _ memory: JournalMemory) async {
        guard session.mail.addresses != nil else { return }
        try? await memory.setValue(id.rawValue, for: dueKey)
    }

    private func before(_ id: OperationID) -> [BrokerShare]? {
        guard let text = try? store.value(beforeKey), let before: Before = try? JSONValue(parsing: text).decoded(),
            before.operation == id
        else { return nil }
        return before.shares
    }

    private func shares() async -> [BrokerShare]? {
        guard let layout = try? session.storedLayout() else { return nil }
        let seen = await session.ports.cluster.observe(layout, detail: ObservationDetail(configuration: false))
        return seen.value.flatMap(BrokerShare.all)
    }

    // MARK: Afterwards

    /// Hands the mail about an operation that has ended over.
    /// - Returns: what became of it; nil where nobody wants mail, or the operation has not ended.
    @discardableResult
    public func tell(_ id: OperationID) async -> MailDelivery? {
        guard let addresses = session.mail.addresses, let record = try? store.operation(id),
            let events = try? store.events(of: id)
        else { return nil }
        var story = OperationStory(id: id, plan: record.plan, events: events)
        guard story.hasEnded else { return nil }
        // Who ends at once waits for no cluster.
        if !story.progress.isStoppedAtOnce, let before = before(id) {
            (story.before, story.after) = (before, await shares())
        }
        let token = "\(id)-\(events.last?.sequence ?? 0)"
        let mail = OperationMail.compose(
            story, to: addresses, date: SystemClock().now(), token: String(token.prefix(Self.longestToken)))
        let delivery = await session.mail.post(mail)
        if (try? Directories.make(session.place.mail, mode: 0o700)) != nil {
            try? AtomicFile.write(Array("\(id)\n".utf8), to: marker, mode: 0o600)
        }
        return delivery
    }

    /// The operation of which nobody has told although it has ended: its worker died in between.
    var untold: OperationID? {
        guard session.mail.addresses != nil, let text = try? store.value(dueKey), let id = OperationID(rawValue: text),
            told != id, let record = try? store.operation(id), let events = try? store.events(of: id)
        else { return nil }
        // A worker that lives is just about to.
        let worker = OperationProgress.fold(record.plan, events).holder
        return worker.map { $0.techhost == Machine.hostName && $0.isAlive } == true ? nil : id
    }

    private var told: OperationID? {
        guard let bytes = try? BoundedFile.read(marker, limit: 256) else { return nil }
        return OperationID(rawValue: String(decoding: bytes.prefix { $0 != 0x0a }, as: UTF8.self))
    }
}

extension FleetSession {
    /// After a command has its result: time for mail that was kept, so that nobody waits for a server that is down.
    private static let patience: Duration = .seconds(3)

    /// Runs `body` while mail that was kept is sent beside it, where its time has come.
    public func sendingKeptMail<Result: Sendable>(
        _ body: @escaping @Sendable () async throws -> Result
    ) async throws -> Result {
        guard mail.addresses != nil, let names = try? MailSpool(directory: place.mail).names(), !names.isEmpty else {
            return try await body()
        }
        return try await withThrowingTaskGroup(of: Result?.self) { group in
            group.addTask { try await body() }
            group.addTask {
                await mail.sendKept()
                return nil
            }
            defer { group.cancelAll() }
            var result: Result?
            var isMailOver = false
            // The first of three that ends the waiting: both are done, or the patience is over.
            while let next = try await group.next() {
                if let next {
                    result = next
                    if isMailOver { return next }
                    group.addTask {
                        try? await Task.sleep(for: Self.patience)
                        return nil
                    }
                } else if let result {
                    return result
                } else {
                    isMailOver = true
                }
            }
            guard let result else { throw CancellationError() }
            return result
        }
    }
}
