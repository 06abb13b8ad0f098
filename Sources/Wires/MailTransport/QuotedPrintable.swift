/// Text in lines of at most 76 characters of ASCII, whatever it holds (RFC 2045, 6.7).
enum QuotedPrintable {
    private static let lineLength = 76
    private static let digits = Array("0123456789ABCDEF".utf8)

    /// The text with its lines ended by CRLF, the last one too. Controls other than tab and line end are shown as
    /// U+FFFD: a log's escape sequences would act on the terminal of whoever reads the mail there.
    static func bytes(_ text: String) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(text.utf8.count * 9 / 8)
        for line in text.utf8.split(separator: 0x0a, omittingEmptySubsequences: false) {
            append(line.last == 0x0d ? line.dropLast() : line, to: &result)
            result += [0x0d, 0x0a]
        }
        // What ended with a newline had no line behind it.
        if text.utf8.last == 0x0a { result.removeLast(2) }
        return result
    }

    private static func append(_ line: Substring.UTF8View.SubSequence, to result: inout [UInt8]) {
        var length = 0
        func put(_ unit: [UInt8], _ result: inout [UInt8]) {
            // Room for the '=' of a soft line break.
            if length + unit.count > lineLength - 1 {
                result += [0x3d, 0x0d, 0x0a]
                length = 0
            }
            result += unit
            length += unit.count
        }
        var index = line.startIndex
        while index != line.endIndex {
            let byte = line[index]
            index = line.index(after: index)
            switch byte {
            case 0x3d: put(quoted(byte), &result)
            case 0x20, 0x09: put(index == line.endIndex ? quoted(byte) : [byte], &result)
            // A lone dot ends a mail, and "From " begins one in a mailbox: neither stands at the beginning of a line.
            case 0x2e where length == 0, 0x46 where length == 0: put(quoted(byte), &result)
            case 0x21...0x7e: put([byte], &result)
            case 0x00..<0x20, 0x7f: for byte in UTF8.encodedReplacementCharacter { put(quoted(byte), &result) }
            default: put(quoted(byte), &result)
            }
        }
    }

    private static func quoted(_ byte: UInt8) -> [UInt8] { [0x3d, digits[Int(byte >> 4)], digits[Int(byte & 15)]] }
}
