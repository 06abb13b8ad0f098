import FleetModel
import Transfers

extension DockerEngine {
    /// Makes a container, without starting it (`POST /containers/create`).
    ///
    /// With a `platform` (`linux/amd64`) an image made for another one is refused.
    ///
    /// - Returns: Its identity.
    /// - Throws: `DockerError`; `.notFound(.image)`, `.conflict` when the name is taken, `.wrongPlatform`.
    public func create(
        _ specification: ContainerSpecification, name: String? = nil, platform: String? = nil
    ) async throws(DockerError) -> ContainerID {
        let operation = "make a container" + (name.map { " \($0)" } ?? "") + " of \(specification.image)"
        if let name, ContainerReference.name(name).component == nil {
            throw fail(operation, .invalidRequest, "no container can have such a name")
        }
        var call = DockerCall(operation, .post, "/containers/create")
        call.add("name", name)
        call.add("platform", platform)
        call.setBody(specification.json)
        // Making one reads the image's layers and can be slow on a busy disk.
        call.deadlines.whole = .seconds(120)
        return try await read(call) { value throws(AnswerMistake) in
            ContainerID(rawValue: try DockerAnswer(value).required("Id"))
        }
    }

    /// Starts a container (`POST /containers/ID/start`).
    ///
    /// - Returns: False if it was running already.
    /// - Throws: `DockerError`.
    @discardableResult
    public func start(_ container: ContainerReference) async throws(DockerError) -> Bool {
        var call = try call("start", container, .post, "/start")
        call.accepts = [304]
        call.deadlines.whole = .seconds(120)
        return try await perform(call).head.status != 304
    }

    /// Stops a container: its stop signal, then SIGKILL after `timeout` (`POST /containers/ID/stop`).
    ///
    /// Without a timeout its own holds, as it was set when it was made. Cancelling the task does not take the signal
    /// back.
    ///
    /// - Returns: False if it did not run.
    /// - Throws: `DockerError`.
    @discardableResult
    public func stop(_ container: ContainerReference, timeout: Duration? = nil) async throws(DockerError) -> Bool {
        var call = try await ending("stop", container, "/stop", timeout)
        call.accepts = [304]
        return try await perform(call).head.status != 304
    }

    /// Stops a container as `stop` does and starts it again (`POST /containers/ID/restart`).
    ///
    /// - Throws: `DockerError`.
    public func restart(_ container: ContainerReference, timeout: Duration? = nil) async throws(DockerError) {
        _ = try await perform(try await ending("restart", container, "/restart", timeout))
    }

    private func ending(
        _ verb: String, _ container: ContainerReference, _ path: String, _ timeout: Duration?
    ) async throws(DockerError) -> DockerCall {
        var call = try call(verb, container, .post, path)
        call.add("t", timeout.map { String($0.wholeSeconds) })
        let grace: Duration
        if let timeout {
            grace = timeout
        } else {
            grace = try await inspect(container).stopTimeout ?? Self.dockersStopTimeout
        }
        // What Docker itself needs after the kill.
        call.deadlines.whole = grace + .seconds(60)
        return call
    }

    /// Docker's own, where a container has none.
    static let dockersStopTimeout = Duration.seconds(10)

    /// Sends a signal to a container's process (`POST /containers/ID/kill`). A restart policy does not undo it.
    ///
    /// - Throws: `DockerError`; `.conflict` when it does not run.
    public func kill(_ container: ContainerReference, signal: String = "SIGKILL") async throws(DockerError) {
        var call = try call("kill", container, .post, "/kill")
        call.add("signal", signal)
        _ = try await perform(call)
    }

    /// Waits until a container does not run (`POST /containers/ID/wait`); at once if it does not.
    ///
    /// - Returns: How its process ended.
    /// - Throws: `DockerError`; `.deadline` when it still runs after `deadline`, where there is one.
    public func wait(
        for container: ContainerReference, deadline: Duration? = nil
    ) async throws(DockerError) -> Int32 {
        var call = try call("wait for", container, .post, "/wait")
        call.add("condition", "not-running")
        call.deadlines.whole = deadline
        let operation = call.operation
        let (code, mistake) = try await read(call) { value throws(AnswerMistake) in
            let answer = try DockerAnswer(value)
            guard let code = try answer.optionalInteger("StatusCode") else {
                throw AnswerMistake(message: "StatusCode is missing")
            }
            return (Int32(clamping: code), try answer.object("Error").string("Message"))
        }
        guard mistake.isEmpty else { throw fail(operation, .server(status: 200), mistake) }
        return code
    }

    /// Removes a container (`DELETE /containers/ID`), with `force` also one that runs: it is killed. With `volumes`
    /// its anonymous volumes go too.
    ///
    /// - Throws: `DockerError`; `.notFound(.container)` when there is none, `.conflict` when it runs or another removal
    ///   is under way.
    public func remove(
        _ container: ContainerReference, force: Bool = false, volumes: Bool = false
    ) async throws(DockerError) {
        var call = try call("remove", container, .delete, "")
        if force { call.add("force", "1") }
        if volumes { call.add("v", "1") }
        // Deleting a large file system layer takes its time.
        call.deadlines.whole = .seconds(120)
        _ = try await perform(call)
    }
}
