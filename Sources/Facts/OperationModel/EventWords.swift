/// An event as logs and mails tell it.
public struct EventWords: Hashable, Sendable {
    /// What kind of event: `started`, `resumed`, `intent`, `done`, `unchanged`, `failed`, `note`, `warning`, `requested`, `ended`.
    public var kind: String
    /// The step that it is about.
    public var step: StepID?
    /// What more there is to say; may be empty.
    public var text: String
    /// Lines of evidence, such as a container's last log lines.
    public var evidence: [String] = []
}

extension OperationEvent {
    /// The event in words.
    public var words: EventWords {
        switch self {
        case .started(let holder):
            EventWords(kind: "started", text: "by \(holder.user) on \(holder.techhost), pid \(holder.pid)")
        case .resumed(let cause): EventWords(kind: "resumed", text: "by the monitoring daemon: \(cause.words)")
        case .intent(let step): EventWords(kind: "intent", step: step, text: "")
        case .outcome(let step, .done(let note)): EventWords(kind: "done", step: step, text: note ?? "")
        case .outcome(let step, .unchanged(let note)): EventWords(kind: "unchanged", step: step, text: note ?? "")
        case .outcome(let step, .failed(let failure)):
            EventWords(
                kind: "failed", step: step, text: "\(failure.object): \(failure.reason); next: \(failure.remedy)",
                evidence: failure.evidence)
        case .note(let step, let text): EventWords(kind: "note", step: step, text: text)
        case .warning(let text): EventWords(kind: "warning", text: text)
        case .requested(let request): EventWords(kind: "requested", text: "\(request)")
        case .ended(.done): EventWords(kind: "ended", text: "done")
        case .ended(.stopped(let reason)): EventWords(kind: "ended", text: "stopped: \(reason)")
        case .ended(.stoppedAtOnce(let reason)): EventWords(kind: "ended", text: "stopped at once: \(reason)")
        case .ended(.paused(let reason)): EventWords(kind: "ended", text: "paused: \(reason)")
        case .ended(.failed(let reason)): EventWords(kind: "ended", text: "failed: \(reason)")
        case .ended(.aborted(let reason)): EventWords(kind: "ended", text: "aborted: \(reason)")
        case .ended(.superseded(let other)):
            EventWords(kind: "ended", text: "aborted: its worker had died when operation \(other) was begun")
        }
    }

    /// The longest kind is "unchanged", "requested".
    private static let kindWidth = 9

    /// The event as one line: when, what kind, which step of `plan`, and what is to be said.
    public func line(at time: String, in plan: OperationPlan) -> String {
        let words = words
        let subject = words.step.map { [plan.title(of: $0)] } ?? []
        let kind = words.kind + String(repeating: " ", count: max(0, Self.kindWidth - words.kind.count))
        return "\(time) \(kind) " + (subject + (words.text.isEmpty ? [] : [words.text])).joined(separator: ": ")
    }
}

extension OperationPlan {
    /// What people call a step; its id where the plan has no such step.
    public func title(of id: StepID) -> String { steps.first { $0.id == id }?.title ?? id.rawValue }
}
