/// A gzipped tar in memory (POSIX ustar, RFC 1952): a bundle is one file that every system opens. Its bytes are stored, not
/// squeezed: a bundle is small, and needs no library for it.
struct Archive {
    private var bytes: [UInt8] = []

    /// Adds a file.
    /// - Parameters:
    ///   - name: its path in the archive, at most 100 bytes.
    ///   - contents: its bytes.
    ///   - time: seconds since 1970.
    mutating func add(_ name: String, _ contents: [UInt8], time: Int64) {
        var header = [UInt8](repeating: 0, count: 512)
        func put(_ text: String, _ place: Int, _ width: Int) {
            for (index, byte) in text.utf8.prefix(width).enumerated() { header[place + index] = byte }
        }
        func octal(_ number: Int64, _ width: Int) -> String {
            let text = String(max(0, number), radix: 8)
            return String(repeating: "0", count: max(0, width - text.utf8.count)) + text
        }
        put(name, 0, 100)
        put(octal(0o600, 7), 100, 7)
        put(octal(0, 7), 108, 7)
        put(octal(0, 7), 116, 7)
        put(octal(Int64(contents.count), 11), 124, 11)
        put(octal(time, 11), 136, 11)
        put("        ", 148, 8)
        put("0", 156, 1)
        put("ustar\u{0}00", 257, 8)
        put("root", 265, 4)
        put("root", 297, 4)
        let sum = header.reduce(Int64(0)) { $0 + Int64($1) }
        put(octal(sum, 6) + "\u{0} ", 148, 8)
        bytes += header + contents
        bytes += [UInt8](repeating: 0, count: (512 - contents.count % 512) % 512)
    }

    /// The whole archive.
    func gzipped() -> [UInt8] {
        let tar = bytes + [UInt8](repeating: 0, count: 1024)
        // No name, no time, deflate, Unix.
        var result: [UInt8] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3]
        var place = 0
        while place < tar.count {
            // A stored block of deflate (RFC 1951, 3.2.4) holds at most 65,535 bytes.
            let end = min(tar.count, place + 65_535)
            let count = UInt16(end - place)
            result.append(end == tar.count ? 1 : 0)
            for number in [count, ~count] { result += [UInt8(number & 0xff), UInt8(number >> 8)] }
            result += tar[place..<end]
            place = end
        }
        for number: UInt32 in [Self.crc32(tar), UInt32(truncatingIfNeeded: tar.count)] {
            for shift: UInt32 in [0, 8, 16, 24] { result.append(UInt8(truncatingIfNeeded: number >> shift)) }
        }
        return result
    }

    /// CRC-32 of RFC 1952, section 8.
    private static func crc32(_ bytes: [UInt8]) -> UInt32 {
        var table: [UInt32] = []
        for index: UInt32 in 0..<256 {
            var entry = index
            for _ in 0..<8 { entry = entry & 1 == 1 ? 0xedb8_8320 ^ (entry >> 1) : entry >> 1 }
            table.append(entry)
        }
        var crc = ~UInt32(0)
        for byte in bytes { crc = table[Int((crc ^ UInt32(byte)) & 0xff)] ^ (crc >> 8) }
        return ~crc
    }
}
