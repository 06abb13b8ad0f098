import FleetModel
import Processes

/// A `docker save` file, as far as it tells what is in it without being loaded.
enum ImageArchive {
    /// Unpacking a gigabyte.
    private static let deadline: Duration = .seconds(300)
    /// An archive of some hundred images.
    private static let largest = 4 << 20

    /// The digests that `image` may have once the archive is loaded: that of its configuration, and, where the archive is in
    /// the OCI's layout, that of its manifest, which hosts that keep images by containerd go by.
    /// - Throws: why it can't be read, in a sentence.
    static func digests(of image: String, in path: String) async throws(Unreadable) -> [String] {
        // zstd has a program of its own; tar itself finds out the other compressions.
        let program = path.hasSuffix(".zst") ? ["--use-compress-program=zstd"] : []
        let wanted = ["--extract", "--to-stdout", "--file", path, "--wildcards", "*manifest.json", "*index.json"]
        let read: ProcessResult
        do throws(ProcessError) {
            read = try await Process.run(
                "tar", program + wanted, limits: OutputLimits(output: largest), deadline: deadline)
        } catch {
            throw Unreadable(reason: "\(error.subject): \(error.reason)")
        }
        // tar fails where only one of the two is there, which is as good.
        let texts = documents(in: read.stdout.text)
        guard !texts.isEmpty else {
            throw Unreadable(reason: read.stderr.trimmed.isEmpty ? "it has no manifest.json" : read.stderr.trimmed)
        }
        return texts.flatMap { digests(of: image, inDocument: $0) }
    }

    /// Why an archive does not tell.
    struct Unreadable: Error { let reason: String }

    /// Files written one after the other, each one document: between two of them, and nowhere else, something closes and
    /// something opens without a comma.
    static func documents(in text: String) -> [String] {
        var documents: [String] = []
        var start = text.startIndex
        var closed: String.Index?
        for place in text.indices {
            let character = text[place]
            if let end = closed, character == "{" || character == "[" {
                documents.append(String(text[start...end]))
                start = place
            }
            if character == "}" || character == "]" { closed = place } else if !character.isWhitespace { closed = nil }
        }
        return (documents + [String(text[start...])]).filter { (try? JSONValue(parsing: $0)) != nil }
    }

    /// The digests of one document: Docker's `manifest.json`, or the OCI's `index.json`.
    static func digests(of image: String, inDocument text: String) -> [String] {
        guard let document = try? JSONValue(parsing: text) else { return [] }
        if let entries = document.array {
            let own = entries.filter { entry in
                (entry["RepoTags"]?.array ?? []).contains { $0.string.map { sameName($0, image) } ?? false }
            }
            return own.compactMap { entry in
                // `DIGEST.json` of old archives, `blobs/sha256/DIGEST` of new ones.
                entry["Config"]?.string.flatMap { $0.split(separator: "/").last }
                    .map { "sha256:" + ($0.hasSuffix(".json") ? String($0.dropLast(5)) : String($0)) }
            }
        }
        return (document["manifests"]?.array ?? []).filter { manifest in
            let name = manifest["annotations"]?["io.containerd.image.name"]?.string
            return name.map { sameName($0, image) } ?? true
        }.compactMap { $0["digest"]?.string }
    }

    /// `docker.io/library/x:1`, `library/x:1` and `x:1` are one name; without a tag it is `latest`.
    static func sameName(_ a: String, _ b: String) -> Bool {
        func full(_ name: String) -> String {
            var name = name
            for prefix in ["docker.io/", "library/"] where name.hasPrefix(prefix) { name.removeFirst(prefix.count) }
            let tagged = name.split(separator: "/").last?.contains(where: { ":@".contains($0) }) ?? false
            return tagged ? name : name + ":latest"
        }
        return full(a) == full(b)
    }
}
