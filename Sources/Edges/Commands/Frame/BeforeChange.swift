import FleetConfiguration
import FleetModel
import Glibc

/// What a command does before it knows what to change, as the one who waits is told.
struct Looking: Hashable, Sendable {
    let text: String

    init(_ text: String) { self.text = text }

    /// A look at every host.
    static func hosts(of configuration: FleetConfiguration) -> Looking {
        Looking("looking at \(counted(configuration.specification.hosts.count, "host"))")
    }
}

extension CommandContext {
    /// Does what changes nothing, while a live line says so on a terminal; elsewhere a note with `-v`.
    func whileLooking<Result: Sendable>(
        _ looking: Looking, _ body: @Sendable () async throws -> Result
    ) async throws -> Result {
        if terminal.errorIsTerminal, !options.isQuiet {
            output.live(TextWidth.harmless("\(looking.text) \(messageStyle.ellipsis)"))
        } else {
            detail(looking.text)
        }
        defer { output.live(nil) }
        return try await body()
    }

    /// The same before something is changed: Ctrl-C ends it, and then nothing was.
    /// - Throws: what `body` throws; status 4 when it was interrupted.
    func beforeChange<Result: Sendable>(
        _ looking: Looking, interrupts: AsyncStream<Void>? = nil,
        _ body: @escaping @Sendable () async throws -> Result
    ) async throws -> Result {
        let signals = SignalStream(SIGINT)
        defer { signals.cancel() }
        let interrupts = interrupts ?? signals.stream
        return try await whileLooking(looking) {
            try await withThrowingTaskGroup(of: Result?.self) { group in
                group.addTask { try await body() }
                group.addTask {
                    for await _ in interrupts { return nil }
                    // The stream ends when this task is cancelled: the other one has the answer.
                    throw CancellationError()
                }
                defer { group.cancelAll() }
                guard let result = try await group.next() ?? nil else {
                    throw CommandError("interrupted", "interrupted; nothing was changed", exit: .refused)
                }
                return result
            }
        }
    }
}
