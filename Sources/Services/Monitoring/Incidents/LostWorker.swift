public import FleetModel
public import HealthRules
public import OperationModel

/// An operation whose worker was lost, as the daemon tells of it.
public struct LostWorker: Hashable, Sendable {
    /// The rule that its finding carries.
    public static let rule = "operation-interrupted"

    /// The operation.
    public var operation: OperationID
    /// Its command line.
    public var command: String
    /// How its worker was lost.
    public var loss: Resumption.Loss
    /// What goes on with it.
    public var next: String

    /// The lost worker of `operation`.
    public init(operation: OperationID, command: String, loss: Resumption.Loss, next: String) {
        (self.operation, self.command, self.loss, self.next) = (operation, command, loss, next)
    }

    /// What is wrong while it is left as it is.
    /// - Parameters:
    ///   - reason: why it is.
    ///   - log: what its workers wrote besides the journal.
    /// - Returns: one finding about the operation.
    public func finding(_ reason: Resumption.Reason, log: String) -> Finding {
        var remedy = "\(next) goes on with it"
        if next != abort { remedy += ", \(abort) gives it up" }
        let why: String
        switch reason {
        case .asked(let request):
            why = "it had been asked to \(request), so that nothing goes on with it by itself"
        case .mode(.watch): why = "this daemon only watches (gantry dockmon run --resume goes on)"
        case .mode: why = "it waits to be gone on with (move.resume: ask)"
        case .again(let count):
            why = "it was gone on with \(counted(count, "time")) without another step done, and is left alone now"
            remedy = "see what ends it: tail \(log), dmesg; then \(remedy)"
        }
        return unattended(why, remedy)
    }

    /// What is wrong while going on with it fails.
    public func finding(failed problem: String, log: String) -> Finding {
        unattended("going on with it fails: \(problem)", "tail \(log); then \(next)")
    }

    private func unattended(_ why: String, _ remedy: String) -> Finding {
        Finding(
            rule: Self.rule, severity: .warning, subject: "operation \(operation)",
            evidence: "\(command): \(loss.words); \(why)", remedy: remedy)
    }

    /// The mail that says that it goes on by itself.
    /// - Parameters:
    ///   - cluster: whose operation.
    ///   - at: when another worker was started.
    ///   - worker: that one's process.
    /// - Returns: subject and body.
    public func letter(_ cluster: ClusterName, resumed at: Timestamp, worker: Int32) -> (subject: String, body: String)
    {
        let after =
            switch loss.cause {
            case .workerDied: "goes on after its worker died"
            case .techhostDown: "goes on after the techhost was down"
            }
        return (
            "[gantry \(cluster)] \(command): \(after)",
            """
            operation \(operation): \(command)

            \(loss.words.prefix(1).uppercased() + loss.words.dropFirst()).
            It was resumed at \(at) (process \(worker)) and goes on by itself (move.resume: auto); watch it with:

              gantry operation attach \(operation)

            To have it rest instead: gantry operation pause \(operation)

            """
        )
    }

    private var abort: String { "gantry operation abort \(operation)" }
}
