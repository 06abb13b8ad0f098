import FleetModel
import Glibc
import Monitoring
import Observation
import Processes
import Threads

/// Mails incidents as `MailDigest` says. What can't be sent is kept by whoever sends.
final class IncidentMail: IncidentReceiver {
    /// Hands a mail over: its subject and its body.
    typealias Sender = @Sendable (_ subject: String, _ body: String) async -> String?

    /// Incidents that wait; a mail names fewer.
    private static let waiting = 1000

    /// How often mail that is kept is looked at; it has longer pauses of its own.
    private static let retryPause: Duration = .seconds(30)
    /// So late, at most, is the daily mail.
    private static let dailyPause: Duration = .seconds(20)
    /// Makes the tokens of one millisecond different.
    private static let salts = UInt32.min...UInt32.max

    private let cluster: ClusterName
    private let log: LogFile
    private let send: Sender
    private let changes: AsyncStream<IncidentChange>
    private let continuation: AsyncStream<IncidentChange>.Continuation
    private let digest = Locked(MailDigest())
    private let start = ContinuousClock.now

    /// Mail about `cluster`; `send` hands one over and returns why it could not, or nil.
    init(cluster: ClusterName, log: LogFile, send: @escaping Sender) {
        self.cluster = cluster
        self.log = log
        self.send = send
        (changes, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(Self.waiting))
    }

    /// Mail about `cluster` through `mail`; nil where nobody asked for mail.
    convenience init?(cluster: ClusterName, log: LogFile, through mail: any MailPost) {
        guard let addresses = mail.addresses else { return nil }
        self.init(cluster: cluster, log: log) { subject, body in
            let now = Timestamp.wall
            let delivery = await mail.post(
                MailMessage(
                    token: "incident-\(now.milliseconds)-\(UInt32.random(in: Self.salts))", date: now,
                    from: addresses.from, to: addresses.to, subject: subject, text: body))
            return delivery.problem
        }
    }

    func receive(_ change: IncidentChange) { continuation.yield(change) }

    /// Sends until the task is cancelled. Waiting is in real time: it is about mailboxes.
    func run(_ present: @escaping @Sendable () -> MonitorState?) async {
        await withDiscardingTaskGroup { group in
            for await change in changes {
                let before = digest.withLock(\.due)
                digest.withLock { $0.take(change, uptime: ContinuousClock.now - start) }
                guard before == nil, let due = digest.withLock(\.due) else { continue }
                group.addTask {
                    guard (try? await Task.sleep(for: due - (ContinuousClock.now - self.start))) != nil else { return }
                    await self.sendDue(present()?.incidents ?? [])
                }
            }
            group.cancelAll()
        }
        // What was gathered so far is kept, and goes with the next that sends.
        if let letter = digest.withLock({ digest in
            digest.letter(cluster: cluster, open: present()?.incidents ?? [], uptime: digest.due ?? .zero)
        }) {
            await post(letter.subject, letter.body)
        }
    }

    /// Tries again with what could not be sent, until the task is cancelled.
    static func sendKept(_ mail: any MailPost) async {
        while (try? await Task.sleep(for: retryPause)) != nil { await mail.sendKept() }
    }

    /// Once a day, a mail that says how all is: who misses it knows that nobody watches.
    func writeDaily(at time: TimeOfDay, _ present: @escaping @Sendable () -> MonitorState?) async {
        var next = time.next(after: .wall, utcOffset: Machine.utcOffset)
        while (try? await Task.sleep(for: Self.dailyPause)) != nil {
            let now = Timestamp.wall
            let following = time.next(after: now, utcOffset: Machine.utcOffset)
            guard now >= next else {
                // A clock that was set back is no reason to be silent for longer than a day.
                next = min(next, following)
                continue
            }
            next = following
            guard let state = present() else { continue }
            let letter = MailDigest.allIsWell(state, cluster: cluster)
            await post(letter.subject, letter.body)
        }
    }

    private func sendDue(_ open: [Incident]) async {
        let uptime = ContinuousClock.now - start
        guard let letter = digest.withLock({ $0.letter(cluster: cluster, open: open, uptime: uptime) }) else { return }
        await post(letter.subject, letter.body)
    }

    /// Hands one mail over, and says in the log how that went.
    func post(_ subject: String, _ body: String) async {
        let problem = await send(subject, body)
        log.say(
            problem == nil ? "mail-sent" : "mail-kept", level: problem == nil ? "info" : "warning", at: .wall,
            [("subject", subject), ("reason", problem)])
    }
}
