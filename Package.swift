// swift-tools-version: 6.2
import PackageDescription

/// Every Swift target: warnings are errors, and module borders cost nothing in release builds.
let strict: [SwiftSetting] = [
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .unsafeFlags(["-cross-module-optimization"], .when(configuration: .release)),
]

/// A module of ours at `Sources/<name>`.
func module(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: strict)
}

/// A test target at `Tests/Suites/<name>`.
func tests(
    _ name: String, _ dependencies: [Target.Dependency], exclude: [String] = [],
    resources: [Resource] = []
) -> Target {
    .testTarget(
        name: name, dependencies: dependencies + ["TestSupport"], path: "Tests/Suites/\(name)",
        exclude: exclude, resources: resources, swiftSettings: strict)
}

/// A benchmark program at `benchmarks/<name>`.
func benchmark(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .executableTarget(
        name: name, dependencies: dependencies, path: "benchmarks/\(name)", swiftSettings: strict)
}

let package = Package(
    name: "stillwatch",
    products: [.executable(name: "stillwatch", targets: ["stillwatch"])],
    targets: [
        // C and C++ libraries of Debian 12; each is imported by one module.
        .systemLibrary(
            name: "CRdkafka", pkgConfig: "rdkafka", providers: [.apt(["librdkafka-dev"])]),
        .systemLibrary(name: "CYAML", pkgConfig: "yaml-0.1", providers: [.apt(["libyaml-dev"])]),
        .systemLibrary(
            name: "CXXHash", pkgConfig: "libxxhash", providers: [.apt(["libxxhash-dev"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),
        .systemLibrary(name: "CCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
        .target(
            name: "CSimdjson", cxxSettings: [.unsafeFlags(["-O3"])],
            linkerSettings: [.linkedLibrary("simdjson")]),

        // Imports point down only.
        .target(
            name: "Primitives", dependencies: ["CXXHash"], swiftSettings: strict,
            linkerSettings: [.linkedLibrary("m")]),
        module("Broker", ["Primitives"]),
        module("Execution", []),
        module("Telemetry", ["Execution", "Primitives"]),
        module("YAML", ["CYAML"]),
        .target(
            name: "Events", dependencies: ["CSimdjson", "Primitives"],
            exclude: ["stillwatch.proto"], swiftSettings: strict),
        module("Snapshots", ["Primitives"]),
        module("Aggregation", ["Primitives"]),
        module("Kafka", ["CRdkafka", "Broker", "Execution", "Primitives"]),
        .target(
            name: "Detection", dependencies: ["Aggregation", "YAML", "Primitives"],
            resources: [.embedInCode("Starter")], swiftSettings: strict),
        module(
            "Topology", ["Broker", "Detection", "Events", "Aggregation", "Snapshots", "Primitives"]),
        module(
            "Delivery",
            ["Broker", "Topology", "Detection", "Events", "Aggregation", "Snapshots", "Primitives"]),
        module("Campaigns", ["Broker", "Topology", "Detection", "Snapshots", "Primitives"]),
        module("CampaignReports", ["CCrypto", "Detection", "YAML", "Primitives"]),
        module("Simulation", ["Primitives"]),
        module(
            "Configuration",
            [
                "Broker", "Campaigns", "Delivery", "Detection", "Events", "Snapshots", "Telemetry",
                "Topology", "YAML",
            ]),
        module(
            "Replay",
            [
                "Campaigns", "Topology", "Detection", "Aggregation", "Events", "Snapshots",
                "Primitives",
                "Execution",
                "CZlib", "CZstd",
            ]),
        module(
            "Live",
            [
                "Broker", "Delivery", "Snapshots", "Topology", "Detection", "Events",
                "Primitives", "Telemetry", "Execution", "Kafka",
            ]),
        module("History", ["Replay", "Kafka", "Broker", "Execution", "YAML", "Primitives"]),
        module(
            "Operations",
            [
                "Live", "Kafka", "Delivery", "Topology", "Snapshots", "Broker", "Execution",
            ]),
        module(
            "Assessment",
            ["Replay", "Topology", "Detection", "Aggregation", "Events", "YAML", "Primitives"]),
        .executableTarget(
            name: "stillwatch",
            dependencies: [
                "Operations", "Live", "Assessment", "Broker", "Campaigns", "CampaignReports",
                "Delivery", "Execution", "History", "Replay",
                "Simulation",
                "Configuration",
                "Kafka",
                "Topology",
                "Detection",
                "Events", "Aggregation", "Snapshots", "YAML", "Telemetry", "Primitives",
            ],
            swiftSettings: strict),

        // Benchmarks.
        benchmark("decode-bench", ["Events", "Primitives"]),

        benchmark(
            "backtest-bench",
            [
                "Replay", "Topology", "Detection", "Events", "Snapshots", "Simulation", "YAML",
                "Kafka",
                "Primitives",
            ]),
        benchmark(
            "campaign-bench",
            ["Campaigns", "Topology", "Detection", "Snapshots", "YAML", "Primitives"]),
        benchmark("consume-ceiling", ["Broker", "Kafka", "Primitives"]),
        benchmark(
            "ports-bench", ["Live", "Broker", "Delivery", "Snapshots", "Kafka", "Primitives"]),

        // Tests.
        .target(name: "CMallocCounter", path: "Tests/Support/CMallocCounter"),
        .target(
            name: "TestSupport", dependencies: ["CMallocCounter"],
            path: "Tests/Support/TestSupport", exclude: ["kafka-one-broker"], swiftSettings: strict),
        tests("PrimitivesTests", ["Primitives"]),
        tests("YAMLTests", ["YAML"]),
        tests("EventsTests", ["Events", "Primitives"], resources: [.copy("Golden")]),
        tests(
            "AggregationTests", ["Aggregation", "Snapshots", "Primitives"],
            exclude: ["theta_golden.py"], resources: [.copy("theta-golden.txt")]),
        tests("SnapshotsTests", ["Snapshots", "Primitives"]),
        .target(
            name: "KafkaTestSupport", dependencies: ["CRdkafka", "Broker"],
            path: "Tests/Support/KafkaTestSupport", swiftSettings: strict),
        tests("KafkaTests", ["Kafka", "KafkaTestSupport", "Broker", "Primitives"]),
        .executableTarget(
            name: "leak-probe",
            dependencies: [
                "Live", "Broker", "Delivery", "Snapshots", "Kafka", "KafkaTestSupport",
                "Primitives",
            ],
            path: "Tests/Programs/LeakProbe",
            swiftSettings: strict),
        .executableTarget(
            name: "fault-run", dependencies: ["Kafka", "Broker", "TestSupport"],
            path: "Tests/Programs/FaultRun",
            swiftSettings: strict),
        tests("DetectionTests", ["Detection", "YAML", "Aggregation", "Primitives"]),
        tests(
            "TopologyTests",
            [
                "Topology", "Detection", "Events", "Snapshots", "YAML", "Primitives",
            ]),
        .target(
            name: "CampaignOracle",
            dependencies: ["Campaigns", "Topology", "Detection", "Primitives"],
            path: "Tests/Support/CampaignOracle", swiftSettings: strict),
        tests(
            "CampaignsTests",
            [
                "CampaignOracle", "Campaigns", "Broker", "Topology", "Detection", "Snapshots",
                "YAML", "Primitives",
            ]),
        tests("CampaignReportsTests", ["CampaignReports", "Detection", "Primitives"]),
        tests("SimulationTests", ["Simulation", "Primitives"]),
        tests("ConfigurationTests", ["Configuration", "Broker", "YAML"]),
        tests("TelemetryTests", ["Telemetry"]),
        tests(
            "ReplayTests",
            ["Replay", "Campaigns", "Topology", "Detection", "Simulation", "YAML", "Primitives"]),
        tests(
            "AssessmentTests",
            [
                "Assessment", "Replay", "Campaigns", "Topology", "Detection", "Simulation", "YAML",
                "Primitives",
            ],
            exclude: ["statistics_golden.py"], resources: [.copy("statistics-golden.txt")]),
        // Runs the program as a process; the modules are there to compare their words with the settings'.
        tests(
            "CommandTests",
            [
                "Configuration", "Broker", "Delivery", "Detection", "Events", "Kafka", "Telemetry",
                "YAML",
            ],
            resources: [.copy("Cases")]),
        tests(
            "DeliveryTests",
            [
                "Broker", "Delivery", "Topology", "Detection", "Snapshots", "YAML", "Primitives",
            ]),
        .target(
            name: "ClusterSimulation",
            dependencies: ["Broker", "Delivery", "Snapshots", "Primitives", "TestSupport"],
            path: "Tests/Simulator/ClusterSimulation",
            // A quarter of its time would go into checks that debug builds make as well.
            swiftSettings: strict + [
                .unsafeFlags(["-enforce-exclusivity=unchecked"], .when(configuration: .release))
            ]),
        .target(
            name: "DeliverySimulation",
            dependencies: [
                "ClusterSimulation", "CampaignOracle", "Campaigns", "Broker", "Delivery",
                "Topology", "Detection", "Events", "Snapshots", "YAML", "Primitives",
                "TestSupport",
            ],
            path: "Tests/Simulator/DeliverySimulation", exclude: ["PlantedBugs.md"],
            swiftSettings: strict),
        tests("DeliverySimulationTests", ["DeliverySimulation", "cluster-sim"]),
        .executableTarget(
            name: "cluster-sim", dependencies: ["DeliverySimulation"],
            path: "Tests/Programs/ClusterSim",
            swiftSettings: strict),
        .executableTarget(
            name: "cluster-probe", dependencies: ["ClusterSimulation"],
            path: "Tests/Programs/ClusterProbe", swiftSettings: strict),
        tests(
            "ClusterSimulationTests",
            ["ClusterSimulation", "Broker", "Delivery", "Snapshots", "Kafka", "Primitives"]),
        tests("HouseRulesTests", []),
        tests("OperationsTests", ["Operations", "Broker", "Delivery", "Kafka"]),
        tests(
            "LiveTests",
            [
                "Live", "History", "Replay", "Broker", "Delivery", "Snapshots", "Kafka",
                "KafkaTestSupport", "Primitives",
            ]),
        tests("SystemTests", ["Kafka", "Broker", "KafkaTestSupport"]),
    ],
    swiftLanguageModes: [.v6],
    cxxLanguageStandard: .cxx17
)
