public import FleetModel
public import Transfers

/// How far the daemon is with an image that it loads or pulls.
public struct ImageProgress: Sendable, Hashable {
    /// Docker's words: `Loading layer`, `Downloading`.
    public let status: String
    /// The layer, where it is about one.
    public let layer: String
    /// What is done of it; nil where Docker does not say.
    public let current: ByteCount?
    /// All of it; nil where Docker does not say.
    public let total: ByteCount?
}

extension DockerEngine {
    /// The daemon unpacks a layer without a word; on a slow disk a large one takes minutes.
    private static let longestSilence = Duration.seconds(300)

    /// Loads an archive of `docker save` (`POST /images/load`), plain or compressed by gzip, bzip2 or xz (Docker 23 and
    /// newer: zstd too), from a descriptor: a file, a pipe or a socket, read to its end. The descriptor stays the
    /// caller's.
    ///
    /// - Returns: What was loaded: references, and ids of images without one.
    /// - Throws: `DockerError`; `.noSpace`, `.server` with Docker's words where the archive is none.
    public func load(
        from descriptor: Int32, length: Int64? = nil, progress: (ImageProgress) async -> Void = { _ in }
    ) async throws(DockerError) -> [ImageReference] {
        var call = DockerCall("load an image", .post, "/images/load")
        call.body = .upload(descriptor: descriptor, length: length)
        call.contentType = "application/x-tar"
        call.add("quiet", "0")
        var loaded: [ImageReference] = []
        for said in try await follow(call, progress) {
            for prefix in ["Loaded image: ", "Loaded image ID: "] where said.hasPrefix(prefix) {
                loaded.append(ImageReference(String(said.dropFirst(prefix.count))))
            }
        }
        if loaded.isEmpty { throw fail(call.operation, .garbage, "it says nothing of an image") }
        return loaded
    }

    /// Brings an image from its registry to the host (`POST /images/create`).
    ///
    /// - Throws: `DockerError`; `.notFound(.image)`, `.wrongPlatform`, or `.server` where the registry can't be reached or
    ///   refuses the login.
    public func pull(
        _ image: ImageReference, platform: String? = nil, login: RegistryLogin? = nil,
        progress: (ImageProgress) async -> Void = { _ in }
    ) async throws(DockerError) {
        var call = DockerCall("pull the image \(image)", .post, "/images/create")
        guard image.path != nil else { throw fail(call.operation, .invalidRequest, "no image can have such a name") }
        let (repository, tag) = image.parts
        call.add("fromImage", repository)
        // Without one Docker would bring every tag there is.
        call.add("tag", tag ?? "latest")
        call.add("platform", platform)
        if let login { call.headers.append(login.header) }
        _ = try await follow(call, progress)
    }

    /// Gives `body` an image as `docker save` writes it (`GET /images/NAME/get`): a tar archive in chunks.
    ///
    /// - Throws: What `body` throws; `DockerError` when there is no image; `TransferError` when the archive breaks off.
    public func withArchive<Value>(
        of image: ImageReference, _ body: (TransferStream) async throws -> Value
    ) async throws -> Value {
        var call = try call("save", image, .get, "/get")
        // The daemon gathers the archive on its disk before it sends the first byte.
        call.deadlines = TransferDeadlines(answer: Self.longestSilence, silence: Self.longestSilence, whole: nil)
        return try await withStream(call) { _, stream in try await body(stream) }
    }

    /// Follows a call whose answer tells its progress line by line, failure included: the status was sent long before.
    ///
    /// - Returns: What was said beside progress.
    private func follow(
        _ call: DockerCall, _ progress: (ImageProgress) async -> Void
    ) async throws(DockerError) -> [String] {
        var call = call
        call.deadlines = TransferDeadlines(silence: Self.longestSilence, whole: nil)
        do {
            return try await withStream(call) { _, stream in
                var lines = JSONLines()
                var said: [String] = []
                for try await chunk in stream {
                    for line in lines.append(chunk) { try await take(line, of: call, &said, progress) }
                }
                if let last = lines.finish() { try await take(last, of: call, &said, progress) }
                return said
            }
        } catch let error as DockerError {
            throw error
        } catch {
            throw fail(call.operation, .transfer, "\(error)")
        }
    }

    private func take(
        _ line: Result<JSONValue, GarbledLine>, of call: DockerCall, _ said: inout [String],
        _ progress: (ImageProgress) async -> Void
    ) async throws(DockerError) {
        do {
            let answer = try DockerAnswer(try line.get())
            let error = try answer.string("error")
            if !error.isEmpty {
                let kind = DockerError.kind(status: isAbsent(error) ? 404 : 500, message: error)
                throw fail(call.operation, kind, error)
            }
            let stream = try answer.string("stream").trimmed
            // An archive may hold many images, not more than this.
            if !stream.isEmpty, said.count < 1000 { said.append(stream) }
            let status = try answer.string("status")
            guard !status.isEmpty else { return }
            let detail = try answer.object("progressDetail")
            await progress(
                ImageProgress(
                    status: status, layer: try answer.string("id"),
                    current: try detail.optionalInteger("current").map { ByteCount($0) },
                    total: try detail.optionalInteger("total").map { ByteCount($0) }))
        } catch let error as DockerError {
            throw error
        } catch let mistake as AnswerMistake {
            throw fail(call.operation, .garbage, mistake.message)
        } catch {
            throw fail(call.operation, .garbage, "\(error)")
        }
    }

    private func isAbsent(_ error: String) -> Bool {
        let words = error.lowercased()
        return words.contains("manifest unknown") || words.contains("not found: manifest")
    }
}

extension String {
    fileprivate var trimmed: String {
        var text = self[...]
        while text.last?.isWhitespace == true { text.removeLast() }
        return String(text)
    }
}
