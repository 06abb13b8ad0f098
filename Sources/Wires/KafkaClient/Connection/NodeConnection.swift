internal import EventLoop
internal import KafkaProtocol

/// One connection to a node: the socket and clock around a ``ConnectionStateMachine``.
actor NodeConnection {
    struct Target: Sendable {
        var address: KafkaAddress
        var endpoint: Endpoint
        var tls: TLSContext?
        var openTimeout: Duration
    }

    struct Answer: Sendable {
        var payload: [UInt8]
        var correlationID: Int32
    }

    private nonisolated let loop: EventLoop
    nonisolated let target: Target
    nonisolated let clientID: String
    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    /// Comes true when requests may be sent, or fails for good.
    nonisolated let opened: LoopPromise<Result<NodeCapabilities, KafkaClientError>>

    private var machine: ConnectionStateMachine
    private var stream: Connection?
    private var waiting: [UInt64: CheckedContinuation<Result<Answer, KafkaClientError>, Never>] = [:]
    private var lastID: UInt64 = 0
    private var timer: (action: ScheduledAction, at: ContinuousClock.Instant)?
    private(set) var lastUsed = ContinuousClock.now
    private var wasReady = false

    init(loop: EventLoop, target: Target, clientID: String, machine: ConnectionStateMachine) {
        self.loop = loop
        self.target = target
        self.clientID = clientID
        self.machine = machine
        opened = LoopPromise(on: loop)
    }

    /// Requests in flight or queued.
    var load: Int { machine.load }

    /// Whether new requests may go this way at `now`.
    func isUsable(at now: ContinuousClock.Instant, idleLimit: Duration) -> Bool {
        if machine.isClosed { return false }
        if let retireAt = machine.retireAt, retireAt <= now { return false }
        return !wasReady || machine.load > 0 || now - lastUsed < idleLimit
    }

    /// Whether it was ever ready: its node was there.
    var hasBeenReady: Bool { wasReady }

    /// Why it ended, once it has.
    var failure: KafkaClientError? { machine.failure }

    var capabilities: NodeCapabilities { machine.capabilities }

    /// Connects and reads until the connection ends, of itself, by ``end(_:)`` or by cancellation.
    func run() async {
        let deadline = ContinuousClock.now + target.openTimeout
        do throws(EventLoopError) {
            let stream = try await loop.connect(
                to: target.endpoint, tls: target.tls.map { TLSUse($0, serverName: target.address.host) },
                deadline: deadline)
            self.stream = stream
            // It may have been given up while it connected.
            if !machine.isClosed { apply(machine.opened(deadline: deadline)) }
            while !machine.isClosed {
                guard let bytes = try await stream.read() else {
                    apply(machine.ended(nil))
                    break
                }
                apply(machine.received(bytes, now: .now))
            }
        } catch {
            apply(machine.ended(KafkaClientError(error, at: target.address, opened: wasReady)))
        }
        if let timer { loop.cancel(timer.action) }
        timer = nil
        await stream?.close()
    }

    /// Ends the connection; what waits fails with `error`.
    func end(_ error: KafkaClientError) {
        apply(machine.ended(error))
    }

    /// Sends a request, encoded with correlation id 0, and waits for its answer; ``opened`` has come true before.
    func send(
        _ frame: [UInt8], api: APIKey, deadline: ContinuousClock.Instant
    ) async throws(KafkaClientError) -> Answer {
        lastID += 1
        let id = lastID
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                waiting[id] = continuation
                let now = ContinuousClock.now
                lastUsed = now
                apply(machine.send(id, frame: frame, api: api, deadline: deadline, now: now))
                if Task.isCancelled { apply(machine.abandon(id)) }
            }
        } onCancel: {
            loop.execute { self.assumeIsolated { $0.apply($0.machine.abandon(id)) } }
        }
        return try result.get()
    }

    private func apply(_ actions: [ConnectionStateMachine.Action]) {
        for action in actions {
            switch action {
            case .write(let bytes):
                // A socket that is broken is told by the reader, which knows the peer's reason.
                stream?.assumeIsolated { try? $0.enqueue(bytes) }
            case .ready(let capabilities):
                wasReady = true
                lastUsed = .now
                opened.assumeIsolated { $0.fulfil(.success(capabilities)) }
            case .deliver(let id, let payload, let correlationID):
                lastUsed = .now
                let answer = Answer(payload: payload, correlationID: correlationID)
                waiting.removeValue(forKey: id)?.resume(returning: .success(answer))
            case .fail(let id, let error):
                waiting.removeValue(forKey: id)?.resume(returning: .failure(error))
            case .close(let error):
                opened.assumeIsolated { $0.fulfil(.failure(error)) }
                stream?.assumeIsolated { $0.close() }
            }
        }
        keepTime()
    }

    /// One timer is enough: it is set anew only when something is due sooner.
    private func keepTime() {
        guard let next = machine.nextDeadline else { return }
        if let timer {
            guard next < timer.at else { return }
            loop.cancel(timer.action)
        }
        let action = loop.schedule(at: next) { [weak self] in
            self?.assumeIsolated { connection in
                connection.timer = nil
                connection.apply(connection.machine.timeAdvanced(to: .now))
            }
        }
        timer = (action, next)
    }
}
