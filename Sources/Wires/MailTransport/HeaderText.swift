/// Header fields (RFC 5322, 2.2): whatever a value holds, it stays one field.
enum HeaderText {
    /// RFC 5322, 2.1.1: lines should have no more characters than this.
    static let lineLength = 76
    /// RFC 2047, 2: an encoded word has at most 75 characters, of which 12 are `=?utf-8?B?` and `?=`; base64 makes four
    /// characters of three bytes. Behind `Subject: ` fewer are left, as a first word isn't folded away from its name.
    private static let bytesInWord = 39
    /// What more a subject has is of no use to anybody.
    static let longest = 900

    /// A field of free text: folded where it is plain ASCII, else in encoded words (RFC 2047).
    static func field(_ name: String, _ value: String) -> String {
        let line = oneLine(value)
        let words = line.split(separator: " ", omittingEmptySubsequences: false)
        let isPlain =
            line.utf8.allSatisfy { (0x20...0x7e).contains($0) } && !line.contains("=?")
            && words.allSatisfy { !$0.isEmpty && $0.utf8.count < lineLength - name.utf8.count - 2 }
        guard !line.isEmpty else { return "\(name): \r\n" }
        return isPlain ? folded(name, words, by: " ") : folded(name, encodedWords(line)[...], by: " ")
    }

    /// A field of addresses that have been checked.
    static func addresses(_ name: String, _ addresses: [String]) -> String {
        let words = addresses.enumerated().map {
            Substring($0.offset < addresses.count - 1 ? $0.element + "," : $0.element)
        }
        return folded(name, words[...], by: " ")
    }

    /// The value as one line: controls, and the separators that some readers take for an end of a line, become spaces.
    static func oneLine(_ value: String) -> String {
        var text = String.UnicodeScalarView()
        for scalar in value.unicodeScalars.prefix(longest) {
            let isSeparator = scalar.properties.generalCategory == .control || [0x2028, 0x2029].contains(scalar.value)
            text.append(isSeparator ? " " : scalar)
        }
        var line = Substring(String(text)).drop { $0 == " " }
        while line.last == " " { line.removeLast() }
        return String(line)
    }

    private static func folded(_ name: String, _ words: some Collection<Substring>, by space: String) -> String {
        var result = name + ":"
        var length = result.utf8.count
        for word in words {
            if length + 1 + word.utf8.count > lineLength, length > name.utf8.count + 1 {
                result += "\r\n"
                length = 0
            }
            result += space + word
            length += 1 + word.utf8.count
        }
        return result + "\r\n"
    }

    private static func encodedWords(_ line: String) -> [Substring] {
        var words: [Substring] = []
        var piece: [UInt8] = []
        func close() {
            if !piece.isEmpty { words.append("=?utf-8?B?\(Base64.text(piece))?=") }
            piece = []
        }
        // A word holds whole characters (RFC 2047, 5).
        for scalar in line.unicodeScalars {
            let bytes = Array(UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
            if piece.count + bytes.count > bytesInWord { close() }
            piece += bytes
        }
        close()
        return words
    }
}

/// Base64 without line ends (RFC 4648, 4).
enum Base64 {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    static func text(_ bytes: [UInt8]) -> String {
        var result: [UInt8] = []
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            let value = (0..<3).reduce(UInt32(0)) { $0 << 8 | ($1 < group.count ? UInt32(group[start + $1]) : 0) }
            for place in 0..<4 {
                result.append(place <= group.count ? alphabet[Int(value >> (18 - 6 * UInt32(place)) & 63)] : 0x3d)
            }
        }
        return String(decoding: result, as: UTF8.self)
    }
}
