/// A Compose file that lies on a host, stamped some time ago.
public enum ComposeFile {
    /// A Compose file's new contents.
    public struct Rest: Hashable, Sendable {
        /// The file's contents.
        public var bytes: [UInt8]
        /// Its permission bits: 0600 where a secret is inside.
        public var mode: UInt16
    }

    /// The file without some of its services; everything else keeps the values it had, so that no container that stays
    /// would be made anew.
    /// - Parameters:
    ///   - names: services that go; those that are not there count as gone.
    ///   - bytes: the file's contents.
    /// - Returns: what is left; nil where no service would be left.
    /// - Throws: `ConfigurationError` where it is no Compose file.
    public static func removing(_ names: [String], from bytes: [UInt8]) throws(ConfigurationError) -> Rest? {
        do throws(YAMLError) {
            guard var root = try YAMLDocument(bytes).root, var services = root["services"] else {
                throw YAMLError(message: "it has no services", mark: SourceMark(line: 1, column: 1))
            }
            for name in names { services.remove(name) }
            guard services.entries?.isEmpty == false else { return nil }
            root.set("services", services)
            // The lines that say whose file this is.
            let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
            let header = lines.prefix { $0.first == UInt8(ascii: "#") }.flatMap { $0 + [UInt8(ascii: "\n")] }
            return Rest(bytes: header + (try root.emitted()), mode: root.hasSecret ? 0o600 : 0o644)
        } catch {
            throw ConfigurationError(
                code: .invalid, message: "the host's docker-compose.yml \(error.message)",
                remedy: "gantry bootstrap stamps it anew where a node is missing")
        }
    }
}
