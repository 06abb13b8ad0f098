/// A command to be run in a container of its own that is gone afterwards.
public struct OneOff: Sendable, Hashable {
    /// What runs, and in what. Its output is kept by a driver that can be read, and it is never started again.
    public var specification: ContainerSpecification
    /// The container's name; nil for one of random digits. With a name, what is left of an earlier run of the same
    /// name is removed first, but no other container.
    public var name: String?
    /// How long it may run.
    public var deadline: Duration
    /// How many bytes of its last output are handed back.
    public var outputLimit: Int

    /// A container with this label was made by `runOnce`.
    public static let label = "gantry.one-off"

    /// A run without network of a command in an image. Formatting storage takes seconds, and minutes on a slow host.
    public init(
        _ specification: ContainerSpecification, name: String? = nil, deadline: Duration = .seconds(300),
        outputLimit: Int = 64 << 10
    ) {
        self.specification = specification
        if specification.networkMode == nil { self.specification.networkMode = "none" }
        self.name = name
        self.deadline = deadline
        self.outputLimit = outputLimit
    }
}

/// How such a run ended.
public struct OneOffOutcome: Sendable, Hashable {
    /// The exit code of its process. 137 is SIGKILL, which within its deadline only the kernel sends, for want of memory.
    /// Docker's own note of that (`OOMKilled`) is missing where it sees the container's end first, so it isn't asked.
    public let exitCode: Int32
    /// The last lines that it wrote, both streams.
    public let output: [LogLine]
    /// Whether it wrote more than was kept.
    public let isOutputCut: Bool
}

extension DockerEngine {
    /// Runs a command in a container of its own and removes the container in every case: when the command fails, when
    /// it takes too long (it is killed), when Docker fails and when the task is cancelled.
    ///
    /// Only the end of this process, or of the connection to the host, can leave the container behind; it carries
    /// `OneOff.label`, and the next run of its name removes it.
    ///
    /// - Returns: How it ended; a failing command is an outcome and not an error.
    /// - Throws: `DockerError`: `.notFound(.image)`; `.wrongPlatform` before anything is made; `.deadline`;
    ///   `.conflict` when a container that is no one-off has the name; `.invalidRequest` when a bind's source is missing.
    public func runOnce(_ run: OneOff) async throws(DockerError) -> OneOffOutcome {
        let image = try await inspect(image: run.specification.image)
        let daemon = try await negotiated().daemon
        guard image.runs(on: daemon) else {
            throw fail(
                "run the image \(run.specification.image)", .wrongPlatform,
                "it is made for \(image.platform), the host is \(daemon.os)/\(daemon.arch)")
        }
        return try await withOneOffContainer(run) { container throws(DockerError) in
            try await start(container)
            let exitCode = try await wait(for: container, deadline: run.deadline)
            let (output, isCut) = try await output(of: container, limit: run.outputLimit)
            return OneOffOutcome(exitCode: exitCode, output: output, isOutputCut: isCut)
        }
    }

    /// Whether a one-off of this name is left of a process that came to its end before it could remove it.
    ///
    /// - Throws: `DockerError`.
    public func hasOneOff(named name: String) async throws(DockerError) -> Bool {
        do throws(DockerError) {
            return try await inspect(.name(name)).labels[OneOff.label] != nil
        } catch {
            guard error.kind == .notFound(.container) else { throw error }
            return false
        }
    }

    /// Removes what is left of a one-off of this name, whether it runs or not; one that is gone counts as removed.
    ///
    /// - Throws: `DockerError`; `.conflict` when another container has the name.
    public func removeOneOff(named name: String) async throws(DockerError) { try await removeLeftover(.name(name)) }

    /// Whether a path exists in an image, without running anything of it: a container is made and removed.
    ///
    /// - Returns: Whether there is a file or a directory.
    /// - Throws: `DockerError`; `.notFound(.image)` when it is not on the host.
    public func hasPath(_ path: String, in image: ImageReference) async throws(DockerError) -> Bool {
        // An image without a command is no image to Docker; this one is never run.
        let specification = ContainerSpecification(image: image, command: ["true"])
        return try await withOneOffContainer(OneOff(specification)) { container throws(DockerError) in
            try await hasPath(path, in: container)
        }
    }

    private func output(of container: ContainerReference, limit: Int) async throws(DockerError) -> ([LogLine], Bool) {
        do {
            return try await withLogs(of: container) { lines in
                var kept = LogTail(limit: limit)
                for try await line in lines { kept.append(line) }
                return (Array(kept.lines), kept.isCut)
            }
        } catch let error as DockerError {
            throw error
        } catch {
            throw fail("read the output of the container \(container)", .transfer, "\(error)")
        }
    }

    private func withOneOffContainer<Value>(
        _ run: OneOff, _ body: (ContainerReference) async throws(DockerError) -> Value
    ) async throws(DockerError) -> Value {
        let name = run.name ?? "gantry-one-off-" + String(UInt64.random(in: 0 ... .max), radix: 16)
        let container = ContainerReference.name(name)
        if run.name != nil { try await removeLeftover(container) }
        var specification = run.specification
        specification.labels[OneOff.label] = "true"
        specification.restartPolicy = nil
        // Readable whatever the daemon's own way is, and bounded on the host's disk.
        specification.log = ("json-file", ["max-size": "8m", "max-file": "2"])
        let made = await shielded { [specification] () async -> Result<ContainerID, DockerError> in
            do throws(DockerError) {
                return .success(try await create(specification, name: name))
            } catch { return .failure(error) }
        }
        switch made {
        case .success(let id): return try await ending(.id(id), body)
        case .failure(let error):
            // A refusal made nothing; a lost or late answer may have.
            if !error.isRefusal { _ = await removal(.name(name)) }
            throw error
        }
    }

    /// Removes the container when `body` is done with it.
    private func ending<Value>(
        _ container: ContainerReference, _ body: (ContainerReference) async throws(DockerError) -> Value
    ) async throws(DockerError) -> Value {
        let result: Result<Value, DockerError>
        do throws(DockerError) {
            result = .success(try await body(container))
        } catch { result = .failure(error) }
        let failure = await removal(container)
        if case .success = result, let failure { throw failure }
        return try result.get()
    }

    private func removal(_ container: ContainerReference) async -> DockerError? {
        await shielded { () async -> DockerError? in
            do throws(DockerError) {
                try await removeLeftover(container)
                return nil
            } catch { return error }
        }
    }

    /// Removes a one-off's container where there is one, and no other container.
    private func removeLeftover(_ container: ContainerReference) async throws(DockerError) {
        do throws(DockerError) {
            let found = try await inspect(container)
            guard found.labels[OneOff.label] != nil else {
                throw fail("run a command as \(container)", .conflict, "another container has this name")
            }
            try await remove(.id(found.id), force: true, volumes: true)
        } catch {
            if error.kind != .notFound(.container) { throw error }
        }
    }

    /// Does something that must not be left half done although the task is cancelled: it runs as a task of its own,
    /// which is waited for, and has deadlines of its own.
    private func shielded<Value: Sendable>(_ body: @Sendable @escaping () async -> Value) async -> Value {
        await Task { await body() }.value
    }
}

extension DockerError {
    /// Whether Docker itself said no, so that the order was not carried out.
    fileprivate var isRefusal: Bool {
        switch kind {
        case .notFound, .conflict, .wrongPlatform, .noSpace, .invalidRequest, .server, .unsupportedVersion,
            .daemonNotRunning, .permissionDenied:
            true
        case .connectionLost, .deadline, .cancelled, .garbage, .answerTooLarge, .transfer: false
        }
    }
}
