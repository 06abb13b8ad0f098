import FleetModel
public import Transfers

/// A Docker daemon, spoken to by the Engine API over its unix socket.
///
/// The socket is any path: the daemon's own, or one that somebody forwards to another host. The version of the API is
/// negotiated at the first call and again when the daemon was replaced by an older one. It holds no connection of its
/// own and may be used by any number of tasks; cancelling a task ends its call at once.
///
/// Every call throws `DockerError`. Calls that only ask are safe to repeat; an order is sent once.
public struct DockerEngine: Sendable {
    /// The daemon's socket.
    public let socketPath: String
    let transfers: Transfers
    private let streams: Transfers
    private let negotiation = Negotiation()

    /// A daemon; nothing is asked of it yet.
    /// - Parameters:
    ///   - socketPath: its socket.
    ///   - transfers: carries calls and answers.
    ///   - streams: carries what lasts, such as events; nil: `transfers` does. A call costs as much as there are transfers on
    ///     its thread, so that who follows the events of hundreds of daemons keeps them apart.
    public init(socketPath: String = "/var/run/docker.sock", transfers: Transfers, streams: Transfers? = nil) {
        self.socketPath = socketPath
        self.transfers = transfers
        self.streams = streams ?? transfers
    }

    /// What is remembered of the daemon between calls.
    private actor Negotiation {
        private var known: (daemon: DaemonVersion, common: DockerAPIVersion)?

        func remembered() -> (daemon: DaemonVersion, common: DockerAPIVersion)? { known }
        func remember(_ daemon: DaemonVersion, _ common: DockerAPIVersion) { known = (daemon, common) }
        func forget() { known = nil }
    }

    /// The daemon's version and the version of the API that is spoken with it; asked once.
    ///
    /// - Throws: `.unsupportedVersion` when there is none in common.
    func negotiated() async throws(DockerError) -> (daemon: DaemonVersion, common: DockerAPIVersion) {
        if let known = await negotiation.remembered() { return known }
        let daemon = try await version()
        guard let common = DockerAPIVersion.common(daemon: daemon.apiVersion, daemonMinimum: daemon.minAPIVersion)
        else {
            throw DockerError(
                .unsupportedVersion(
                    daemon: daemon.apiVersion, minimum: daemon.apiVersion < .oldest ? nil : daemon.minAPIVersion),
                operation: "be used", socketPath: socketPath)
        }
        await negotiation.remember(daemon, common)
        return (daemon, common)
    }

    // MARK: What all calls are made of

    /// Sends a call and returns its answer if its status is one of success.
    func perform(_ call: DockerCall) async throws(DockerError) -> HTTPResponse {
        let response = try await send(call)
        // The daemon was replaced by an older one since; the version is agreed on anew, once.
        guard call.isVersioned, isRefusedVersion(response) else { return try checked(response, of: call) }
        await negotiation.forget()
        return try checked(try await send(call), of: call)
    }

    private func send(_ call: DockerCall) async throws(DockerError) -> HTTPResponse {
        let request = try await request(call)
        do {
            return try await transfers.perform(request)
        } catch {
            throw DockerError(error, operation: call.operation, socketPath: socketPath)
        }
    }

    private func request(_ call: DockerCall) async throws(DockerError) -> HTTPRequest {
        let version = call.isVersioned ? try await negotiated().common : nil
        return call.request(socketPath: socketPath, version: version)
    }

    private func isRefusedVersion(_ response: HTTPResponse) -> Bool {
        response.head.status == 400 && message(of: response.body).contains("client version")
    }

    private func checked(_ response: HTTPResponse, of call: DockerCall) throws(DockerError) -> HTTPResponse {
        guard response.head.isSuccess || call.accepts.contains(response.head.status) else {
            let message = message(of: response.body)
            throw fail(call.operation, DockerError.kind(status: response.head.status, message: message), message)
        }
        return response
    }

    /// Docker's words in an answer of failure; what is not its JSON is shown as the text that it is, shortened.
    func message(of body: [UInt8]) -> String {
        if let message = (try? JSONValue(parsing: body))?["message"]?.string { return message }
        let text = String(decoding: body.prefix(Self.longestShownText), as: UTF8.self)
        return String(text.unicodeScalars.map { $0.properties.generalCategory == .control ? " " : Character($0) })
    }

    /// Enough of a foreign text to recognise it.
    private static let longestShownText = 300

    func fail(_ operation: String, _ kind: DockerError.Kind, _ message: String) -> DockerError {
        DockerError(kind, operation: operation, socketPath: socketPath, message: message)
    }

    /// Sends a call and reads its JSON.
    func read<Value>(
        _ call: DockerCall, _ read: (JSONValue) throws(AnswerMistake) -> Value
    ) async throws(DockerError) -> Value {
        let body = try await perform(call).body
        do {
            return try read(try JSONValue(parsing: body))
        } catch let mistake as AnswerMistake {
            throw fail(call.operation, .garbage, mistake.message)
        } catch {
            throw fail(call.operation, .garbage, "\(error)")
        }
    }

    /// Sends a call whose answer is a stream; an answer of failure is read whole and thrown.
    func withStream<Value>(
        _ call: DockerCall, _ body: (HTTPHead, TransferStream) async throws -> Value
    ) async throws -> Value {
        let request = try await request(call)
        do {
            return try await streams.withStream(request) { head, stream in
                guard head.isSuccess else { throw try await failure(call, head, stream) }
                return try await body(head, stream)
            }
        } catch let error as TransferError {
            throw DockerError(error, operation: call.operation, socketPath: socketPath)
        }
    }

    private func failure(_ call: DockerCall, _ head: HTTPHead, _ stream: TransferStream) async throws -> DockerError {
        var text: [UInt8] = []
        for try await chunk in stream {
            text += chunk
            // A failure is a sentence.
            if text.count > 64 << 10 { break }
        }
        let response = HTTPResponse(head: head, body: text)
        if isRefusedVersion(response) { await negotiation.forget() }
        let message = message(of: text)
        return fail(call.operation, DockerError.kind(status: head.status, message: message), message)
    }
}
