import EventLoop
import KafkaProtocol
import Testing

@testable import KafkaClient

@Suite struct ConnectionStateMachineTests {
    typealias Action = ConnectionStateMachine.Action

    private let start = ContinuousClock.now
    private let address = KafkaAddress(host: "h1", port: 9092)

    private func machine(login: SASLLogin? = nil, frameLimit: Int = 1 << 20) -> ConnectionStateMachine {
        ConnectionStateMachine(
            .init(address: address, clientID: "test", login: login, nonce: "nonce", frameLimit: frameLimit))
    }

    private func request(_ version: Int16 = 12) throws -> [UInt8] {
        try Frame.encode(MetadataRequest(topics: []), version: version, correlationID: 0, clientID: "test")
    }

    private func numbered(_ correlationID: Int32) throws -> [UInt8] {
        try Frame.encode(MetadataRequest(topics: []), version: 12, correlationID: correlationID, clientID: "test")
    }

    private func answer(_ correlationID: Int32, _ name: String = "x") throws -> [UInt8] {
        try Frame.encodeResponse(
            MetadataResponse(clusterId: name), to: MetadataRequest.self, version: 12, correlationID: correlationID)
    }

    private func delivered(_ id: UInt64, _ correlationID: Int32, _ name: String = "x") throws -> Action {
        .deliver(id, payload: Array(try answer(correlationID, name).dropFirst(4)), correlationID: correlationID)
    }

    private func versionsAsked(_ version: Int16, _ correlationID: Int32) throws -> Action {
        .write(
            try Frame.encode(
                ApiVersionsRequest(clientSoftwareName: "gantry", clientSoftwareVersion: "1.0"), version: version,
                correlationID: correlationID, clientID: "test"))
    }

    private func versions(
        _ version: Int16, _ correlationID: Int32, _ response: ApiVersionsResponse = FakeKafka.versions
    ) throws -> [UInt8] {
        try Frame.encodeResponse(
            response, to: ApiVersionsRequest.self, version: version, correlationID: correlationID)
    }

    /// A machine whose connection is ready; its next request has correlation id 2.
    private func readyMachine() throws -> ConnectionStateMachine {
        var machine = machine()
        _ = machine.opened(deadline: start + .seconds(10))
        _ = machine.received(try versions(4, 1), now: start)
        return machine
    }

    private func send(
        _ machine: inout ConnectionStateMachine, _ id: UInt64, seconds: Int = 60
    ) throws -> [Action] {
        machine.send(id, frame: try request(), api: .metadata, deadline: start + .seconds(seconds), now: start)
    }

    private func code(_ action: Action?) -> KafkaClientError.Code? {
        switch action {
        case .fail(_, let error), .close(let error): error.code
        default: nil
        }
    }

    // MARK: Opening

    @Test func `a connection negotiates its versions and is ready`() throws {
        var machine = machine()
        #expect(try machine.opened(deadline: start + .seconds(10)) == [versionsAsked(4, 1)])
        #expect(machine.nextDeadline == start + .seconds(10))
        let capabilities = NodeCapabilities(FakeKafka.versions)
        #expect(machine.received(try versions(4, 1), now: start) == [.ready(capabilities)])
        #expect(machine.nextDeadline == nil)
        #expect(capabilities.versions[.metadata] == 0...12)
    }

    @Test func `a node without ApiVersions 4 is asked again in the version that it names, or in 0`() throws {
        let named = ApiVersionsResponse(
            errorCode: 35, apiKeys: [.init(apiKey: .apiVersions, minVersion: 0, maxVersion: 3)])
        for (refusal, next) in [(named, Int16(3)), (ApiVersionsResponse(errorCode: 35), 0)] {
            var machine = machine()
            _ = machine.opened(deadline: start + .seconds(10))
            // The refusal is written in version 0, whatever was asked.
            #expect(try machine.received(versions(0, 1, refusal), now: start) == [versionsAsked(next, 2)])
            let actions = machine.received(try versions(next, 2), now: start)
            #expect(actions == [.ready(NodeCapabilities(FakeKafka.versions))])
        }
    }

    @Test func `a node that refuses every version of ApiVersions is left`() throws {
        var machine = machine()
        _ = machine.opened(deadline: start + .seconds(10))
        let refusal = ApiVersionsResponse(
            errorCode: 35, apiKeys: [.init(apiKey: .apiVersions, minVersion: 0, maxVersion: 4)])
        var actions: [Action] = []
        for (correlationID, version) in zip(Int32(1)..., [Int16(4), 3, 2, 1, 0]) {
            #expect(!machine.isClosed)
            actions = machine.received(try versions(min(version, 0), correlationID, refusal), now: start)
        }
        #expect(code(actions.last) == .refused && machine.isClosed)
    }

    @Test func `SCRAM goes through handshake, challenge and proof of the server`() throws {
        let login = SASLLogin(mechanism: .scramSHA256, user: "user", password: "pencil")
        var machine = ConnectionStateMachine(
            .init(address: address, clientID: "test", login: login, nonce: "rOprNGfwEbeRWgbNEkqO"))
        _ = machine.opened(deadline: start + .seconds(10))
        func written<Message: KafkaRequest>(_ message: Message, _ version: Int16, _ id: Int32) throws -> [Action] {
            [.write(try Frame.encode(message, version: version, correlationID: id, clientID: "test"))]
        }
        #expect(
            try machine.received(versions(4, 1), now: start)
                == written(SaslHandshakeRequest(mechanism: "SCRAM-SHA-256"), 1, 2))
        let handshake = try Frame.encodeResponse(
            SaslHandshakeResponse(mechanisms: ["SCRAM-SHA-256"]), to: SaslHandshakeRequest.self, version: 1,
            correlationID: 2)
        #expect(
            try machine.received(handshake, now: start)
                == written(SaslAuthenticateRequest(authBytes: Array("n,,n=user,r=rOprNGfwEbeRWgbNEkqO".utf8)), 2, 3))
        func challenge(_ text: String, _ id: Int32, lifetime: Int64 = 0) throws -> [UInt8] {
            try Frame.encodeResponse(
                SaslAuthenticateResponse(authBytes: Array(text.utf8), sessionLifetimeMs: lifetime),
                to: SaslAuthenticateRequest.self, version: 2, correlationID: id)
        }
        let proof =
            "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
            + "p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="
        let first = "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"
        #expect(
            try machine.received(challenge(first, 3), now: start)
                == written(SaslAuthenticateRequest(authBytes: Array(proof.utf8)), 2, 4))
        let last = "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="
        #expect(
            try machine.received(challenge(last, 4, lifetime: 10_000), now: start)
                == [.ready(NodeCapabilities(FakeKafka.versions))])
        #expect(machine.retireAt == start + .seconds(9))
    }

    @Test func `a login that is refused tells the node's words and never the password`() throws {
        var machine = machine(login: SASLLogin(mechanism: .plain, user: "admin", password: "s3cret"))
        _ = machine.opened(deadline: start + .seconds(10))
        _ = machine.received(try versions(4, 1), now: start)
        let handshake = try Frame.encodeResponse(
            SaslHandshakeResponse(mechanisms: ["PLAIN"]), to: SaslHandshakeRequest.self, version: 1, correlationID: 2)
        _ = machine.received(handshake, now: start)
        let refusal = try Frame.encodeResponse(
            SaslAuthenticateResponse(errorCode: 58, errorMessage: "Invalid username or password"),
            to: SaslAuthenticateRequest.self, version: 2, correlationID: 3)
        let actions = machine.received(refusal, now: start)
        #expect(code(actions.last) == .authenticationFailed)
        #expect(machine.failure?.description.contains("Invalid username or password") == true)
        #expect(machine.failure?.description.contains("s3cret") == false)
    }

    @Test func `a mechanism that the listener lacks is refused with those it has`() throws {
        var machine = machine(login: SASLLogin(mechanism: .plain, user: "u", password: "p"))
        _ = machine.opened(deadline: start + .seconds(10))
        _ = machine.received(try versions(4, 1), now: start)
        let refusal = try Frame.encodeResponse(
            SaslHandshakeResponse(errorCode: 33, mechanisms: ["SCRAM-SHA-512", "GSSAPI"]),
            to: SaslHandshakeRequest.self, version: 1, correlationID: 2)
        #expect(code(machine.received(refusal, now: start).last) == .authenticationFailed)
        #expect(machine.failure?.reason.contains("SCRAM-SHA-512, GSSAPI") == true)
    }

    @Test func `a node that does not answer while it opens is left at the deadline`() {
        var machine = machine()
        _ = machine.opened(deadline: start + .seconds(10))
        #expect(machine.timeAdvanced(to: start + .seconds(9)) == [])
        #expect(code(machine.timeAdvanced(to: start + .seconds(10)).last) == .unreachable)
    }

    @Test(arguments: [
        (Array("HTTP/1.1 400 Bad Request\r\n".utf8), "HTTP"), (Array("SSH-2.0-OpenSSH_9.2\r\n".utf8), "SSH"),
        ([0x15, 0x03, 0x03, 0x00, 0x02, 0x02, 0x50], "TLS"), ([0x7F, 0xFF, 0xFF, 0xFF, 0], "2147483647"),
        ([0xFF, 0xFF, 0xFF, 0xFF, 0], "-1"), ([0, 0, 0, 0, 0], "0 bytes"),
    ])
    func `what is not Kafka is told apart by its first bytes`(bytes: [UInt8], word: String) {
        var machine = machine()
        _ = machine.opened(deadline: start + .seconds(10))
        #expect(code(machine.received(bytes, now: start).last) == .notKafka)
        #expect(machine.failure?.reason.contains(word) == true, "\(machine.failure?.reason ?? "")")
        #expect(machine.received([1, 2, 3], now: start) == [])
    }

    // MARK: Requests

    @Test func `requests are pipelined, and answers matched in their order`() throws {
        var machine = try readyMachine()
        #expect(try send(&machine, 10) == [.write(numbered(2))])
        #expect(try send(&machine, 11) == [.write(numbered(3))])
        #expect(
            try machine.received(answer(2, "a") + answer(3, "b"), now: start)
                == [delivered(10, 2, "a"), delivered(11, 3, "b")])
        #expect(machine.load == 0)
    }

    @Test func `every fragmentation of the answers gives the same actions`() throws {
        let opening = try versions(4, 1)
        let answers = try answer(2, "a") + answer(3, "b")
        for size in 1...answers.count {
            var machine = machine()
            _ = machine.opened(deadline: start + .seconds(10))
            var actions = chunks(of: opening, size).flatMap { machine.received($0, now: start) }
            _ = try send(&machine, 10)
            _ = try send(&machine, 11)
            actions += chunks(of: answers, size).flatMap { machine.received($0, now: start) }
            let expected = try [
                .ready(NodeCapabilities(FakeKafka.versions)), delivered(10, 2, "a"), delivered(11, 3, "b"),
            ]
            #expect(actions == expected, "chunks of \(size)")
        }
    }

    private func chunks(of bytes: [UInt8], _ size: Int) -> [[UInt8]] {
        stride(from: 0, to: bytes.count, by: size).map { Array(bytes[$0..<min($0 + size, bytes.count)]) }
    }

    @Test func `a cancelled request leaves a tombstone, and its neighbours get their answers`() throws {
        var machine = try readyMachine()
        for id in UInt64(10)...12 { _ = try send(&machine, id) }
        let actions = machine.abandon(11)
        #expect(code(actions.first) == .cancelled)
        #expect(machine.abandon(11) == [])
        #expect(
            try machine.received(answer(2) + answer(3) + answer(4), now: start)
                == [delivered(10, 2), delivered(12, 4)])
    }

    @Test func `a late request fails at its deadline, and its neighbours get their answers`() throws {
        var machine = try readyMachine()
        _ = try send(&machine, 10, seconds: 1)
        _ = try send(&machine, 11, seconds: 20)
        #expect(machine.nextDeadline == start + .seconds(1))
        let actions = machine.timeAdvanced(to: start + .seconds(1))
        guard case .fail(10, let error) = try #require(actions.first) else {
            Issue.record("\(actions)")
            return
        }
        #expect(error.code == .deadlineExceeded && error.wasSent && actions.count == 1)
        #expect(machine.nextDeadline == start + .seconds(20))
        #expect(try machine.received(answer(2) + answer(3), now: start + .seconds(2)) == [delivered(11, 3)])
    }

    @Test func `a node that never answers the head of the line is given up, with all behind it`() throws {
        var machine = try readyMachine()
        _ = try send(&machine, 10, seconds: 1)
        _ = try send(&machine, 11, seconds: 100)
        _ = machine.timeAdvanced(to: start + .seconds(1))
        let end = start + .seconds(1) + ConnectionStateMachine.patience
        #expect(machine.nextDeadline == end)
        let actions = machine.timeAdvanced(to: end)
        #expect(actions.map(code) == [.connectionLost, .connectionLost] && machine.isClosed)
    }

    @Test func `a deadline that has passed sends nothing`() throws {
        var machine = try readyMachine()
        let actions = try send(&machine, 10, seconds: 0)
        #expect(actions.count == 1 && code(actions.first) == .deadlineExceeded)
        #expect(machine.load == 0)
    }

    @Test func `requests beyond the limit in flight wait, and beyond the queue's are refused`() throws {
        var machine = try readyMachine()
        let inFlight = ConnectionStateMachine.mostInFlight
        for id in 0..<UInt64(inFlight) { #expect(try send(&machine, id).count == 1) }
        for id in 0..<UInt64(ConnectionStateMachine.mostQueued) { #expect(try send(&machine, 1000 + id) == []) }
        #expect(code(try send(&machine, 9999).first) == .limitReached)
        // The first answer makes room for the first that waits.
        #expect(
            try machine.received(answer(2), now: start)
                == [delivered(0, 2), .write(numbered(2 + Int32(inFlight)))])
        // One that waits can be cancelled, and was never sent.
        guard case .fail(1001, let error) = try #require(machine.abandon(1001).first) else {
            Issue.record("not cancelled")
            return
        }
        #expect(!error.wasSent)
    }

    @Test func `an answer with another correlation id ends the connection`() throws {
        var machine = try readyMachine()
        _ = try send(&machine, 10)
        let actions = machine.received(try answer(77), now: start)
        #expect(actions.map(code) == [.badAnswer, .badAnswer] && machine.isClosed)
        #expect(machine.failure?.reason.contains("77") == true)
    }

    @Test func `an answer that nothing asked for ends the connection`() throws {
        var machine = try readyMachine()
        #expect(machine.received(try answer(2), now: start).map(code) == [.badAnswer])
    }

    @Test func `a frame above the limit ends the connection before it is taken in`() throws {
        var machine = machine(frameLimit: 4096)
        _ = machine.opened(deadline: start + .seconds(10))
        _ = machine.received(try versions(4, 1), now: start)
        _ = try send(&machine, 10)
        let actions = machine.received([0, 0, 0x10, 0x01], now: start)
        #expect(actions.map(code) == [.notKafka, .notKafka])
    }

    @Test func `an end in the middle of an answer fails what was sent, and says so`() throws {
        var machine = try readyMachine()
        _ = try send(&machine, 10)
        #expect(machine.received(Array(try answer(2).dropLast()), now: start) == [])
        let actions = machine.ended(nil)
        guard case .fail(10, let error) = try #require(actions.first) else {
            Issue.record("\(actions)")
            return
        }
        #expect(error.code == .connectionLost && error.wasSent && error.reason.contains("middle"))
        #expect(machine.ended(nil) == [])
        #expect(code(try send(&machine, 11).first) == .connectionLost)
    }
}
