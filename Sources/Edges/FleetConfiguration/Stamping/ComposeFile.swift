import FleetModel

/// A Compose file that lies on a host, stamped some time ago.
public enum ComposeFile {
    /// A Compose file's new contents.
    public struct Rest: Hashable, Sendable {
        /// The file's contents.
        public var bytes: [UInt8]
        /// Its permission bits: 0600 where a secret is inside.
        public var mode: UInt16
    }

    /// The file with some services as they are stamped now; every other one keeps the values it had, so that no container
    /// but theirs would be made anew. What the template has beside its services and the file lacks is added.
    /// - Parameters:
    ///   - names: the services.
    ///   - stamped: the host's file as it is stamped now.
    ///   - bytes: the file's contents; nil where there is none yet.
    /// - Returns: the file.
    /// - Throws: `ConfigurationError` where one of them is no Compose file.
    public static func merging(
        _ names: [String], of stamped: [UInt8], into bytes: [UInt8]?
    ) throws(ConfigurationError) -> Rest {
        do throws(YAMLError) {
            let (new, newServices) = try read(stamped)
            guard let bytes else { return Rest(bytes: stamped, mode: new.hasSecret ? 0o600 : 0o644) }
            var (root, services) = try read(bytes)
            for entry in newServices.entries ?? [] {
                guard let name = entry.key.text else { continue }
                let isNode = ComposeMap(entry.value["labels"], missing: .string(""))[ContainerLabel.node] != nil
                // A service beside the nodes' may be what a new node's service refers to; it is not started by itself.
                if names.contains(name) || (!isNode && services[name] == nil) { services.set(name, entry.value) }
            }
            for entry in new.entries ?? [] {
                guard let key = entry.key.text, key != "services" else { continue }
                guard var present = root[key] else {
                    root.set(key, entry.value)
                    continue
                }
                guard present.entries != nil else { continue }
                for part in entry.value.entries ?? [] {
                    if let name = part.key.text, present[name] == nil { present.set(name, part.value) }
                }
                root.set(key, present)
            }
            root.set("services", services)
            return Rest(bytes: header(of: stamped) + (try root.emitted()), mode: root.hasSecret ? 0o600 : 0o644)
        } catch {
            throw ConfigurationError(
                code: .invalid, message: "the host's docker-compose.yml \(error.message)",
                remedy: "mend it, or move it away: gantry bootstrap stamps it anew where a node does not run")
        }
    }

    private static func read(_ bytes: [UInt8]) throws(YAMLError) -> (root: YAMLNode, services: YAMLNode) {
        guard let root = try YAMLDocument(bytes).root, let services = root["services"] else {
            throw YAMLError(message: "has no services", mark: SourceMark(line: 1, column: 1))
        }
        return (root, services)
    }

    /// The lines that say whose file this is.
    private static func header(of bytes: [UInt8]) -> [UInt8] {
        bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
            .prefix { $0.first == UInt8(ascii: "#") }.flatMap { $0 + [UInt8(ascii: "\n")] }
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
            var (root, services) = try read(bytes)
            for name in names { services.remove(name) }
            guard services.entries?.isEmpty == false else { return nil }
            root.set("services", services)
            return Rest(bytes: header(of: bytes) + (try root.emitted()), mode: root.hasSecret ? 0o600 : 0o644)
        } catch {
            throw ConfigurationError(
                code: .invalid, message: "the host's docker-compose.yml \(error.message)",
                remedy: "gantry bootstrap stamps it anew where a node is missing")
        }
    }
}
