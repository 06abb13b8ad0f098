public import Processes

extension RemoteHost {
    /// Puts files on the host, all of them in one round trip.
    ///
    /// Each is written beside its place, synced, and renamed over it, so that a reader meets the old or the new one. All are
    /// written before the first is renamed. One that is already as wanted is not touched. Missing directories are made with
    /// mode 0755; a symbolic link of that name is replaced, not followed. The answers are in the order of `files`.
    ///
    /// - Throws: `SSHError`: `noRoom`, `placementFailed` with the path, or those of `run`.
    public func place(
        _ files: [RemoteFile], asRoot: Bool = true, deadline: Duration = RemoteCommand.defaultDeadline
    ) async throws(SSHError) -> [PlacedFile] {
        guard !files.isEmpty else { return [] }
        for file in files {
            try checkPath(file.path)
            let owner = file.owner ?? "-"
            guard !owner.isEmpty, !owner.contains(where: \.isWhitespace), owner == "-" || !owner.hasPrefix("-") else {
                throw SSHError(.invalid, host: name, reason: "'\(owner)' is no owner for \(file.path)")
            }
        }
        guard files.reduce(0, { $0 + $1.bytes.count }) <= Placement.mostBytes else {
            throw SSHError(
                .invalid, host: name, reason: "the files to place are bigger than \(Placement.mostBytes) bytes together"
            )
        }
        let result = try await run(
            .script(
                Placement.script, asRoot: asRoot, input: .bytes(Placement.stream(files)),
                limits: OutputLimits(output: 1 << 20), deadline: deadline))
        let answer = Placement.parse(result.stdout.text, files: files)
        if result.isSuccess, answer.placed.count == files.count { return answer.placed }

        let said = result.stderr.trimmed
        let path = answer.failed.flatMap { files.indices.contains($0) ? files[$0].path : nil }
        let done =
            answer.placed.isEmpty ? "nothing was changed" : "\(answer.placed.count) of \(files.count) were placed"
        let what = path.map { "cannot place \($0)" } ?? "cannot place the files"
        let why = said.isEmpty ? (answer.wasCut ? "the stream was cut" : "exit code \(result.exitCode)") : said
        throw SSHError(
            said.contains("No space left on device") || said.contains("Disk quota exceeded")
                ? .noRoom : .placementFailed,
            host: name, reason: "\(what): \(why); \(done)",
            remedy: said.contains("No space left") ? "make room on that file system" : "")
    }

    /// The content of a file on the host; nil when there is none.
    ///
    /// - Throws: `SSHError`: `outputOverLimit` when it is bigger than `limit`, `readFailed`, or those of `run`.
    public func read(
        _ path: String, limit: Int = OutputLimits.defaultOutput, asRoot: Bool = true,
        deadline: Duration = RemoteCommand.defaultDeadline
    ) async throws(SSHError) -> [UInt8]? {
        try checkPath(path)
        let bound = max(0, limit)
        let result = try await run(
            ["head", "-c", "\(bound + 1)", "--", path], asRoot: asRoot, limits: OutputLimits(output: bound + 1),
            deadline: deadline)
        guard result.isSuccess else {
            let said = result.stderr.trimmed
            if said.hasSuffix("No such file or directory") { return nil }
            throw SSHError(.readFailed, host: name, reason: "cannot read \(path): \(said)")
        }
        guard result.stdout.bytes.count <= bound else {
            throw SSHError(.outputOverLimit, host: name, reason: "\(path) is bigger than \(bound) bytes")
        }
        return result.stdout.bytes
    }

    /// What a unix socket of the host looks like to the user we are there: the reason, when a forwarded one does not answer.
    ///
    /// - Throws: `SSHError` of `run`.
    public func socketState(_ path: String, asRoot: Bool = false) async throws(SSHError) -> RemoteSocketState {
        try checkPath(path)
        let script = """
            if [ ! -e "$1" ] && [ ! -L "$1" ]; then echo missing
            elif [ ! -S "$1" ]; then echo other
            elif [ -r "$1" ] && [ -w "$1" ]; then echo usable
            else echo "denied $(id -un)"; fi
            """
        let result = try await run(.script(script, [path], asRoot: asRoot))
        let words = result.stdout.trimmed.split(separator: " ")
        switch words.first {
        case "usable": return .usable
        case "missing": return .missing
        case "other": return .notASocket
        case "denied": return .notPermitted(user: words.count > 1 ? String(words[1]) : "")
        default: throw SSHError(.readFailed, host: name, reason: "cannot look at \(path): \(result.stderr.trimmed)")
        }
    }

    private func checkPath(_ path: String) throws(SSHError) {
        guard path.hasPrefix("/"), !path.hasSuffix("/"), !hasControlCharacters(path) else {
            throw SSHError(.invalid, host: name, reason: "'\(path)' is no absolute path of a file")
        }
    }
}

func hasControlCharacters(_ text: String) -> Bool {
    text.unicodeScalars.contains { $0.value < 0x20 || (0x7F..<0xA0).contains($0.value) }
}
