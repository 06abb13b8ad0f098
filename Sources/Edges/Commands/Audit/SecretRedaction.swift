/// Takes secrets out of texts that leave the techhost: files, logs, plans.
///
/// Twice over: what stands behind a name that sounds like a secret goes, and every value that was found so, or is known from
/// elsewhere, goes wherever else it stands.
struct SecretRedaction: Sendable {
    /// Shorter values would take half of the text with them, and are guessed in no time anyway.
    private static let shortest = 4
    private static let names = [
        "password", "passwd", "passphrase", "secret", "token", "credential", "apikey", "api-key", "api_key",
        "authorization",
    ]
    /// Names of secrets that are parts of other words, too: they stand alone.
    private static let shortNames = ["pass", "pwd", "pw"]
    /// Before the secret itself in a header of HTTP (RFC 9110, section 11.4).
    private static let schemes: Set<String> = ["basic", "bearer", "digest", "negotiate", "token", "apikey"]
    /// What stands behind `Bearer` by itself is one if it is no word of a language.
    private static let shortestBearer = 16

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

    /// A configuration without its comments, line by line: what somebody noted there may be a secret that has no name.
    static func withoutComments(_ text: String) -> String {
        text.split(separator: "\n", omittingEmptySubsequences: false).map { line -> Substring in
            var quote: Character?
            var before: Character = " "
            for index in line.indices {
                let character = line[index]
                if let open = quote {
                    if character == open { quote = nil }
                } else if character == "#", before.isWhitespace {
                    return line[..<index] + "# \(Redaction.mark)"
                } else if character == "\"" || character == "'", before.isWhitespace || "[{,:".contains(before) {
                    quote = character
                }
                before = character
            }
            return line
        }.joined(separator: "\n")
    }

    /// `text` without them.
    func redacted(_ text: String) -> String {
        var result = Self.withoutKeys(text)
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

    /// Private keys take many lines (RFC 7468).
    private static func withoutKeys(_ text: String) -> String {
        guard text.contains("PRIVATE KEY-----") else { return text }
        var isKey = false
        return text.split(separator: "\n", omittingEmptySubsequences: false).compactMap { line -> Substring? in
            if isKey {
                isKey = !line.contains("-----END ")
                return nil
            }
            guard let start = line.firstRange(of: "-----BEGIN "), line.contains("PRIVATE KEY-----") else { return line }
            isKey = !line.contains("-----END ")
            return line[..<start.lowerBound] + Redaction.mark
        }.joined(separator: "\n")
    }

    /// What stands behind names of secrets: `password: x`, `"password": "x"`, `x.password=x`, `password="x"`.
    private static func secrets(in line: some StringProtocol) -> [String] {
        let lower = Array(line.utf8.map { $0 >= 0x41 && $0 <= 0x5a ? $0 | 0x20 : $0 })
        let bytes = Array(line.utf8)
        var found: [String] = []
        func ends(of name: String, alone: Bool = false) -> [Int] {
            let name = Array(name.utf8)
            return lower.indices.dropLast(name.count - 1).compactMap { start in
                let end = start + name.count
                guard lower[start] == name[0], lower[start..<end].elementsEqual(name) else { return nil }
                let isAlone =
                    (start == 0 || !isLetter(lower[start - 1])) && (end == lower.count || !isNamePart(lower[end]))
                return isAlone || !alone ? end : nil
            }
        }
        for name in names { found += ends(of: name).compactMap { value(behind: $0, in: bytes) } }
        for name in shortNames { found += ends(of: name, alone: true).compactMap { value(behind: $0, in: bytes) } }
        found += ends(of: "bearer", alone: true).compactMap { end in
            let value = word(at: end, in: bytes)
            return value.utf8.count >= shortestBearer ? value : nil
        }
        return found
    }

    /// The word behind the blanks at `start`, without the quote that it stands in.
    private static func word(at start: Int, in bytes: [UInt8]) -> String {
        let begin = bytes[start...].firstIndex { $0 != 0x20 && $0 != 0x09 } ?? bytes.endIndex
        let end = bytes[begin...].firstIndex { Set(" \t,;}\"'\\".utf8).contains($0) } ?? bytes.endIndex
        return String(decoding: bytes[begin..<end], as: UTF8.self)
    }

    private static func isLetter(_ byte: UInt8) -> Bool { byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7a }

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
        var value = String(decoding: bytes[place..<end], as: UTF8.self)
        // A header says first in which way the secret is meant.
        if quote == nil, schemes.contains(value.lowercased()) { value = word(at: end, in: bytes) }
        let words = value.split(separator: " ", maxSplits: 1)
        if words.count == 2, schemes.contains(words[0].lowercased()) { value = String(words[1]) }
        return value.isEmpty || plain.contains(value) ? nil : value
    }

    /// What is never a secret, and would take the same word with it everywhere.
    private static let plain: Set<String> = ["null", "true", "false"]

    private static func isNamePart(_ byte: UInt8) -> Bool {
        (byte >= 0x30 && byte <= 0x39) || (byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7a) || byte == UInt8(ascii: ".")
            || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-")
    }
}
