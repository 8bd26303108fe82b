import Daemon
import Foundation
import JSON
import Protocol
import Testing

/// The tables that people read say what the code does: README, console and nginx against Swift.
@Suite struct DocumentationTests {
    private static let root = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    private func lines(of path: String) throws -> [String] {
        try String(contentsOf: Self.root.appending(path: path), encoding: .utf8)
            .split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    }

    /// The cells of the README's table under this header row, without code marks.
    private func table(_ header: String) throws -> [[String]] {
        let rows = try lines(of: "README.md").drop { $0 != header }.dropFirst(2)
            .prefix { $0.hasPrefix("|") }
        try #require(!rows.isEmpty, "the README has no table with the header \(header)")
        return rows.map { row in
            row.split(separator: "|").map { cell in
                cell.filter { $0 != "`" }.trimmingCharacters(in: .whitespaces)
            }
        }
    }

    @Test func `the README lists the error codes of an open connection`() throws {
        #expect(
            try table("| code | when |").map { $0[0] }
                == ErrorCode.onOpenConnection.map(\.rawValue))
    }

    @Test func `the README lists every close code with its duty`() throws {
        let words: [CloseCode.Duty: String] = [
            .reconnectIfWanted: "reconnects if it wants to",
            .reconnectSoon: "reconnects after a short random delay",
            .reconnectWithBackoff: "reconnects with back-off", .signInFirst: "signs in first",
            .doNotReconnect: "does not reconnect",
        ]
        let rows = try table("| code | meaning | the client |")
        #expect(rows.map { $0[0] } == CloseCode.allCases.map { "\($0.rawValue)" })
        for (row, code) in zip(rows, CloseCode.allCases) {
            #expect(row[2].contains(words[code.duty] ?? "nothing"))
        }
    }

    @Test func `the README and the console say what each scope opens`() throws {
        let scopes = Scope.allCases.map { [$0.rawValue, $0.summary] }
        #expect(try table("| scope | opens |") == scopes)
        let console = try lines(of: "Sources/Console/words.js")
            .drop { !$0.contains("SCOPES = {") }.dropFirst().prefix { !$0.hasPrefix("}") }
            .map { $0.trimmingCharacters(in: .whitespaces).replacing("\"", with: "'") }
        #expect(console == scopes.map { "'\($0[0])': '\($0[1])'," })
    }

    @Test func `the browser client obeys the same close codes`() throws {
        let duties = try lines(of: "Sources/BrowserClient/policy.js")
            .drop { !$0.contains("DUTIES = {") }.dropFirst().prefix { !$0.hasPrefix("}") }
            .map { $0.trimmingCharacters(in: .whitespaces) }
        #expect(
            duties == CloseCode.allCases.map { "\($0.rawValue): '\($0.duty.rawValue)'," })
    }

    @Test func `the README's limits are the defaults`() throws {
        let settings = Settings()
        #expect(
            try table("| limit | default |").map { $0[1] } == [
                "\(settings.webSocket.maximumFrameBytes) bytes",
                "\(settings.webSocket.maximumSubscriptionsPerConnection)",
                "every \(settings.webSocket.heartbeatInterval.wholeMilliseconds) ms",
                "\(settings.webSocket.heartbeatTimeout.wholeMilliseconds) ms",
                "\(settings.webSocket.maximumOutboundQueueBytes) bytes",
                "\(settings.webSocket.handshakeTimeout.wholeMilliseconds) ms",
                "\(settings.webSocket.commandsPerSecond) a second, burst"
                    + " \(settings.webSocket.commandBurst)",
                "\(Limits.maximumEventsPerPublish)",
                "\(settings.fastCGI.maximumBodyBytes) bytes",
                "\(Limits.defaultPageRows), at most \(Limits.maximumPageRows)",
                "\(Limits.maximumPageBytes) bytes",
            ])
    }

    @Test func `the README's table of settings is the table of settings`() throws {
        let expected = SettingsTable.all.map { setting in
            "| `\(setting.key)` | `\(setting.environmentName)` | \(text(setting.defaultValue))"
                + " | \(setting.allowed) | \(setting.takesEffect.rawValue) | \(setting.reason) |"
        }
        let rows = try lines(of: "README.md")
            .drop { !$0.hasPrefix("| setting | environment |") }.dropFirst(2)
            .prefix { $0.hasPrefix("|") }
        #expect(
            Array(rows) == expected,
            "the README's table must read:\n\(expected.joined(separator: "\n"))")
    }

    @Test func `every file that the README names is there`() throws {
        let text = try lines(of: "README.md").joined(separator: "\n")
        let names = text.matches(of: /`([A-Za-z]+\/[A-Za-z\/+-]+\.(?:swift|conf))`/).map(\.1)
        try #require(names.count > 10)
        for name in names {
            let places = ["Sources/\(name)", String(name)].map { Self.root.appending(path: $0) }
            #expect(
                places.contains { FileManager.default.fileExists(atPath: $0.path()) },
                "the README names \(name)")
        }
    }

    private func text(_ value: JSONValue) -> String {
        value == .array([]) ? "none" : String(decoding: value.encoded(), as: UTF8.self)
    }

    @Test func `what nginx refuses has codes of the table`() throws {
        let codes = Set(ErrorCode.allCases.map(\.rawValue))
        let map = try lines(of: "nginx/snippets/switchboard-http.conf")
            .drop { !$0.hasPrefix("map $status $switchboard_error_code") }.dropFirst()
            .prefix { $0 != "}" }
        try #require(!map.isEmpty)
        for line in map {
            let words = line.split(whereSeparator: { $0 == " " || $0 == ";" })
            #expect(codes.contains(String(words[1])), "nginx answers \(words[1])")
        }
    }
}
