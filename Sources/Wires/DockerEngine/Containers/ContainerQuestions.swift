import FleetModel
import Transfers

extension DockerEngine {
    /// The containers of the host (`GET /containers/json`).
    ///
    /// With `all` in any state, otherwise those that run; of `labels` (`NAME` or `NAME=value`) a container must carry
    /// every one; `names` are parts of names, of which it must have one.
    ///
    /// - Returns: The newest first.
    /// - Throws: `DockerError`.
    public func containers(
        all: Bool = true, labels: [String] = [], names: [String] = []
    ) async throws(DockerError) -> [ContainerSummary] {
        var call = DockerCall("list the containers", .get, "/containers/json")
        if all { call.add("all", "1") }
        call.add(filters: ["label": labels, "name": names])
        return try await read(call) { value throws(AnswerMistake) in
            try DockerAnswer.list(value).map { answer throws(AnswerMistake) in try ContainerSummary(answer) }
        }
    }

    /// All that is known of one container (`GET /containers/ID/json`).
    ///
    /// - Returns: Its configuration and state.
    /// - Throws: `DockerError`; `.notFound(.container)` when there is none.
    public func inspect(_ container: ContainerReference) async throws(DockerError) -> ContainerDetails {
        try await read(try call("inspect", container, .get, "/json")) { value throws(AnswerMistake) in
            try ContainerDetails(try DockerAnswer(value))
        }
    }

    /// Whether a path exists in a container's file system, running or not (`HEAD /containers/ID/archive`). Mounts of
    /// a container that does not run are not seen.
    ///
    /// - Returns: Whether there is a file or a directory.
    /// - Throws: `DockerError`; `.notFound(.container)` when there is no container.
    public func hasPath(_ path: String, in container: ContainerReference) async throws(DockerError) -> Bool {
        var call = try call("look into", container, .head, "/archive")
        call.add("path", path)
        call.accepts = [404]
        let response = try await perform(call)
        if response.head.isSuccess { return true }
        // A HEAD has no words: only asking again tells a missing path from a missing container.
        _ = try await inspect(container)
        return false
    }

    /// A call on a container: `verb` says what an error says can't be done.
    func call(
        _ verb: String, _ container: ContainerReference, _ method: HTTPRequest.Method, _ path: String
    ) throws(DockerError) -> DockerCall {
        let operation = "\(verb) the container \(container)"
        guard let component = container.component else {
            throw fail(operation, .invalidRequest, "no container can have such a name")
        }
        return DockerCall(operation, method, "/containers/\(component)\(path)")
    }
}
