/// What an event lets a plan move: the rule that the planner keeps, the bounds count by and the verifier judges by.
///
/// Whatever the event, replicas on brokers that leave go, and lists get as many replicas as are wanted. An event with
/// nothing else in its mandate moves these alone: a list that it changes keeps what may stay, though it was not spread
/// well before, and its new replicas share no host or rack without need.
struct Mandate: Equatable {
    /// Whether data moves at all.
    let moves: Bool
    /// Whether lists that break the spread are mended.
    let mends: Bool
    /// Whether data moves for balance's sake.
    let balances: Bool

    init(_ event: PlacementEvent) {
        switch event {
        case .leaders: (moves, mends, balances) = (false, false, false)
        case .drain, .replace, .replicationFactor: (moves, mends, balances) = (true, false, false)
        case .repairSpread: (moves, mends, balances) = (true, true, false)
        // Within a range there may be no place for what breaks the spread outside it.
        case .rebalance(let among): (moves, mends, balances) = (true, among == .all, true)
        }
    }

    /// How many replicas of a list stay, of `staying` on brokers that do not leave, when it is to have `factor`; `legal`
    /// of them keep the spread together.
    func kept(of staying: Int, legal: @autoclosure () -> Int, factor: Int) -> Int {
        min(factor, mends ? legal() : staying)
    }
}
