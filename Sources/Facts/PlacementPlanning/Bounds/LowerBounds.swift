public import FleetModel

/// What no plan can do better, worked out from the rules alone: apart from the planner, so that it can judge it.
public struct LowerBounds: Hashable, Sendable {
    /// Replicas that must be copied because of the request, whatever the balance.
    public var forcedReplicas: Int
    /// Bytes of these.
    public var forcedBytes: ByteCount
    /// Bytes that must be copied, bands included where the request is about balance.
    public var bytes: ByteCount
    /// The same as a fluid, as if partitions could be cut: the closed form of the literature.
    public var fluidBytes: ByteCount

    /// Bounds of these figures.
    public init(forcedReplicas: Int, forcedBytes: ByteCount, bytes: ByteCount, fluidBytes: ByteCount) {
        self.forcedReplicas = forcedReplicas
        self.forcedBytes = forcedBytes
        self.bytes = bytes
        self.fluidBytes = fluidBytes
    }
}

/// The bounds of `event` on `input`.
///
/// Forced copies: what a list lacks besides what may stay of it (exact). Balance: every broker's bytes must end
/// in its band, every moved byte leaves one broker and enters one, so no plan moves less than what lies above the bands
/// or what lacks below them; in each rack by itself where every partition has a replica in every rack. Since partitions
/// can't be cut, what one broker gives or takes is a sum of their sizes, which can raise the bound.
///
/// - Parameters:
///   - input: the cluster.
///   - event: what is asked for.
///   - options: its tolerance sets the bands.
///   - accepting: brokers whose bytes at the end are accepted as they are, though outside their band: the bound is then
///     that of plans which leave every broker at least as well.
/// - Returns: the bounds.
public func lowerBounds(
    _ input: PlacementInput, _ event: PlacementEvent, _ options: PlanningOptions = PlanningOptions(),
    accepting: [(broker: NodeID, bytes: ByteCount)] = []
) -> LowerBounds { Bounds(input, Request(input, event, options), options, accepting, of: .max) { _ in false }.value }

/// The bounds, for a plan of which more is known.
struct Bounds {
    let value: LowerBounds

    /// A plan that is within one part in so many of the simpler bounds needs no better proof.
    private static let goodEnough: Int64 = 1000

    /// - Parameters:
    ///   - input: the cluster.
    ///   - request: what is asked for.
    ///   - options: its tolerance sets the bands.
    ///   - accepting: brokers whose bytes at the end are accepted as they are.
    ///   - planned: bytes that the plan moves which is judged: what takes long is worked out only where the bound is far
    ///     from them.
    ///   - leftBroken: whether the plan leaves a list as it is which breaks the spread.
    init(
        _ input: PlacementInput, _ request: Request, _ options: PlanningOptions,
        _ accepting: [(broker: NodeID, bytes: ByteCount)], of planned: Int64, leftBroken: (Int) -> Bool
    ) {
        let sites = input.brokers.indices.filter { !request.leaves[$0] }
        var rule = SpreadRule(input, sites: sites)
        // What surely stays, and what may.
        var kept = [Int64](repeating: 0, count: input.brokers.count)
        var keptMost = kept
        var forcedInRack = [Int64](repeating: 0, count: input.rackCount)
        var (forcedReplicas, forcedBytes) = (0, Int64(0))
        var total: Int128 = 0
        let receivers = request.mayReceive.indices.filter { request.mayReceive[$0] }.map {
            Int32(truncatingIfNeeded: $0)
        }
        let anyLeaves = request.leaves.contains(true)
        for row in input.sizes.indices {
            let old = input.slots[input.range(row)]
            let factor = request.factor[row]
            total += Int128(input.sizes[row]) * Int128(factor)
            var copies = 0
            var staying = old
            if anyLeaves, old.contains(where: { request.leaves[Int($0)] }) {
                staying = ArraySlice(old.filter { !request.leaves[Int($0)] })
            }
            if !request.stays[row], factor <= sites.count {
                copies =
                    factor
                    - request.mandate.kept(
                        of: staying.count, legal: rule.rank(staying, factor: factor), factor: factor)
                // A list that nothing forces to change stays broken where it is not, or can't be, mended.
                if copies > 0, staying.count == factor {
                    let reachable = staying + receivers.filter { !staying.contains($0) }
                    if leftBroken(row) || rule.rank(reachable, factor: factor) < factor { copies = 0 }
                }
            }
            for broker in staying {
                kept[Int(broker)] += input.sizes[row]
                keptMost[Int(broker)] += input.sizes[row]
            }
            if copies > 0 {
                forcedReplicas += copies
                forcedBytes += input.sizes[row] * Int64(copies)
                for rack in forcedInRack.indices
                where !staying.contains(where: { Int(input.rackOf[Int($0)]) == rack }) {
                    forcedInRack[rack] += input.sizes[row]
                }
                // Which of them goes is open: none counts as staying for certain.
                if copies + staying.count > factor {
                    for broker in staying { kept[Int(broker)] -= input.sizes[row] }
                }
            }
        }
        guard request.mandate.balances else {
            value = LowerBounds(
                forcedReplicas: forcedReplicas, forcedBytes: ByteCount(forcedBytes), bytes: ByteCount(forcedBytes),
                fluidBytes: ByteCount(forcedBytes))
            return
        }
        var maker = BandMaker(input, request, &rule, total: total)
        var bands = maker.bands(options.tolerance)
        for (id, bytes) in accepting {
            if let broker = input.brokerIndex(id) { bands.accept(broker, bytes.bytes) }
        }
        let racks = Set(sites.map { input.rackOf[$0] }).count
        let everyRack =
            !input.sizes.isEmpty && forcedReplicas == 0 && request.factor.allSatisfy { $0 == racks }
        let lumps = Lumps(input, request)
        var fluid: Int64 = 0
        var whole: Int64 = 0
        let groups = everyRack ? Array(0..<input.rackCount) : [-1]
        for group in groups {
            var (above, below): (Int64, Int64) = (0, 0)
            var (aboveWhole, belowWhole): (Int64, Int64) = (0, 0)
            for broker in input.brokers.indices
            where request.shares[broker] && (group < 0 || Int(input.rackOf[broker]) == group) {
                let excess = max(0, kept[broker] - bands.high[broker])
                let lack = max(0, bands.low[broker] - keptMost[broker])
                above += excess
                below += lack
                aboveWhole += max(excess, lumps.giving(broker, excess))
                belowWhole += max(lack, lumps.taking(lack))
            }
            let forced = group < 0 ? forcedBytes : forcedInRack[group]
            fluid += max(forced + above, below)
            whole += max(forced + aboveWhole, belowWhole)
        }
        whole = max(whole, LargePieces(input, request, bands).bytes)
        if whole < planned - planned / Self.goodEnough {
            whole = max(whole, PricedPieces(input, request, bands, &rule).bytes)
        }
        value = LowerBounds(
            forcedReplicas: forcedReplicas, forcedBytes: ByteCount(forcedBytes), bytes: ByteCount(whole),
            fluidBytes: ByteCount(fluid))
    }
}
