/// One word for a POSIX shell, whatever is in it; it is understood by the other login shells too (fish, csh but for `!`).
func shellQuoted(_ word: String) -> String {
    let plain = word.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: "/-_.,:=@%+".utf8.contains(byte)
        }
    }
    if plain, !word.isEmpty { return word }
    // Byte by byte: whole scripts pass here, for every host again.
    var quoted = [UInt8(ascii: "'")]
    for byte in word.utf8 {
        if byte == UInt8(ascii: "'") { quoted += [byte, UInt8(ascii: "\\"), byte, byte] } else { quoted.append(byte) }
    }
    quoted.append(UInt8(ascii: "'"))
    return String(decoding: quoted, as: UTF8.self)
}
