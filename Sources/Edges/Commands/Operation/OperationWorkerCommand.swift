import FleetRuntime
import Glibc
import OperationModel

/// The worker of an operation: not for people, so neither in help nor in completion.
struct OperationWorkerCommand: Command {
    private static let id = Argument<OperationID>("ID", .one, "the operation")
    private static let token = Argument<String>("TOKEN", .one, "the launcher's lease")

    private static let givingUp = Flag("give-up", "take back what is in the way, and end the operation")

    static let definition = CommandDefinition(
        OperationLauncher.workerCommand, "carry an operation out (started by gantry itself)",
        arguments: [id, token], options: [givingUp], isHidden: true, isAudited: false)

    let id: OperationID
    let token: Int64
    let givesUp: Bool

    init(_ arguments: ParsedArguments) throws(CommandError) {
        id = try arguments.required(Self.id)
        guard let token = Int64(try arguments.required(Self.token)) else {
            throw CommandError.usage("TOKEN is a number", next: arguments.helpCommand)
        }
        self.token = token
        givesUp = arguments[Self.givingUp]
    }

    /// SIGINT finishes the steps under way; SIGTERM stops at once, and is what a service manager sends. A second one waits for
    /// nothing any more.
    func run(in context: CommandContext) async throws -> ExitStatus {
        let configuration = try context.configuration()
        let place = context.place(of: configuration)
        let store = try context.journal(place)
        place.keep(configuration)
        let interrupts = SignalStream(SIGINT)
        let terminations = SignalStream(SIGTERM)
        signal(SIGHUP, SIG_IGN)
        defer {
            interrupts.cancel()
            terminations.cancel()
        }
        let (id, token, givesUp) = (id, token, givesUp)
        let now = context.time(of: configuration)
        let (first, terminate) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        let ending: OperationEnding = try await withThrowingTaskGroup(of: OperationEnding?.self) { group in
            group.addTask {
                try await context.withSession(configuration) { session in
                    try await OperationWorker(session: session, store: store).run(
                        id, token: token, givingUp: givesUp, terminations: first)
                }
            }
            group.addTask {
                for await _ in interrupts.stream { try store.request(.stop, of: id, at: now()) }
                return nil
            }
            group.addTask {
                var count = 0
                for await _ in terminations.stream {
                    count += 1
                    guard count == 1 else { throw CancellationError() }
                    terminate.yield()
                }
                return nil
            }
            defer {
                interrupts.cancel()
                terminations.cancel()
                group.cancelAll()
            }
            while let next = try await group.next() {
                if let ending = next { return ending }
            }
            throw CancellationError()
        }
        switch ending {
        case .done: return .done
        case .stopped, .stoppedAtOnce, .paused, .aborted, .superseded: return .stopped
        case .failed: return .failed
        }
    }
}
