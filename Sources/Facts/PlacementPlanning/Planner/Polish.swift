/// Betters a layout by single steps: a broker outside its band hands one partition on or exchanges one, and moves that
/// turn out to be needless are taken back.
struct Polish {
    private let problem: PlanningProblem
    private let bands: Bands
    private let sizes: [Int64]

    init(_ problem: PlanningProblem, _ bands: Bands, _ layout: Layout) {
        (self.problem, self.bands, sizes) = (problem, bands, layout.sizes)
    }

    mutating func run(_ layout: inout Layout) {
    }
}
