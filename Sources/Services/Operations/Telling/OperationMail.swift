public import FleetModel
public import Observation
import OperationModel

/// The mail at an operation's end, composed of what was journaled: nothing is looked at and nothing sent.
public enum OperationMail {
    /// What more of a command line says nothing at a glance; the body has all of it.
    private static let longestCommand = 160
    /// The end of a log tells how it came out; the whole is `gantry operation log`'s to show.
    static let longestLog = 256 << 10
    /// One line of a log, such as a container's, is never worth more.
    static let longestLine = 2_000

    /// The mail about `story`, whose operation has ended.
    public static func compose(
        _ story: OperationStory, to addresses: MailAddresses, date: Timestamp, token: String
    ) -> MailMessage {
        let result = story.result ?? "interrupted"
        let line = story.plan.commandLine
        let command = line.count > longestCommand ? "\(line.prefix(longestCommand))…" : line
        let sections = sections(story, result)
        return MailMessage(
            token: token, date: date, from: addresses.from, to: addresses.to,
            subject: "[gantry \(story.plan.cluster)] \(command): \(result)", text: MailText.text(sections),
            html: MailText.html(sections))
    }

    private static func sections(_ story: OperationStory, _ result: String) -> [MailSection] {
        var sections: [MailSection] = [
            .title("\(story.plan.commandLine): \(result)", isGood: story.progress.ending == .done)
        ]
        if let explanation = story.explanation { sections.append(.paragraph(explanation)) }
        for line in story.progress.stoppedWords(story.id) { sections.append(.paragraph(line)) }
        sections.append(.facts(facts(story)))
        for warning in story.progress.warnings { sections.append(.paragraph("warning: \(warning)")) }
        for (step, failure) in story.failures {
            sections.append(.heading("Failed: \(step.title)"))
            sections.append(
                .facts([
                    ("what", "\(failure.what), \(failure.object)"), ("why", failure.reason), ("next", failure.remedy),
                ]))
            if !failure.evidence.isEmpty { sections.append(.lines(failure.evidence.map(cut))) }
        }
        if story.progress.ending == .done, let advice = story.plan.advice {
            sections += [.heading("To do"), .lines(advice.split(separator: "\n").map(String.init))]
        }
        if let before = story.before, let after = story.after {
            sections += [.heading("Before and after"), .brokers(BrokerChange.all(before, after))]
        }
        sections += [.heading("Steps"), .steps(StageTable(story.progress).rows)]
        sections += [.heading("Log"), .lines(log(story))]
        return sections
    }

    private static func facts(_ story: OperationStory) -> [(String, String)] {
        var facts = [("cluster", story.plan.cluster.rawValue), ("operation", story.id.rawValue)]
        if let reason = story.plan.reason { facts.append(("reason", reason)) }
        for (index, worker) in story.workers.enumerated() {
            let word = index == 0 ? "begun" : "resumed"
            facts.append((word, "\(worker.at) by \(worker.holder.user) on \(worker.holder.techhost)"))
        }
        if let ended = story.endedAt { facts.append(("ended", "\(ended)")) }
        if story.workers.count > 1 {
            facts.append(("note", "it was left half way and gone on with \(counted(story.workers.count - 1, "time"))"))
        }
        return facts
    }

    private static func log(_ story: OperationStory) -> [String] {
        var lines: [String] = []
        var bytes = 0
        var left = story.events.count
        for event in story.events.reversed() {
            let evidence = event.event.words.evidence.map { "    | \(cut($0))" }
            let more = [cut(event.event.line(at: event.at.description, in: story.plan))] + evidence
            bytes += more.reduce(0) { $0 + $1.utf8.count + 1 }
            guard bytes <= longestLog else { break }
            lines += more.reversed()
            left -= 1
        }
        if left > 0 { lines.append("… \(counted(left, "earlier event")): gantry operation log \(story.id)") }
        return lines.reversed()
    }

    private static func cut(_ line: String) -> String {
        line.utf8.count <= longestLine ? line : "\(line.prefix(longestLine / 4))…"
    }
}
