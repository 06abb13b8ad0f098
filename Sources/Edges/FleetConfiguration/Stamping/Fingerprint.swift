/// A short digest that is the same wherever and whenever it is made: FNV-1a with 64 bits (Fowler, Noll, Vo).
///
/// It tells an edited configuration from the one a container was made from. Nobody gains by forging it, so it need not
/// resist anybody.
struct Fingerprint {
    private var state: UInt64 = 0xcbf2_9ce4_8422_2325

    mutating func add(_ bytes: some Sequence<UInt8>) {
        for byte in bytes { state = (state ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
        // What ends here cannot run into what comes next.
        state = (state ^ 0xff) &* 0x0000_0100_0000_01b3
    }

    /// Sixteen hexadecimal digits.
    var text: String {
        let digits = String(state, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
