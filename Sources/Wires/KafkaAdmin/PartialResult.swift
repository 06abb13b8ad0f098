public import FleetModel
import KafkaProtocol

/// What a request did to each of its subjects: partitions, topics, configurations.
public struct PartialResult<Subject: Hashable & Sendable>: Sendable {
    /// One subject that Kafka refused, or that was never sent.
    public struct Failure: Sendable {
        /// Which.
        public let subject: Subject
        /// Why.
        public let error: KafkaAdminError
    }

    /// Those that are as asked now, or were before: in the order of the answer.
    public internal(set) var done: [Subject] = []
    /// Those among `done` that needed nothing.
    public internal(set) var unchanged: [Subject] = []
    /// Those that are not.
    public internal(set) var failed: [Failure] = []

    /// Whether nothing failed.
    public var isComplete: Bool { failed.isEmpty }

    /// Throws the first failure, for calls on a single subject.
    /// - Throws: The first failure's error.
    public func orThrow() throws(KafkaAdminError) {
        if let first = failed.first { throw first.error }
    }

    mutating func record(
        _ subject: Subject, _ operation: String, _ code: ErrorCode, _ message: String?, alreadyDone: Set<ErrorCode> = []
    ) {
        if code.isSuccess {
            done.append(subject)
        } else if alreadyDone.contains(code) {
            done.append(subject)
            unchanged.append(subject)
        } else {
            fail(subject, AdminOperation(operation, "\(subject)").refused(code, message))
        }
    }

    mutating func fail(_ subject: Subject, _ error: KafkaAdminError) {
        failed.append(Failure(subject: subject, error: error))
    }

    /// Fails those of `subjects` that the answer left out, so that none is lost.
    mutating func expect(
        _ subjects: [Subject], _ operation: String,
        _ reason: () -> KafkaAdminError.Reason = { .unexpected("the answer leaves it out") }
    ) {
        let answered = Set(done).union(failed.map(\.subject))
        for subject in subjects where !answered.contains(subject) {
            fail(subject, AdminOperation(operation, "\(subject)").failed(reason()))
        }
    }
}

/// What each of several brokers answered to the same question.
public struct BrokerAnswers<Value: Sendable>: Sendable {
    /// The answers and failures by broker.
    public let byBroker: [NodeID: Result<Value, KafkaAdminError>]

    init(_ byBroker: [NodeID: Result<Value, KafkaAdminError>]) { self.byBroker = byBroker }

    /// What the brokers that answered said.
    public var answered: [NodeID: Value] { byBroker.compactMapValues { try? $0.get() } }

    /// Why the others did not.
    public var failed: [NodeID: KafkaAdminError] {
        byBroker.compactMapValues { if case .failure(let error) = $0 { error } else { nil } }
    }
}

/// All, or only those named: never an empty list that could mean either.
public enum Selection<Element: Hashable & Sendable>: Hashable, Sendable {
    /// Every one.
    case all
    /// These.
    case only([Element])
}
