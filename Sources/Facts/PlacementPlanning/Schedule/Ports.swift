import FleetModel

/// Time that bytes take through a port, in whole milliseconds rounded up; the largest number instead of an overflow.
enum Ports {
    static func milliseconds(_ bytes: Int64, _ rate: Int64) -> Int64 {
        let rate = max(1, rate)
        // Hardly anything is larger than that, and a division in 128 bits takes several times as long.
        let (scaled, isLarge) = bytes.multipliedReportingOverflow(by: 1000)
        let (filled, isLarger) = scaled.addingReportingOverflow(rate - 1)
        if !isLarge, !isLarger { return filled / rate }
        return Int64(clamping: (Int128(bytes) * 1000 + Int128(rate - 1)) / Int128(rate))
    }

    /// Bytes that pass in `milliseconds`, at least one, and no more than there can be anywhere: a few times that is still
    /// a number.
    static func bytes(_ rate: Int64, _ milliseconds: Int64) -> Int64 {
        max(
            1,
            min(
                PlacementInput.maximumTotal,
                Int64(clamping: Int128(max(1, rate)) * Int128(milliseconds) / 1000)))
    }
}
