import FleetModel
import Glibc

extension Scalar where Value == String {
    /// Any text that is not empty.
    static let text = Scalar("a text") { text throws(WrongValue) in text.isEmpty ? nil : text }

    /// A file on the techhost: absolute, relative to the fleet directory, or below the operator's home.
    static let file = Scalar("a path") { text, context throws(WrongValue) in
        guard !text.isEmpty, !text.utf8.contains(where: { $0 < 0x20 || $0 == 0x7f }) else { throw WrongValue() }
        if text == "~" || text.hasPrefix("~/") {
            guard let home = context.home else { throw WrongValue("'\(text)': the home directory is not known") }
            return Path.normalized("\(home)/\(text.dropFirst(2))")
        }
        guard !text.hasPrefix("~") else {
            throw WrongValue("'\(text)' names somebody else's home: write the path in full")
        }
        return Path.normalized(text.hasPrefix("/") ? text : "\(context.directory)/\(text)")
    }

    /// A directory on a virtual host. The characters are those that neither Kafka's list of directories (`,`), nor
    /// Compose's mounts (`:`), nor a shell can take for something else.
    static let dataDirectory = Scalar("an absolute path") { text throws(WrongValue) in
        guard text.hasPrefix("/") else {
            throw WrongValue(
                "'\(text)' is relative: a data directory on a virtual host is an absolute path",
                suggestion: text.isEmpty || text.hasPrefix("~") ? nil : "/\(text)")
        }
        guard text.utf8.allSatisfy({ $0.isPlainPath }) else {
            throw WrongValue("'\(text)' has a character that is not one of A-Z a-z 0-9 / . _ - + @ =")
        }
        guard !text.split(separator: "/").contains("..") else { throw WrongValue("'\(text)' contains '..'") }
        let path = Path.normalized(text)
        guard path != "/" else { throw WrongValue("the root directory cannot hold data") }
        guard !Path.overlap(path, OnHostPath.root) else {
            throw WrongValue("'\(path)' overlaps \(OnHostPath.root), where gantry keeps its own files")
        }
        return path
    }

    /// A block device of a virtual host; never an option, and never more than one word.
    static let device = Scalar("a device such as /dev/vdb") { text throws(WrongValue) in
        guard text.hasPrefix("/dev/"), text.utf8.count > 5, text.utf8.allSatisfy({ $0.isPlainPath }),
            !text.split(separator: "/").contains("..")
        else { return nil }
        return Path.normalized(text)
    }

    /// A rack's name, or `host`.
    static let rack = Scalar("a rack's name without spaces, or host") { text throws(WrongValue) in
        (1...200).contains(text.utf8.count) && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f } ? text : nil
    }

    /// A login name; never an option of ssh.
    static let user = Scalar("a login name") { text throws(WrongValue) in
        (1...64).contains(text.utf8.count) && text.utf8.first != UInt8(ascii: "-")
            && text.utf8.allSatisfy { $0.isAlphanumeric || ".-_".utf8.contains($0) } ? text : nil
    }

    /// An image's reference: `registry.example.com:5000/gantry/kafka:4.3.1@sha256:…` (Docker's distribution spec).
    static let image = Scalar("an image such as apache/kafka:4.3.1") { text throws(WrongValue) in
        guard (1...255).contains(text.utf8.count), let first = text.utf8.first, first.isAlphanumeric,
            text.utf8.allSatisfy({ $0.isAlphanumeric || "./:_-@".utf8.contains($0) }), !text.hasSuffix(":"),
            !text.hasSuffix("/")
        else { return nil }
        let parts = text.split(separator: "@", omittingEmptySubsequences: false)
        let name = parts[0].split(separator: "/").last ?? ""
        // One tag and one digest at most; only a registry before the first '/' may have a port besides.
        guard parts.count <= 2, name.utf8.count(where: { $0 == UInt8(ascii: ":") }) <= 1,
            parts.count == 1 || parts[1].utf8.count(where: { $0 == UInt8(ascii: ":") }) == 1,
            !parts[0].split(separator: "/").dropLast().dropFirst().contains(where: { $0.contains(":") })
        else { return nil }
        guard !name.prefix(while: { $0 != ":" }).contains(where: \.isUppercase) else {
            throw WrongValue("'\(text)' has capitals in its name", suggestion: text.lowercased())
        }
        return text
    }

    /// An IP address or a host's name, as Kafka advertises it.
    static let address = Scalar("an address or a host's name") { text in HostName(rawValue: text).map(\.rawValue) }

    /// A registry as images name it: a host, and a port where it has one.
    static let registry = Scalar("a registry such as registry.example.com:5000") { text in
        let host = text.split(separator: "://").last ?? ""
        return !host.isEmpty && text.utf8.count <= 255
            && text.utf8.allSatisfy { $0.isAlphanumeric || "./:_-[]".utf8.contains($0) } ? text : nil
    }

    /// A mail address that an SMTP server can be handed as it is.
    static let mail = Scalar("a mail address such as kafka-ops@example.com") { text throws(WrongValue) in
        let parts = text.split(separator: "@", omittingEmptySubsequences: false)
        guard parts.count == 2, (1...64).contains(parts[0].utf8.count), (1...253).contains(parts[1].utf8.count),
            parts[0].utf8.allSatisfy({ $0.isAlphanumeric || ".!#$%&'*+/=?^_`{|}~-".utf8.contains($0) }),
            parts[1].utf8.allSatisfy({ $0.isAlphanumeric || ".-".utf8.contains($0) }),
            parts[1].split(separator: ".", omittingEmptySubsequences: false).allSatisfy({ !$0.isEmpty }),
            parts[1].utf8.first != UInt8(ascii: "-")
        else { return nil }
        return text
    }

    /// `smtp://HOST[:PORT]` or `smtps://HOST[:PORT]`; no login, path or query inside.
    static let smtpURL = Scalar("an address such as smtp://mail.example.com:587") { text throws(WrongValue) in
        guard let range = text.firstRange(of: "://") else {
            throw WrongValue(suggestion: text.contains("/") || text.isEmpty ? nil : "smtp://\(text)")
        }
        let scheme = text[..<range.lowerBound]
        guard scheme == "smtp" || scheme == "smtps" else {
            throw WrongValue(
                "'\(text)' is neither smtp:// (STARTTLS when offered) nor smtps:// (TLS from the start)",
                suggestion: Spelling.nearest(to: String(scheme), among: ["smtp", "smtps"]).map {
                    $0 + text[range.lowerBound...]
                })
        }
        let rest = text[range.upperBound...]
        guard !rest.contains("@") else {
            throw WrongValue("a login does not belong into the url: write user and password_file")
        }
        let host = Endpoint(rest)
        guard host != nil || HostName(rawValue: String(rest)) != nil && !rest.contains(":") else { return nil }
        return text
    }

    /// The number of a clause of `assumptions.txt`.
    static let clause = Scalar("a clause such as H7") { text throws(WrongValue) in
        func matches(_ text: String) -> Bool {
            guard let letter = text.first, letter.isASCII, letter.isUppercase else { return false }
            return (1...4).contains(text.count - 1) && text.dropFirst().allSatisfy { $0.isASCII && $0.isNumber }
        }
        if matches(text) { return text }
        throw WrongValue(suggestion: matches(text.uppercased()) ? text.uppercased() : nil)
    }
}

/// What makes two hosts the same, whatever way they are written.
enum HostIdentity {
    /// Names are the same whatever their case (RFC 4343), addresses in whatever form (RFC 4291).
    static func key(of host: HostName) -> String {
        var address = in6_addr()
        guard host.rawValue.contains(":"), inet_pton(AF_INET6, host.rawValue, &address) == 1 else {
            return host.rawValue.lowercased()
        }
        return withUnsafeBytes(of: &address) { $0.map { String($0, radix: 16) }.joined(separator: ":") }
    }
}

extension Scalar where Value == HostName {
    /// A host's address or name.
    static let host = Scalar(HostName.rule) { text throws(WrongValue) in
        guard let host = HostName(rawValue: text) else { return nil }
        // All digits and dots is meant as an IPv4 address; ssh would look 10.0.0.256 up as a name.
        if text.utf8.allSatisfy({ $0.isDigit || $0 == UInt8(ascii: ".") }) {
            let parts = text.split(separator: ".", omittingEmptySubsequences: false)
            guard parts.count == 4, parts.allSatisfy({ UInt8($0) != nil && ($0 == "0" || $0.first != "0") }) else {
                throw WrongValue("'\(text)' is not an IPv4 address")
            }
        } else if text.contains(":") {
            guard text.utf8.allSatisfy({ $0.isHexadecimal || ":.".utf8.contains($0) }),
                text.utf8.count(where: { $0 == UInt8(ascii: ":") }) >= 2
            else {
                throw WrongValue("'\(text)' is not an address: a port belongs into ssh.port or ports.broker")
            }
        }
        return host
    }
}

extension Scalar where Value == ClusterName {
    /// A cluster's name.
    static let clusterName = Scalar(ClusterName.rule) { text throws(WrongValue) in
        if let name = ClusterName(rawValue: text) { return name }
        let folded = String(text.lowercased().map { $0 == "_" || $0 == " " || $0 == "." ? "-" : $0 })
        throw WrongValue(suggestion: ClusterName(rawValue: folded)?.rawValue)
    }
}

extension Scalar where Value == KafkaVersion {
    /// A released version.
    static let version = Scalar("a version such as 4.3.1") { text throws(WrongValue) in
        if let version = KafkaVersion(text) { return version }
        throw WrongValue(suggestion: KafkaVersion("\(text).0") != nil ? "\(text).0" : nil)
    }
}

extension Scalar where Value == Endpoint? {
    /// Where the metrics page listens, or `none`.
    static let endpoint = Scalar("an address such as 127.0.0.1:9308, or none") { text throws(WrongValue) in
        if text == "none" || text == "off" { return Endpoint?.none }
        guard let endpoint = Endpoint(text) else {
            throw WrongValue(suggestion: UInt16(text.drop { $0 == ":" }).map { "127.0.0.1:\($0)" })
        }
        return endpoint
    }
}

extension Scalar where Value == TimeOfDay {
    /// A time of every day.
    static let timeOfDay = Scalar("a time such as 08:00") { text throws(WrongValue) in
        if let time = TimeOfDay(text) { return time }
        throw WrongValue(suggestion: TimeOfDay("\(text):00")?.description)
    }
}

extension Scalar where Value == ClusterMode {
    /// KRaft; ZooKeeper is known and refused where the settings are checked.
    static let mode = Scalar.word([("kraft", .kraft), ("zookeeper", .zookeeper)])
}

extension Scalar where Value == TransportKind {
    /// How hosts are reached.
    static let transport = Scalar.word(TransportKind.allCases.map { ($0.rawValue, $0) })
}

extension Scalar where Value == ResumePolicy {
    /// What an interrupted operation does.
    static let resume = Scalar.word(ResumePolicy.allCases.map { ($0.rawValue, $0) })
}

/// Paths as text, without a look at the disk.
enum Path {
    /// Without `//`, `.` and a `/` at the end; `..` is resolved, as far as the root.
    static func normalized(_ path: String) -> String {
        var parts: [Substring] = []
        for part in path.split(separator: "/") where part != "." {
            if part == ".." { _ = parts.popLast() } else { parts.append(part) }
        }
        return "/" + parts.joined(separator: "/")
    }

    /// Whether one is the other, or lies inside it; both normalized.
    static func overlap(_ a: String, _ b: String) -> Bool {
        a == b || a.hasPrefix(b == "/" ? b : b + "/") || b.hasPrefix(a == "/" ? a : a + "/")
    }
}

extension UInt8 {
    var isDigit: Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self) }
    var isAlphanumeric: Bool {
        isDigit || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(self | 0x20)
    }
    fileprivate var isHexadecimal: Bool {
        isDigit || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(self | 0x20)
    }
    fileprivate var isPlainPath: Bool { isAlphanumeric || "/._-+@=".utf8.contains(self) }
}
