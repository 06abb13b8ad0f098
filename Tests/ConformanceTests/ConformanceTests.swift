import Testing

/// The simulated fleet and real hosts do the same: every scenario, played on both.
@Suite struct `The simulated fleet` {
    @Test(arguments: Scenario.all)
    func `does what real Kafka, Docker and hosts do`(scenario: Scenario) throws {
        try SimulatedStage.with { stage in
            try await Player(stage: stage, scenario: scenario, prefix: "").play()
        }
    }

    @Test func `every scenario has a name of its own`() {
        #expect(Set(Scenario.all.map(\.name)).count == Scenario.all.count)
        #expect(Scenario.all.count >= 25)
    }
}

/// What the scenarios say is true.
@Suite(.realFleet, .serialized, OneRealCluster()) struct `Real hosts with Kafka` {
    @Test(arguments: Array(Scenario.all.enumerated()))
    func `do what the scenarios say`(number: Int, scenario: Scenario) async throws {
        let stage = try #require(RealStage.present)
        try await Player(stage: stage, scenario: scenario, prefix: "s\(number + 1)-").play()
    }
}
