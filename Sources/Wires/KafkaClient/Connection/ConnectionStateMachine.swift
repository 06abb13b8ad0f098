internal import KafkaProtocol

/// One connection to a node as a value: what happened goes in, what is to be done comes out.
///
/// It negotiates versions, logs in, numbers requests, matches answers (Kafka answers in the order of the requests),
/// keeps deadlines, and survives requests that are abandoned. It holds no socket, clock or task.
struct ConnectionStateMachine: Sendable {
    /// Requests that wait for their answer at a time: a node works on one at a time, so more only fill its buffers.
    static let mostInFlight = 64
    /// Requests that wait for a place in flight.
    static let mostQueued = 1024
    /// How long after its deadline the answer of an abandoned request may still be outstanding at the head of the
    /// line before the connection counts as dead: everything behind it waits as well.
    static let patience = Duration.seconds(30)

    struct Configuration: Sendable {
        var address: KafkaAddress
        var clientID: String
        var login: SASLLogin?
        /// Random, for one login.
        var nonce: String
        var frameLimit = Frame.defaultLimit
    }

    enum Action: Equatable {
        case write([UInt8])
        /// Requests may be sent.
        case ready(NodeCapabilities)
        /// The answer to a request: the payload of its frame, and the correlation id it carries.
        case deliver(RequestID, payload: [UInt8], correlationID: Int32)
        case fail(RequestID, KafkaClientError)
        /// Nothing more can be done with the connection; what was waiting has failed before this.
        case close(KafkaClientError)
    }

    /// A request as its sender knows it.
    typealias RequestID = UInt64

    private enum Phase {
        case idle
        case negotiating(version: Int16)
        case choosingMechanism(SASLExchange)
        case loggingIn(SASLExchange, isLast: Bool)
        case ready
        case closed(KafkaClientError)
    }

    private let configuration: Configuration
    private var phase = Phase.idle
    private var assembler: FrameAssembler
    private var line = RequestLine()
    private var lastCorrelationID: Int32 = 0
    private var openDeadline: ContinuousClock.Instant?
    private(set) var capabilities = NodeCapabilities(versions: [:])
    /// From when on the node demands a new login (KIP-368): by then another connection has to be there.
    private(set) var retireAt: ContinuousClock.Instant?

    init(_ configuration: Configuration) {
        self.configuration = configuration
        assembler = FrameAssembler(limit: configuration.frameLimit)
    }

    /// When `timeAdvanced` has something to do; nil for never.
    var nextDeadline: ContinuousClock.Instant? {
        [openDeadline, line.nextDeadline].compactMap(\.self).min()
    }

    /// Requests in flight or queued.
    var load: Int { line.load }

    var isClosed: Bool {
        if case .closed = phase { return true }
        return false
    }

    /// Why it is closed, once it is.
    var failure: KafkaClientError? {
        if case .closed(let error) = phase { return error }
        return nil
    }

    // MARK: Opening

    /// The socket is connected, its TLS handshake done; `deadline` is for the rest.
    mutating func opened(deadline: ContinuousClock.Instant) -> [Action] {
        openDeadline = deadline
        return negotiate(version: ApiVersionsRequest.supportedVersions.upperBound)
    }

    private mutating func negotiate(version: Int16) -> [Action] {
        phase = .negotiating(version: version)
        return ask(
            ApiVersionsRequest(clientSoftwareName: "gantry", clientSoftwareVersion: "1.0"), version: version)
    }

    private mutating func negotiated(_ payload: [UInt8], version: Int16) throws(KafkaClientError) -> [Action] {
        let response = try read(ApiVersionsRequest.self, payload, version: version)
        let offered = NodeCapabilities(response)
        if response.errorCode == .unsupportedVersion, version > 0 {
            // The answer may name the versions that the node has of this very request (KIP-511).
            let next = offered.version(for: ApiVersionsRequest.self, atMost: version - 1) ?? 0
            return negotiate(version: next)
        }
        guard response.errorCode.isSuccess else {
            throw refusal(response.errorCode, nil, during: "version negotiation", code: .refused)
        }
        capabilities = offered
        guard let login = configuration.login else { return ready(lifetime: 0, now: nil) }
        let exchange = SASLExchange(login: login, nonce: configuration.nonce)
        // Version 0 would be followed by bytes without frames; every Kafka since 1.0 has version 1.
        guard let version = offered.version(for: SaslHandshakeRequest.self), version >= 1 else {
            throw error(
                .authenticationFailed, "the listener offers no SASL login",
                remedy: "Check the listener's security protocol, or leave the login out.")
        }
        phase = .choosingMechanism(exchange)
        return ask(SaslHandshakeRequest(mechanism: login.mechanism.rawValue), version: version)
    }

    private mutating func mechanismChosen(
        _ payload: [UInt8], _ exchange: SASLExchange
    ) throws(KafkaClientError) -> [Action] {
        let response = try read(SaslHandshakeRequest.self, payload, version: 1)
        guard response.errorCode.isSuccess else {
            let offered = response.mechanisms.joined(separator: ", ")
            throw refusal(
                response.errorCode, "it offers \(offered.isEmpty ? "none" : offered)", during: "login",
                code: .authenticationFailed)
        }
        return try login(exchange, sending: Self.reading(exchange.firstMessage, self), isLast: false)
    }

    private mutating func login(
        _ exchange: SASLExchange, sending bytes: [UInt8], isLast: Bool
    ) throws(KafkaClientError) -> [Action] {
        guard let version = capabilities.version(for: SaslAuthenticateRequest.self) else {
            throw error(.unsupportedVersion, "the node has no SaslAuthenticate in common with this client")
        }
        phase = .loggingIn(exchange, isLast: isLast)
        return ask(SaslAuthenticateRequest(authBytes: bytes), version: version)
    }

    private mutating func loginAnswered(
        _ payload: [UInt8], _ exchange: SASLExchange, now: ContinuousClock.Instant
    ) throws(KafkaClientError) -> [Action] {
        let version = capabilities.version(for: SaslAuthenticateRequest.self) ?? 0
        let response = try read(SaslAuthenticateRequest.self, payload, version: version)
        guard response.errorCode.isSuccess else {
            throw refusal(response.errorCode, response.errorMessage, during: "login", code: .authenticationFailed)
        }
        var exchange = exchange
        let step: SASLExchange.Step
        do throws(SASLExchange.Failure) {
            step = try exchange.answer(response.authBytes)
        } catch let failure {
            throw error(.authenticationFailed, failure.reason)
        }
        switch step {
        case .send(let bytes): return try login(exchange, sending: bytes, isLast: false)
        case .done: return ready(lifetime: response.sessionLifetimeMs, now: now)
        }
    }

    private mutating func ready(lifetime: Int64, now: ContinuousClock.Instant?) -> [Action] {
        phase = .ready
        openDeadline = nil
        if let now, lifetime > 0 {
            // A tenth early: a request that arrives after the end closes the connection.
            retireAt = now + .milliseconds(min(lifetime, 1 << 40)) * 0.9
        }
        return [.ready(capabilities)]
    }

    // MARK: Requests

    /// Sends a request whose frame was encoded with correlation id 0. Only after `ready`.
    mutating func send(
        _ id: RequestID, frame: [UInt8], api: APIKey, deadline: ContinuousClock.Instant, now: ContinuousClock.Instant
    ) -> [Action] {
        switch phase {
        case .ready: break
        case .closed(let error): return [.fail(id, error.of(api, wasSent: false))]
        case .idle, .negotiating, .choosingMechanism, .loggingIn:
            preconditionFailure("a request was sent before the connection was ready")
        }
        guard deadline > now else { return [.fail(id, late(api, wasSent: false))] }
        guard line.queued.count < Self.mostQueued else {
            return [
                .fail(id, error(.limitReached, "\(Self.mostQueued) requests wait for this node", api: api))
            ]
        }
        line.queued.append(RequestLine.Queued(id: id, api: api, frame: frame, deadline: deadline))
        return fillLine()
    }

    private mutating func fillLine() -> [Action] {
        var actions: [Action] = []
        while line.inFlight.count < Self.mostInFlight, let next = line.popQueued() {
            let correlationID = nextCorrelationID()
            line.inFlight.append(
                RequestLine.InFlight(
                    id: next.id, api: next.api, correlationID: correlationID, deadline: next.deadline))
            actions.append(.write(Self.numbered(next.frame, correlationID)))
        }
        return actions
    }

    /// Gives a request up: its answer, if it still comes, is dropped.
    mutating func abandon(_ id: RequestID) -> [Action] {
        guard let (api, wasSent) = line.abandon(id) else { return [] }
        return [.fail(id, error(.cancelled, "the request was cancelled", api: api, wasSent: wasSent))]
    }

    // MARK: What happens to it

    mutating func received(_ bytes: [UInt8], now: ContinuousClock.Instant) -> [Action] {
        guard !isClosed else { return [] }
        assembler.append(bytes)
        var actions: [Action] = []
        do throws(KafkaClientError) {
            while !isClosed, let payload = try nextPayload() {
                actions += try answered(payload, now: now)
            }
        } catch {
            actions += close(error)
        }
        return actions
    }

    private mutating func nextPayload() throws(KafkaClientError) -> [UInt8]? {
        do throws(WireError) {
            return try assembler.next()
        } catch let wire {
            guard case .frameLength(let length, _) = wire.reason, let other = OtherProtocol(length: length) else {
                throw error(.notKafka, wire.description, cause: .wire(wire))
            }
            throw error(
                .notKafka, "what answers is \(other.rawValue), not Kafka", cause: .wire(wire), remedy: other.remedy)
        }
    }

    private mutating func answered(
        _ payload: [UInt8], now: ContinuousClock.Instant
    ) throws(KafkaClientError) -> [Action] {
        switch phase {
        case .negotiating(let version): return try negotiated(payload, version: version)
        case .choosingMechanism(let exchange): return try mechanismChosen(payload, exchange)
        case .loggingIn(let exchange, _): return try loginAnswered(payload, exchange, now: now)
        case .ready: return try delivered(payload)
        case .idle, .closed: return []
        }
    }

    private mutating func delivered(_ payload: [UInt8]) throws(KafkaClientError) -> [Action] {
        let found: Int32
        do throws(WireError) {
            found = try Frame.correlationID(ofResponse: payload)
        } catch let wire {
            throw error(.badAnswer, wire.description, cause: .wire(wire))
        }
        guard let expected = line.inFlight.first else {
            throw error(.badAnswer, "an answer (correlation id \(found)) came that nothing had asked for")
        }
        guard expected.correlationID == found else {
            let wire = WireError(.correlation(expected: expected.correlationID, found: found), offset: 0)
            throw error(.badAnswer, wire.description, cause: .wire(wire))
        }
        line.inFlight.removeFirst()
        var actions: [Action] = []
        if let id = expected.id { actions.append(.deliver(id, payload: payload, correlationID: found)) }
        return actions + fillLine()
    }

    /// Time passed: requests whose deadline it was fail, and their neighbours live on.
    mutating func timeAdvanced(to now: ContinuousClock.Instant) -> [Action] {
        guard !isClosed else { return [] }
        if let openDeadline, openDeadline <= now {
            return close(
                error(
                    .unreachable, "the node accepted the connection and answered nothing in time",
                    remedy: "Check that the port is a Kafka listener, and whether the node hangs."))
        }
        let actions = line.expire(at: now).map { late in
            Action.fail(late.id, self.late(late.api, wasSent: late.wasSent))
        }
        if let head = line.inFlight.first, head.id == nil, head.deadline + Self.patience <= now {
            return actions
                + close(error(.connectionLost, "the node has not answered \(head.api) and everything behind it waits"))
        }
        return actions
    }

    /// The connection is over: the peer ended it, the socket failed, or this side gives it up.
    mutating func ended(_ error: KafkaClientError?) -> [Action] {
        guard !isClosed else { return [] }
        return close(error ?? endOfStream())
    }

    private func endOfStream() -> KafkaClientError {
        switch phase {
        case .idle, .negotiating:
            error(
                .notKafka, "the peer closed the connection instead of telling its versions",
                remedy: "Check that the port is a Kafka listener, and whether it expects TLS.")
        case .choosingMechanism, .loggingIn:
            error(.authenticationFailed, "the node closed the connection during the login")
        case .ready, .closed:
            error(
                .connectionLost,
                assembler.buffered > 0
                    ? "the node closed the connection in the middle of an answer" : "the node closed the connection")
        }
    }

    private mutating func close(_ error: KafkaClientError) -> [Action] {
        phase = .closed(error)
        openDeadline = nil
        let failed = line.removeAll().map { Action.fail($0.id, error.of($0.api, wasSent: $0.wasSent)) }
        return failed + [.close(error)]
    }

    // MARK: Pieces

    /// Sends a request of the connection's own.
    private mutating func ask<Request: KafkaRequest>(_ request: Request, version: Int16) -> [Action] {
        do throws(WireError) {
            let frame = try Frame.encode(
                request, version: version, correlationID: nextCorrelationID(), clientID: configuration.clientID)
            return [.write(frame)]
        } catch let wire {
            return close(error(.invalidRequest, wire.description, cause: .wire(wire)))
        }
    }

    /// Reads the answer to the request that `ask` sent last.
    private func read<Request: KafkaRequest>(
        _: Request.Type, _ payload: [UInt8], version: Int16
    ) throws(KafkaClientError) -> Request.Response {
        do throws(WireError) {
            return try Frame.decodeResponse(
                to: Request.self, version: version, correlationID: lastCorrelationID, payload: payload)
        } catch let wire {
            throw error(.notKafka, wire.description, cause: .wire(wire))
        }
    }

    private static func reading(
        _ message: () throws(SASLExchange.Failure) -> [UInt8], _ machine: ConnectionStateMachine
    ) throws(KafkaClientError) -> [UInt8] {
        do throws(SASLExchange.Failure) {
            return try message()
        } catch let failure {
            throw machine.error(.authenticationFailed, failure.reason)
        }
    }

    private mutating func nextCorrelationID() -> Int32 {
        lastCorrelationID = lastCorrelationID == .max ? 1 : lastCorrelationID + 1
        return lastCorrelationID
    }

    /// The frame with its correlation id: after length, key and version.
    private static func numbered(_ frame: [UInt8], _ correlationID: Int32) -> [UInt8] {
        precondition(frame.count >= 12, "a request's frame has a header")
        var frame = frame
        withUnsafeBytes(of: correlationID.bigEndian) { frame.replaceSubrange(8..<12, with: $0) }
        return frame
    }

    private func late(_ api: APIKey, wasSent: Bool) -> KafkaClientError {
        error(.deadlineExceeded, "no answer in time", api: api, wasSent: wasSent)
    }

    private func refusal(
        _ kafka: ErrorCode, _ message: String?, during what: String, code: KafkaClientError.Code
    ) -> KafkaClientError {
        let words = message.flatMap { $0.isEmpty ? nil : $0 } ?? kafka.meaning
        return error(code, "\(what): \(kafka): \(words)", cause: .kafka(kafka, message: message))
    }

    private func error(
        _ code: KafkaClientError.Code, _ reason: String, api: APIKey? = nil, cause: KafkaClientError.Cause? = nil,
        remedy: String? = nil, wasSent: Bool = false
    ) -> KafkaClientError {
        KafkaClientError(
            code, at: configuration.address, api: api, reason: reason, cause: cause, remedy: remedy, wasSent: wasSent)
    }
}
