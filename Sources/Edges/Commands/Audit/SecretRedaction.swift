/// Takes secrets out of texts that leave the techhost: files, logs, plans.
///
/// Twice over: what stands behind a name that sounds like a secret goes, and every value that was found so, or is known from
/// elsewhere, goes wherever else it stands.
struct SecretRedaction: Sendable {
    /// Shorter values would take half of the text with them, and are guessed in no time anyway.
    private static let shortest = 4
    private static let names = ["password", "passwd", "secret", "token", "credential", "apikey", "api-key", "api_key"]

    private var values: Set<String> = []

    /// Knows these values from elsewhere: what a password's file holds.
    init(known: [String]) { for value in known { learn(value) } }

    private mutating func learn(_ value: some StringProtocol) {
        let trimmed = String(value.filter { !$0.isNewline })
        guard trimmed.utf8.count >= Self.shortest else { return }
        values.insert(trimmed)
    }

    /// Learns every secret of `text`, so that it is known elsewhere too.
    mutating func learn(from text: String) {
        for line in text.split(whereSeparator: \.isNewline) {
            for value in Self.secrets(in: line) { learn(value) }
        }
    }

    /// `text` without them.
    func redacted(_ text: String) -> String {
        var result = text
        for value in values.sorted(by: { ($1.utf8.count, $0) < ($0.utf8.count, $1) }) {
            result = result.split(separator: value, omittingEmptySubsequences: false).joined(separator: Redaction.mark)
        }
        return result.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            var line = String(line)
            for value in Self.secrets(in: line) where value != Redaction.mark {
                line = line.split(separator: value, omittingEmptySubsequences: false).joined(separator: Redaction.mark)
            }
            return Redaction.withoutPassword(line)
        }.joined(separator: "\n")
    }

    /// What stands behind names of secrets: `password: x`, `"password": "x"`, `x.password=x`, `password="x"`.
    private static func secrets(in line: some StringProtocol) -> [String] {
        let lower = Array(line.utf8.map { $0 >= 0x41 && $0 <= 0x5a ? $0 | 0x20 : $0 })
        let bytes = Array(line.utf8)
        var found: [String] = []
        for name in names {
            let name = Array(name.utf8)
            var place = 0
            while place + name.count <= lower.count {
                guard lower[place..<place + name.count].elementsEqual(name) else {
                    place += 1
                    continue
                }
                place += name.count
                if let value = value(behind: place, in: bytes) { found.append(value) }
            }
        }
        return found
    }

    private static func value(behind start: Int, in bytes: [UInt8]) -> String? {
        var place = start
        // The rest of the name: `password.file`, `passwords`; a file that holds a secret is none.
        let nameEnd = bytes[place...].firstIndex { !isNamePart($0) } ?? bytes.endIndex
        if String(decoding: bytes[place..<nameEnd], as: UTF8.self).hasSuffix("file") { return nil }
        place = nameEnd
        let separators = Set("\"'\\ \t".utf8)
        while place < bytes.count, separators.contains(bytes[place]) { place += 1 }
        guard place < bytes.count, bytes[place] == UInt8(ascii: ":") || bytes[place] == UInt8(ascii: "=") else {
            return nil
        }
        place += 1
        while place < bytes.count, bytes[place] == 0x20 || bytes[place] == 0x09 || bytes[place] == UInt8(ascii: "\\") {
            place += 1
        }
        guard place < bytes.count else { return nil }
        let quote = bytes[place] == UInt8(ascii: "\"") || bytes[place] == UInt8(ascii: "'") ? bytes[place] : nil
        if quote != nil { place += 1 }
        let end =
            bytes[place...].firstIndex { byte in
                if let quote { return byte == quote || byte == UInt8(ascii: "\\") }
                return Set(" \t,;}\"'\\".utf8).contains(byte)
            } ?? bytes.endIndex
        let value = String(decoding: bytes[place..<end], as: UTF8.self)
        return value.isEmpty || value == "null" ? nil : value
    }

    private static func isNamePart(_ byte: UInt8) -> Bool {
        (byte >= 0x30 && byte <= 0x39) || (byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7a) || byte == UInt8(ascii: ".")
            || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-")
    }
}
