import FleetModel
import Observation
import OperationModel

/// What is asked of moves while they run, and what is told of them.
extension Mover {
    /// Progress is told so often; PRODUCT.md wants at least one line a minute.
    private static let tellingInterval: Duration = .seconds(30)
    /// Outside its hours requests are listened for so often.
    private static let restInterval: Duration = .seconds(10)

    /// Begins to come to an end where somebody asks for it, or the hours are over.
    mutating func hear() async throws(StepFailure) {
        let left = options.hours.map { $0.left(at: clock.now()) }
        execution.timeLeft = left ?? nil
        switch await context.request() {
        case .abort: throw .leftOnRequest
        case .stop where !isAsked, .pause where !isAsked:
            isAsked = true
            await end("stopping")
        case .stop, .pause, .set, nil:
            if let left, left == nil { await end("\(options.hours?.description ?? "") is over") }
        }
    }

    private mutating func end(_ why: String) async {
        guard endingSince == nil else { return }
        endingSince = clock.uptime()
        execution.isEnding = true
        if execution.movingCount > 0 {
            await context.note(
                "\(why): \(counted(execution.movingCount, "partition")) under way may end, nothing begins")
        }
    }

    /// Outside the hours: waits with nothing under way and no throttle in force, and goes on when they begin.
    mutating func rest() async throws(StepFailure) {
        guard let hours = options.hours else { return }
        try await keeper.letGo()
        var isTold = false
        while hours.left(at: clock.now()) == nil {
            let opens = hours.opens(after: clock.now())
            if !isTold { await context.note("outside \(hours): no data moves; it goes on at \(opens)") }
            isTold = true
            switch await context.request() {
            case .stop, .pause:
                try await keeper.release()
                throw .leftOnRequest
            case .abort: throw .leftOnRequest
            case .set, nil: break
            }
            await tell(goesOnAt: opens)
            try await wait(min(Self.restInterval, max(.zero, opens.since(clock.now()))))
        }
        if isTold { await context.note("it is within \(hours): data moves again") }
        endingSince = nil
        execution.goOn()
    }

    /// Tells how far it is, to those who watch now and for good. The last word before it rests is what is left to whoever
    /// goes on with it.
    mutating func tell(goesOnAt: Timestamp? = nil, isLast: Bool = false) async {
        let (now, progress) = (clock.uptime(), execution.progress)
        telling.take(progress, at: now)
        if let line = telling.line(progress, at: now, every: Self.tellingInterval) { await context.note(line) }
        guard telling.isTimeToShow(at: now) || isLast else { return }
        var shown = StepProgress(step: StepID(rawValue: ""), at: clock.now())
        (shown.copied, shown.bytes, shown.rate) = (progress.copied, progress.bytes, telling.rate)
        (shown.settled, shown.partitions, shown.moving) = (progress.settled, progress.partitions, progress.moving)
        let left = telling.left(progress)
        (shown.leastLeft, shown.mostLeft) = (left?.least, left?.most)
        shown.slowest = progress.slowest.map(\.words)
        shown.goesOnAt = goesOnAt
        if goesOnAt == nil, let since = execution.stalledSince(at: now) {
            shown.stalledSince = clock.now().advanced(by: since - now)
            shown.stuck = execution.stuck(at: now)
        }
        await context.show(shown)
    }

    /// A throttle that was set since it was planned holds from the next decision on.
    mutating func takeUpSettings() async throws(StepFailure) {
        guard let throttle = await context.settings().throttle, throttle != options.throttle else { return }
        options.throttle = throttle
        execution.options.throttle = throttle
        if let throttle {
            await context.note("the throttle is \(throttle) from now on")
        } else {
            try await keeper.letGo()
            execution.forgetThrottle()
            await context.note("there is no throttle from now on")
        }
    }
}
