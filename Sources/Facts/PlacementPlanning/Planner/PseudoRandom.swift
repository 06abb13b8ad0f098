/// A fixed sequence of pseudo-random numbers (xorshift64*, Vigna 2016): equal searches give equal results.
struct PseudoRandom {
    private var state: UInt64 = 0x2545_f491_4f6c_dd1d

    /// A number below `bound`.
    mutating func below(_ bound: Int) -> Int {
        state ^= state >> 12
        state ^= state << 25
        state ^= state >> 27
        return Int((state &* 0x2545_f491_4f6c_dd1d).multipliedFullWidth(by: UInt64(max(1, bound))).high)
    }
}
