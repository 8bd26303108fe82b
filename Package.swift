// swift-tools-version: 6.2
import PackageDescription

/// Set by `make fuzz`, in a build of its own: everything is instrumented for libFuzzer.
let isFuzzing = Context.environment["SWITCHBOARD_FUZZ"] != nil

/// Set by `make build`, to what stands in for ICU's data: then the program is linked as it is shipped.
///
/// It holds Swift's run-time libraries, and is all of the product's programs in one, so that it holds
/// them once.
let shippedData = Context.environment["SWITCHBOARD_SHIPPED_DATA"]
let shipped: [LinkerSetting] =
    shippedData.map { data in
        let libraries = [
            "Foundation", "FoundationEssentials", "FoundationInternationalization",
            "CoreFoundation", "_FoundationICU", "_FoundationCollections", "_FoundationCShims",
            "stdc++",
        ]
        // Before the libraries, which have the same name.
        return [
            .unsafeFlags(
                ["-static-stdlib", "-use-ld=lld", data] + libraries.map { "-l\($0)" }
                    + ["-Xlinker", "-z", "-Xlinker", "pack-relative-relocs"])
        ]
    } ?? []

/// One settings array for every target: Swift 6 mode, strict memory safety, warnings are errors.
let settings: [SwiftSetting] =
    [
        .swiftLanguageMode(.v6),
        .strictMemorySafety(),
        .treatAllWarnings(as: .error),
        .enableUpcomingFeature("ExistentialAny"),
    ] + (isFuzzing ? [.unsafeFlags(["-sanitize=fuzzer"])] : [])

/// A C library of the system: `module.modulemap` and `shim.h`, imported by its one wrapper only.
func cLibrary(_ name: String, pkgConfig: String? = nil, apt: String) -> Target {
    .systemLibrary(
        name: name, path: "Sources/\(name)", pkgConfig: pkgConfig, providers: [.apt([apt])])
}

func module(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: settings)
}

func program(
    _ name: String, _ dependencies: [Target.Dependency], linked: [LinkerSetting] = []
) -> Target {
    .executableTarget(
        name: name, dependencies: dependencies, swiftSettings: settings, linkerSettings: linked)
}

func tests(of name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .testTarget(
        name: "\(name)Tests", dependencies: [.byName(name: name), "TestSupport"] + dependencies,
        swiftSettings: settings)
}

let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")

let package = Package(
    name: "switchboard",
    products: [
        .executable(name: "switchboard", targets: ["switchboard"]),
        .executable(name: "switchboard-agent", targets: ["switchboard-agent"]),
        .executable(name: "switchboard-sandbox", targets: ["switchboard-sandbox"]),
        .executable(name: "switchboard-hub", targets: ["switchboard-hub"]),
        .executable(name: "switchboard-ws", targets: ["switchboard-ws"]),
        .executable(name: "switchboard-fcgi", targets: ["switchboard-fcgi"]),
        .library(name: "SwitchboardClient", targets: ["Client"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    ],
    targets: [
        // System libraries.
        cLibrary("CCurl", pkgConfig: "libcurl", apt: "libcurl4-openssl-dev"),
        cLibrary("CJansson", pkgConfig: "jansson", apt: "libjansson-dev"),
        cLibrary("CLibEv", apt: "libev-dev"),
        cLibrary("CLinux", apt: "linux-libc-dev"),
        cLibrary("CLibWebSockets", pkgConfig: "libwebsockets", apt: "libwebsockets-dev"),
        cLibrary("CSodium", pkgConfig: "libsodium", apt: "libsodium-dev"),

        // Wrappers: one module per C library, the only importer of its C target. System is libc's,
        // which the others may use too.
        module("System", ["CLinux"]),
        module("Crypto", ["CSodium"]),
        module("EventLoop", ["CLibEv", "System"]),
        module("FastCGI", ["EventLoop", "System"]),
        module("HTTPClient", ["CCurl", "EventLoop", "System"]),
        module("JSON", ["CJansson"]),
        module("WebSockets", ["CLibWebSockets", "EventLoop", "System"]),

        // Core: decisions and words, no I/O.
        module("Realtime"),
        module("Protocol", ["JSON", "Realtime", "System"]),

        // Adapters.
        module("ClaudeAPI", ["Crypto", "EventLoop", "HTTPClient", "JSON", "Realtime", "System"]),
        module("DemoModel", ["EventLoop", "JSON", "System"]),
        module(
            "Store",
            [
                "JSON", "Protocol", "Realtime", "System",
                .product(name: "GRDB", package: "GRDB.swift"),
            ]),

        // Shared shell.
        module("Access", ["Crypto", "Protocol", "Realtime"]),
        module(
            "Daemon", ["Crypto", "EventLoop", "JSON", "Protocol", "Realtime", "System", logging]),
        module("IPC", ["Daemon", "EventLoop", "JSON", "Protocol", "System", logging]),

        // The first step into a sandbox, and what it is told.
        module("Stage", ["CLinux", "System"]),

        // What an agent's tools do; no hub, no model.
        module(
            "Tools",
            ["CLinux", "Crypto", "EventLoop", "HTTPClient", "JSON", "Realtime", "Stage", "System"]),

        // Services, one per process.
        module(
            "Hub",
            [
                "Access", "Crypto", "Daemon", "EventLoop", "IPC", "JSON", "Protocol", "Realtime",
                "Store", "System",
                logging,
            ]),
        module(
            "AgentWorker",
            [
                "ClaudeAPI", "Crypto", "Daemon", "EventLoop", "IPC", "JSON", "Protocol",
                "Realtime", "System", "Tools",
                logging,
            ]),
        module(
            "WebSocketWorker",
            [
                "Access", "Crypto", "Daemon", "EventLoop", "IPC", "JSON", "Protocol",
                "Realtime", "WebSockets",
                logging,
            ]),
        module(
            "FastCGIWorker",
            [
                "Access", "Crypto", "Daemon", "EventLoop", "FastCGI", "IPC", "JSON", "Protocol",
                "Realtime", "System", logging,
            ]),
        module(
            "Client",
            [
                "Daemon", "EventLoop", "HTTPClient", "IPC", "JSON", "Protocol", "Realtime",
                "System", "WebSockets", logging,
            ]),

        // Executables.
        program("switchboard-agent", ["AgentWorker"]),
        // Started once a call of a tool, by a user who may not reach the toolchain's libraries.
        program(
            "switchboard-sandbox", ["Stage", "System"],
            linked: [.unsafeFlags(["-static-executable", "-use-ld=lld"])]),
        program("switchboard-hub", ["Hub"]),
        program("switchboard-ws", ["WebSocketWorker"]),
        program("switchboard-fcgi", ["FastCGIWorker"]),
        program(
            "switchboard",
            [
                "AgentWorker", "ClaudeAPI", "Client", "Daemon", "DemoModel", "EventLoop",
                "FastCGIWorker", "HTTPClient", "Hub", "IPC", "JSON", "Protocol", "Realtime",
                "Stage", "Store", "System", "WebSocketWorker",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            linked: shipped),

        // Tests.
        .target(
            name: "TestSupport", dependencies: ["EventLoop", "System", logging],
            path: "Tests/TestSupport",
            swiftSettings: settings),
        tests(of: "Access", ["Crypto", "Protocol", "Realtime"]),
        tests(
            of: "ClaudeAPI",
            ["Crypto", "DemoModel", "EventLoop", "HTTPClient", "JSON", "Realtime"]),
        .target(
            name: "ClientCaseSupport", dependencies: ["Client", "JSON", "Protocol", "Realtime"],
            path: "Tests/ClientCaseSupport", swiftSettings: settings),
        .executableTarget(
            name: "ClientCaseDriver",
            dependencies: ["Client", "ClientCaseSupport", "Daemon", "JSON"],
            path: "Tests/ClientCaseDriver", swiftSettings: settings),
        tests(
            of: "Client",
            [
                "ClientCaseSupport", "EventLoop", "HTTPClient", "JSON", "Protocol", "Realtime",
                "System", "WebSockets",
            ]),
        tests(
            of: "AgentWorker",
            [
                "ClaudeAPI", "Crypto", "Daemon", "DemoModel", "EventLoop", "IPC", "JSON",
                "Protocol", "Realtime", "Tools", logging,
            ]),
        tests(of: "Crypto"),
        tests(of: "Daemon", ["EventLoop", "JSON", "System", logging]),
        tests(of: "EventLoop"),
        tests(of: "FastCGI", ["Daemon", "EventLoop", "System"]),
        tests(
            of: "FastCGIWorker",
            [
                "Access", "Crypto", "Daemon", "EventLoop", "FastCGI", "IPC", "JSON", "Protocol",
                "Realtime", "System", logging,
            ]),
        tests(
            of: "Hub",
            [
                "Crypto", "Daemon", "EventLoop", "IPC", "JSON", "Protocol", "Realtime", "Store",
                "System",
                logging,
            ]),
        tests(of: "IPC", ["EventLoop", "JSON", "Protocol", "Realtime", "System", logging]),
        tests(of: "JSON"),
        tests(of: "Protocol", ["JSON", "Realtime", "System"]),
        tests(of: "Realtime"),
        tests(
            of: "Store",
            ["Protocol", "Realtime", "System", .product(name: "GRDB", package: "GRDB.swift")]),
        tests(of: "System"),
        tests(
            of: "Tools",
            ["CLinux", "Crypto", "EventLoop", "HTTPClient", "JSON", "Realtime", "Stage", "System"]),
        tests(of: "WebSockets", ["EventLoop", "System"]),
        tests(
            of: "WebSocketWorker",
            [
                "Access", "Crypto", "Daemon", "EventLoop", "IPC", "JSON", "Protocol", "Realtime",
                "System", "WebSockets", logging,
            ]),
    ]
)

/// Fuzz targets: a folder `Tests/Fuzz/NAME` with `main.swift`, `Seeds` and a dictionary, `Words`,
/// each, and a line here.
let fuzzTargets: [(name: String, dependencies: [Target.Dependency])] = [
    ("ClientCommands", ["JSON", "Protocol", "Realtime", "WebSocketWorker"]),
    ("Configuration", ["Daemon", "JSON"]),
    ("FastCGIRecords", ["FastCGI"]),
    (
        "Handshakes",
        ["Access", "Crypto", "Daemon", "Protocol", "Realtime", "WebSocketWorker", "WebSockets"]
    ),
    ("IPCFrames", ["Protocol"]),
    ("ModelStream", ["AgentWorker", "ClaudeAPI", "DemoModel", "JSON", "Protocol"]),
    (
        "RESTRequests",
        ["Access", "Daemon", "FastCGIWorker", "JSON", "Protocol", "Realtime", logging]
    ),
    ("ShellRules", ["Protocol", "Realtime"]),
    ("WebSocketFrames", ["WebSockets"]),
]

if isFuzzing {
    package.targets.append(
        .target(name: "FuzzSupport", path: "Tests/Fuzz/Support", swiftSettings: settings))
    package.targets += fuzzTargets.map { target in
        .executableTarget(
            name: "Fuzz\(target.name)", dependencies: target.dependencies + ["FuzzSupport"],
            path: "Tests/Fuzz/\(target.name)", exclude: ["Seeds", "Words"], swiftSettings: settings)
    }
}
