import FleetModel
import Transfers

/// Which events are asked for: an event must fit one entry of every list that is not empty.
public struct EventFilter: Sendable, Hashable {
    /// Kinds of objects.
    public var types: [DockerEvent.ObjectType]
    /// What happened.
    public var actions: [DockerEvent.Action]
    /// `NAME` or `NAME=value`; of these it must fit all.
    public var labels: [String]
    /// Containers, by id or name.
    public var containers: [String]

    /// A filter; without arguments for everything.
    public init(
        types: [DockerEvent.ObjectType] = [], actions: [DockerEvent.Action] = [], labels: [String] = [],
        containers: [String] = []
    ) {
        self.types = types
        self.actions = actions
        self.labels = labels
        self.containers = containers
    }
}

/// Events as they come. The end (`nil`) is the daemon's doing: it stops, or `until` is reached. Read once, by one task.
///
/// The daemon keeps 256 events and drops them for a slow reader without a word, so after every (re)connection list and
/// compare, and read without delay.
public struct DockerEventSequence: AsyncSequence {
    /// An event, or a line that could not be read.
    public typealias Element = DockerEventItem
    /// What it throws.
    public typealias Failure = DockerError

    let engine: DockerEngine
    let operation: String
    let stream: TransferStream

    /// Reads the events.
    public struct AsyncIterator: AsyncIteratorProtocol {
        let engine: DockerEngine
        let operation: String
        var chunks: TransferStream.AsyncIterator
        var lines = JSONLines()
        var ready: ArraySlice<Result<JSONValue, GarbledLine>> = []
        var isOver = false

        /// The next event, or nil at the end.
        public mutating func next() async throws -> DockerEventItem? { try await next(isolation: nil) }

        /// The next event, or nil at the end.
        ///
        /// - Throws: `DockerError` when the connection broke off, was silent for too long or was cancelled.
        public mutating func next(
            isolation actor: isolated (any Actor)?
        ) async throws(DockerError) -> DockerEventItem? {
            while ready.isEmpty, !isOver {
                do {
                    if let chunk = try await chunks.next(isolation: actor) {
                        ready = lines.append(chunk)[...]
                    } else {
                        isOver = true
                        ready = [lines.finish()].compactMap { $0 }[...]
                    }
                } catch {
                    throw DockerError(error, operation: operation, socketPath: engine.socketPath)
                }
            }
            return ready.popFirst().map(Self.item)
        }

        private static func item(_ line: Result<JSONValue, GarbledLine>) -> DockerEventItem {
            switch line {
            case .failure(let garbled): return .garbled(garbled)
            case .success(let value):
                do {
                    return .event(try DockerEvent(try DockerAnswer(value)))
                } catch {
                    return .garbled(
                        GarbledLine(reason: error.message, beginning: String(value.text().prefix(80))))
                }
            }
        }
    }

    /// A reader.
    public func makeAsyncIterator() -> AsyncIterator {
        AsyncIterator(engine: engine, operation: operation, chunks: stream.makeAsyncIterator())
    }
}

extension DockerEngine {
    /// Subscribes to events (`GET /events`): first those kept since `since`, then those to come, until `until`.
    ///
    /// The subscription stands when `body` begins: what happens from then on is not missed. With `silence` it ends in
    /// an error when nothing at all was heard for so long; an idle daemon says nothing, so mostly that is nil.
    ///
    /// - Throws: What `body` throws; `DockerError` when it can't subscribe.
    public func withEvents<Value>(
        since: DockerTime? = nil, until: DockerTime? = nil, filter: EventFilter = EventFilter(),
        silence: Duration? = nil, _ body: (DockerEventSequence) async throws -> Value
    ) async throws -> Value {
        var call = DockerCall("follow the events", .get, "/events")
        call.add("since", since?.query)
        call.add("until", until?.query)
        call.add(filters: [
            "type": filter.types.map(\.rawValue), "event": filter.actions.map(\.rawValue), "label": filter.labels,
            "container": filter.containers,
        ])
        call.deadlines = TransferDeadlines(answer: .seconds(30), silence: silence, whole: nil)
        let operation = call.operation
        return try await withStream(call) { _, stream in
            try await body(DockerEventSequence(engine: self, operation: operation, stream: stream))
        }
    }
}
