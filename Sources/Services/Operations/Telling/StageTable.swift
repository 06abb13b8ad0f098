import FleetModel
import OperationModel

/// The steps of an operation with their times. Of one with hundreds, those of a kind are told together.
struct StageTable {
    struct Row: Hashable {
        var title: String
        var state: String
        var took: Duration?
    }

    /// More rows nobody reads.
    private static let mostRows = 40

    let rows: [Row]

    init(_ progress: OperationProgress) {
        let steps = progress.plan.steps.indices
        if steps.count <= Self.mostRows {
            rows = steps.map { index in
                Row(
                    title: progress.plan.steps[index].title, state: Self.word(progress.states[index]),
                    took: progress.times[index].took)
            }
            return
        }
        var order: [String] = []
        var groups: [String: [Int]] = [:]
        for index in steps {
            let kind = progress.plan.steps[index].kind
            if groups[kind] == nil { order.append(kind) }
            groups[kind, default: []].append(index)
        }
        rows = order.prefix(Self.mostRows).map { kind in
            let indices = groups[kind] ?? []
            let states = Dictionary(grouping: indices) { Self.word(progress.states[$0]) }
            let words = states.map { ($0.value.count, $0.key) }.sorted { $0 > $1 }.map { "\($0.0) \($0.1)" }
            let begun = indices.compactMap { progress.times[$0].begun }.min()
            let ended = indices.compactMap { progress.times[$0].ended }.max()
            let took = begun.flatMap { begun in ended.map { max(.zero, $0.since(begun)) } }
            let first = indices.first.map { progress.plan.steps[$0].title } ?? kind
            let title = indices.count == 1 ? first : "\(first), and \(indices.count - 1) more of \(kind)"
            return Row(title: title, state: words.joined(separator: ", "), took: took)
        }
    }

    static func word(_ state: StepState) -> String {
        switch state {
        case .pending: "not attempted"
        case .intended: "interrupted"
        case .ended(.done): "done"
        case .ended(.unchanged): "already so"
        case .ended(.failed(let failure)): failure.unreachable ? "unreachable" : "failed"
        }
    }
}
