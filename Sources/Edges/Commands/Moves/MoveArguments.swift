import FleetModel
import FleetRuntime
import Glibc
import HealthRules

/// What commands that move data share: the range of receivers, and the throttle.
struct MoveArguments: Sendable {
    static let first = Argument<NodeID>("FIRST", .optional, "the first broker that may receive data; all if not given")
    static let last = Argument<NodeID>("LAST", .optional, "the last one")
    static let throttle = Option<Throttle>(
        "throttle", "how fast data may move in and out of each broker, or none", default: "move.throttle")

    static let between = Option<HoursOfDay>(
        "between", "hours of every day in which data may move, by this machine's clock", default: "all")
    /// The options that commands which move data have.
    static let options: [any OptionKey] = [throttle, between]

    /// The brokers that may receive; nil: all.
    let onto: ClosedRange<NodeID>?
    let throttle: Throttle?
    let hours: DailyHours?
    let changes: ChangeValues

    /// - Parameters:
    ///   - arguments: the command's.
    ///   - hasRange: whether it takes FIRST and LAST.
    ///   - movesData: whether it takes `--throttle` and `--between`.
    /// - Throws: status 64 for a range without an end, or backwards.
    init(_ arguments: ParsedArguments, hasRange: Bool = true, movesData: Bool = true) throws(CommandError) {
        changes = arguments.changes
        throttle = movesData ? arguments[Self.throttle] : nil
        hours = movesData ? arguments[Self.between]?.hours : nil
        guard hasRange else {
            onto = nil
            return
        }
        switch (arguments[Self.first], arguments[Self.last]) {
        case (nil, _): onto = nil
        case (_?, nil): throw .usage("LAST is missing", reason: "a range is FIRST LAST", next: arguments.helpCommand)
        case (let first?, let last?):
            guard first <= last else {
                throw .usage("the range \(first) to \(last) is backwards", next: arguments.helpCommand)
            }
            onto = first...last
        }
    }

    /// The request, with the arguments as they are journaled.
    func request(_ own: [String], canary: Bool) -> MoveRequest {
        var words = own
        if let onto { words += [onto.lowerBound.description, onto.upperBound.description] }
        if let throttle { words += ["--throttle", throttle.text] }
        if let hours { words += ["--between", hours.description] }
        for accepted in changes.accepted {
            words += ["--accept", accepted.object.map { "\(accepted.code)=\($0)" } ?? accepted.code]
        }
        if !canary { words.append("--no-canary") }
        return MoveRequest(
            hours: hours, arguments: words, reason: changes.reason, onto: onto, throttle: throttle.map(\.rate),
            accepted: changes.accepted.map { Acceptance(code: $0.code, object: $0.object) }, canary: canary)
    }
}

/// `22:00-06:00`, or several with commas between, by this machine's clock as it is set now.
struct HoursOfDay: ArgumentValue, Hashable {
    let hours: DailyHours

    init?(argument: String) {
        var (now, local) = (time(nil), tm())
        guard localtime_r(&now, &local) != nil, let hours = DailyHours(argument, utcOffset: local.tm_gmtoff) else {
            return nil
        }
        self.hours = hours
    }

    static var placeholder: String { "HH:MM-HH:MM" }
    static var expectation: String { "hours such as 22:00-06:00, several with commas between" }
}

/// `50MiB/s`, or `none`.
struct Throttle: ArgumentValue, Hashable {
    /// Nil: no throttle.
    let rate: BytesPerSecond?
    let text: String

    init?(argument: String) {
        text = argument
        if argument == "none" {
            rate = nil
            return
        }
        let digits = argument.prefix { $0.isASCII && $0.isNumber }
        let factors: [String: Int64] = ["B/s": 1, "KiB/s": 1 << 10, "MiB/s": 1 << 20, "GiB/s": 1 << 30]
        guard let number = Int64(digits), number > 0,
            let factor = factors[String(argument.dropFirst(digits.count))],
            case let (rate, overflow) = number.multipliedReportingOverflow(by: factor), !overflow
        else { return nil }
        self.rate = BytesPerSecond(rate)
    }

    static var placeholder: String { "RATE" }
    static var expectation: String { "a rate such as 50MiB/s, or none" }
}
