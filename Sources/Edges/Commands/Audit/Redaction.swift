/// Takes secrets out of a command line before it is written down. Gantry's own options carry none; what people type may.
enum Redaction {
    /// What stands for a secret.
    static let mark = "***"

    /// `arguments` without the values of options that are named like a secret, and without the passwords of URLs.
    static func arguments(_ arguments: [String]) -> [String] {
        var isSecret = false
        return arguments.map { argument in
            defer { isSecret = argument.hasPrefix("-") && !argument.contains("=") && namesSecret(argument) }
            if isSecret, !argument.hasPrefix("-") { return mark }
            if let equals = argument.firstIndex(of: "="), namesSecret(argument[..<equals]) {
                return argument[...equals] + mark
            }
            return withoutPassword(argument)
        }
    }

    private static func namesSecret(_ name: some StringProtocol) -> Bool {
        let name = name.lowercased()
        // A file that holds a password is no password.
        if name.hasSuffix("file") { return false }
        return ["password", "passwd", "secret", "token", "credential", "apikey", "api-key"].contains { word in
            name.utf8.indices.contains { name.utf8[$0...].starts(with: word.utf8) }
        }
    }

    /// `smtp://user:***@host` (RFC 3986, section 3.2.1).
    static func withoutPassword(_ text: String) -> String {
        let bytes = Array(text.utf8)
        guard let scheme = firstIndex(of: Array("://".utf8), in: bytes) else { return text }
        let authority = bytes[(scheme + 3)...].prefix { $0 != UInt8(ascii: "/") }
        guard let at = authority.lastIndex(of: UInt8(ascii: "@")),
            let colon = authority[..<at].firstIndex(of: UInt8(ascii: ":"))
        else { return text }
        return String(decoding: bytes[...colon], as: UTF8.self) + mark + String(decoding: bytes[at...], as: UTF8.self)
    }

    private static func firstIndex(of piece: [UInt8], in bytes: [UInt8]) -> Int? {
        bytes.indices.first { bytes[$0...].starts(with: piece) }
    }
}
