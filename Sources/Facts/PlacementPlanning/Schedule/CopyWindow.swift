/// A way to keep ports busy.
struct CopyWindow {
    /// What begins first.
    enum Order {
        /// The largest copies.
        case largest
        /// Copies of the busiest ports, among those the largest.
        case busiestPorts
        /// At every port, the copy whose other port still has most to do.
        case remaining
        /// Copies of the first of `CopyRounds`.
        case rounds
    }

    /// Copies that a port may have under way at least.
    let copies: Int32
    /// Whether large copies are kept from company that would make them late.
    let protectsLarge: Bool
    /// What begins first.
    let order: Order

    /// The usual way, then others for plans in which every port is as busy as the busiest.
    static let all = [
        CopyWindow(copies: 5, protectsLarge: true, order: .busiestPorts),
        CopyWindow(copies: 1, protectsLarge: false, order: .rounds),
        CopyWindow(copies: 1, protectsLarge: false, order: .remaining),
        CopyWindow(copies: 2, protectsLarge: false, order: .remaining),
        CopyWindow(copies: 5, protectsLarge: true, order: .largest),
        CopyWindow(copies: 20, protectsLarge: false, order: .busiestPorts),
        CopyWindow(copies: 1 << 20, protectsLarge: false, order: .busiestPorts),
    ]
}
