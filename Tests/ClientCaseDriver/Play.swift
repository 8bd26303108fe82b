import Client
import ClientCaseSupport
import Daemon
import JSON
import Synchronization

/// One case's client, which reports until the next case begins.
final class Play: Sendable {
    private let stage: CaseStage
    private let transport: ReportingTransport
    private let reports: Reports

    init(_ start: JSONValue) {
        let reports = Reports()
        self.reports = reports
        transport = ReportingTransport(reports)
        stage = CaseStage(
            start, url: start["url"]?.stringValue ?? "", over: transport,
            observe: { seen in
                reports.say(["observed": .object([seen.kind.rawValue: seen.fields])])
            })
    }

    func perform(_ step: JSONValue) async throws {
        for (verb, value) in step.objectValue ?? [:] {
            guard try await stage.perform(verb, value) else {
                throw CaseFailure("there is no step \(verb)")
            }
        }
    }

    /// Says nothing more, and cuts the connection.
    func end() {
        reports.end()
        transport.cut()
    }
}

/// What is said of one case's client, a JSON object a line.
final class Reports: Sendable {
    private static let output = Mutex<Void>(())
    private let isOver = Mutex(false)

    func say(_ report: JSONObject) {
        isOver.withLock { if !$0 { Self.write(report) } }
    }

    func end() { isOver.withLock { $0 = true } }

    static func write(_ report: JSONObject) {
        output.withLock { _ in
            // Who reads no more has ended the play.
            _ = WholeWrite.write(JSONValue.object(report).encoded() + [UInt8(ascii: "\n")], to: 1)
        }
    }
}
