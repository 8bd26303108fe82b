import ClientCaseSupport
import JSON
import Testing

/// Every file of `Tests/ClientCases/cases`, over a simulated server.
@Suite struct CaseTests {
    @Test func `there are cases`() {
        #expect(CaseFile.all.count >= 45)
    }

    @Test(arguments: CaseFile.all)
    func `the client does what the case says`(_ file: CaseFile) async throws {
        let script = try file.read()
        let needs = Set((script["needs"]?.arrayValue ?? []).compactMap(\.stringValue))
        // What only a browser or only another client has is not for this one.
        guard needs.isSubset(of: CaseStage.abilities) else { return }
        try await CaseRunner(script).run()
    }
}

/// A case by its file's name.
struct CaseFile: Sendable, CustomTestStringConvertible {
    let name: String

    var testDescription: String { name }

    private static let folder = "Tests/ClientCases/cases"

    static let all = SourceFile.names(in: folder)
        .filter { $0.hasSuffix(".json") }
        .map { CaseFile(name: $0) }

    func read() throws -> JSONValue {
        try JSONValue(parsing: Array(SourceFile.read("\(Self.folder)/\(name)").utf8))
    }
}
