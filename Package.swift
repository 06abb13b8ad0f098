// swift-tools-version: 6.2
import PackageDescription

// One place for the settings of every target: see CONTRIBUTING.md.
let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .treatAllWarnings(as: .error),
]
// What computes for seconds is optimized in debug builds too: its tests would starve all others.
let computing = SwiftSetting.unsafeFlags(["-O"], .when(configuration: .debug))
let strictC: [CSetting] = [
    .treatAllWarnings(as: .error), .enableWarning("all"), .enableWarning("extra"), .define("_GNU_SOURCE"),
]

/// A library target of one layer, with its test target of the same name.
/// The dependencies named here are the architecture: `dev/check-layers` compares them with ARCHITECTURE.md.
func layer(
    _ folder: String, _ name: String, _ dependencies: [String] = [], tests: [String] = [], settings: [SwiftSetting] = []
) -> [Target] {
    [
        .target(
            name: name, dependencies: dependencies.map { .byName(name: $0) },
            path: "Sources/\(folder)/\(name)", swiftSettings: strict + settings),
        .testTarget(
            name: "\(name)Tests", dependencies: ([name] + dependencies + tests).map { .byName(name: $0) },
            path: "Tests/\(name)Tests", exclude: fixtures(of: name), swiftSettings: strict),
    ]
}

/// Test targets whose folder has fixtures that the tests read from disk by `#filePath`.
func fixtures(of name: String) -> [String] {
    ["KafkaProtocol", "FleetConfiguration", "PlacementPlanning", "Commands", "DockerEngine", "MailTransport"].contains(
        name)
        ? ["Fixtures"] : []
}

func debianLibrary(_ name: String, pkgConfig: String?, package: String) -> Target {
    .systemLibrary(
        name: name, path: "Sources/System/\(name)", pkgConfig: pkgConfig, providers: [.apt([package])])
}

let system: [Target] =
    [
        // Headers alone: CSystem loads the library when it is first needed.
        debianLibrary("CCurl", pkgConfig: nil, package: "libcurl4-openssl-dev"),
        debianLibrary("COpenSSL", pkgConfig: "openssl", package: "libssl-dev"),
        debianLibrary("CSQLite", pkgConfig: "sqlite3", package: "libsqlite3-dev"),
        debianLibrary("CYAML", pkgConfig: "yaml-0.1", package: "libyaml-dev"),
        .target(
            name: "CSystem", dependencies: ["CCurl", "COpenSSL", "CSQLite"], path: "Sources/System/CSystem",
            cSettings: strictC),
    ] + layer("System", "Threads", ["CSystem"])

let facts: [Target] =
    layer("Facts", "FleetModel")
    + layer("Facts", "PlacementPlanning", ["FleetModel"], settings: [computing])
    + layer("Facts", "HealthRules", ["FleetModel"])
    + layer("Facts", "OperationModel", ["FleetModel"])

let wires: [Target] =
    layer("Wires", "Processes", ["CSystem", "Threads"])
    + layer("Wires", "Transfers", ["CSystem", "CCurl", "Threads"], tests: ["ScriptedServer"])
    + layer("Wires", "EventLoop", ["CSystem", "COpenSSL", "Threads"])
    + layer("Wires", "KafkaProtocol")
    + layer("Wires", "KafkaClient", ["KafkaProtocol", "EventLoop", "COpenSSL"])
    + layer("Wires", "KafkaAdmin", ["KafkaClient", "KafkaProtocol", "FleetModel"], tests: ["EventLoop"])
    + layer("Wires", "DockerEngine", ["Transfers", "FleetModel"], tests: ["ScriptedServer"])
    + layer("Wires", "SecureShell", ["Processes", "Threads"])
    + layer("Wires", "MetricsEndpoint", ["CSystem"])
    + layer("Wires", "MailTransport", ["Transfers", "Processes", "FleetModel"])
    + layer("Wires", "OperationJournal", ["OperationModel", "FleetModel", "CSQLite", "CSystem", "Threads"])

let services: [Target] =
    layer("Services", "Observation", ["FleetModel", "HealthRules"])
    + layer(
        "Services", "Operations",
        ["FleetModel", "HealthRules", "OperationModel", "PlacementPlanning", "Observation"], tests: ["FleetSimulator"])
    + layer(
        "Services", "Monitoring", ["FleetModel", "HealthRules", "OperationModel", "Observation"],
        tests: ["FleetSimulator", "Operations"])

let edges: [Target] =
    layer("Edges", "FleetConfiguration", ["FleetModel", "CYAML"])
    + layer(
        "Edges", "FleetSimulator",
        ["FleetModel", "HealthRules", "OperationModel", "PlacementPlanning", "Observation", "Operations"])
    + layer(
        "Edges", "FleetRuntime",
        [
            "FleetModel", "HealthRules", "OperationModel", "PlacementPlanning", "Observation", "Operations",
            "Monitoring", "MetricsEndpoint", "Processes", "Transfers", "EventLoop", "KafkaProtocol", "KafkaClient",
            "KafkaAdmin", "DockerEngine", "SecureShell", "MailTransport", "OperationJournal", "FleetConfiguration",
            "FleetSimulator", "Threads",
        ])
    + layer(
        "Edges", "Commands",
        [
            "FleetModel", "HealthRules", "OperationModel", "PlacementPlanning", "Observation", "FleetConfiguration",
            "FleetRuntime", "FleetSimulator", "Threads",
        ])

let package = Package(
    name: "gantry",
    products: [.executable(name: "gantry", targets: ["gantry"])],
    targets: system + facts + wires + services + edges + [
        .executableTarget(name: "gantry", dependencies: ["Commands"], path: "Sources/gantry", swiftSettings: strict),
        .executableTarget(
            name: "KafkaMessageGenerator", path: "Tools/KafkaMessageGenerator", swiftSettings: strict),
        .executableTarget(
            name: "gantry-bench",
            dependencies: [
                "FleetModel", "PlacementPlanning", "KafkaProtocol", "KafkaClient", "EventLoop", "Processes",
                "FleetSimulator", "Observation", "OperationModel", "Operations",
            ],
            path: "Benchmarks/gantry-bench", swiftSettings: strict),
        .target(
            name: "RealHosts", dependencies: ["Processes"], path: "Tests/Support/RealHosts", swiftSettings: strict),
        .target(name: "ScriptedServer", path: "Tests/Support/ScriptedServer", swiftSettings: strict),
        .testTarget(
            name: "ConformanceTests",
            dependencies: [
                "FleetModel", "Observation", "OperationModel", "Operations", "FleetConfiguration", "FleetSimulator",
                "FleetRuntime", "KafkaAdmin", "KafkaProtocol", "Processes", "RealHosts",
            ], path: "Tests/ConformanceTests", swiftSettings: strict),
        .testTarget(
            name: "RealFleetTests", dependencies: ["Processes", "RealHosts", "Threads"], path: "Tests/RealFleetTests",
            swiftSettings: strict),
    ]
)
