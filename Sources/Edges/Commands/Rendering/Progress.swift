import FleetModel
import Threads

/// How far a long operation is.
struct Progress: Hashable, Sendable {
    /// How much is done of how much.
    enum Amount: Hashable, Sendable {
        case bytes(ByteCount, of: ByteCount)
        case steps(Int, of: Int)

        var fraction: Double {
            switch self {
            case .bytes(let done, let all): all.bytes > 0 ? Double(done.bytes) / Double(all.bytes) : 1
            case .steps(let done, let all): all > 0 ? Double(done) / Double(all) : 1
            }
        }

        var text: String {
            switch self {
            case .bytes(let done, let all): "\(done) of \(all)"
            case .steps(let done, let all): "\(done) of \(all)"
            }
        }
    }

    /// What goes on: "start broker 3", "stage 2 of 4: broker 5".
    var stage: String
    var amount: Amount?
    var rate: BytesPerSecond?
    var timeLeft: Duration?
    /// No byte and no partition went forward for a while: since when.
    var stalled: Duration?

    init(
        _ stage: String, _ amount: Amount? = nil, rate: BytesPerSecond? = nil, timeLeft: Duration? = nil,
        stalled: Duration? = nil
    ) {
        self.stage = stage
        self.amount = amount
        self.rate = rate
        self.timeLeft = timeLeft
        self.stalled = stalled
    }

    /// Everything in one line, without a bar.
    var text: String {
        var parts = [stage]
        if let amount { parts.append(amount.text) }
        if let stalled {
            parts.append("stalled for \(TimeText.span(stalled))")
        } else if let rate {
            parts.append("\(rate)")
        }
        if stalled == nil, let timeLeft { parts.append("\(TimeText.span(timeLeft)) left") }
        return TextWidth.harmless(parts.joined(separator: ", "))
    }

    /// The live line: with a bar where there is room, never wider than the terminal.
    func line(_ style: Style) -> String {
        // The last column stays free: a terminal would wrap.
        let columns = (style.columns ?? 80) - 1
        let text = text
        guard let amount, TextWidth.of(text) + 22 <= columns else {
            return TextWidth.cut(text, to: columns, ellipsis: style.ellipsis)
        }
        return style.paint(style.bar(amount.fraction, columns: 20), stalled == nil ? .good : .notice) + " " + text
    }
}

/// Shows progress: one live line on a terminal, plain dated lines elsewhere; nothing with `-q`.
final class ProgressReporter: Sendable {
    /// Elsewhere than on a terminal there is at least one line a minute; callers update several times a minute.
    static let plainInterval = Duration.seconds(50)

    private struct Last {
        var stage: String?
        var at: Timestamp?
    }

    private let context: CommandContext
    private let isLive: Bool
    private let now: @Sendable () -> Timestamp
    private let last = Locked(Last())

    init(_ context: CommandContext, now: @escaping @Sendable () -> Timestamp) {
        self.context = context
        self.now = now
        isLive = context.terminal.errorIsTerminal && context.terminal.understandsSequences
    }

    /// Shows how far it is. Off a terminal, a line is written when the stage changes, and once in a while.
    func update(_ progress: Progress) {
        if context.options.isQuiet { return }
        if isLive {
            var style = context.messageStyle
            // The window may have another size by now.
            style.columns = Terminal.width() ?? style.columns
            return context.output.live(progress.line(style))
        }
        let time = now()
        let isDue = last.withLock { last in
            if last.stage == progress.stage, let at = last.at, time.since(at) < Self.plainInterval { return false }
            last = Last(stage: progress.stage, at: time)
            return true
        }
        if isDue { context.output.message("\(TimeText.instant(time)) \(progress.text)") }
    }

    /// Says something that stays; dated off a terminal.
    func event(_ text: String) {
        let text = TextWidth.harmless(text)
        context.note(isLive ? text : "\(TimeText.instant(now())) \(text)")
    }

    /// Takes the live line away.
    func finish() { context.output.live(nil) }
}
