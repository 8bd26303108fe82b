import ClientCaseSupport
import Glibc
import JSON
import Testing

/// Every file of `Tests/ClientCases/cases`, over a simulated server.
@Suite struct CaseTests {
    @Test func `there are cases`() {
        #expect(CaseFile.all.count >= 10)
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

    private static let folder: String = {
        let here = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        return "/\(here)/ClientCases/cases"
    }()

    static let all: [CaseFile] = {
        guard let directory = unsafe opendir(folder) else { return [] }
        defer { unsafe closedir(directory) }
        var names: [String] = []
        while let entry = unsafe readdir(directory) {
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                unsafe String(
                    cString: UnsafeRawPointer(pointer).assumingMemoryBound(to: CChar.self))
            }
            if name.hasSuffix(".json") { names.append(name) }
        }
        return names.sorted().map { CaseFile(name: $0) }
    }()

    func read() throws -> JSONValue {
        let path = "\(Self.folder)/\(name)"
        guard let file = unsafe fopen(path, "r") else { throw CaseFailure("cannot open \(path)") }
        defer { unsafe fclose(file) }
        var content: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while case let count = unsafe fread(&chunk, 1, chunk.count, file), count > 0 {
            content += chunk[..<count]
        }
        return try JSONValue(parsing: content)
    }
}
