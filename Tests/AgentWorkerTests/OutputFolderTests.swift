import AgentWorker
import Foundation
import Protocol
import Testing
import Tools

/// What of the tools' long outputs stays on the disk.
@Suite struct OutputFolderTests {
    private let state = NSTemporaryDirectory() + "swb-outputs-\(UUID().uuidString)"
    private var folder: String { "\(state)/outputs/ses" }

    private func make(_ count: Int) throws {
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true)
        for number in 1...count {
            try "x".write(toFile: "\(folder)/\(number)", atomically: false, encoding: .utf8)
            try FileManager.default.setAttributes(
                [.modificationDate: Date(timeIntervalSince1970: Double(1_000 + number))],
                ofItemAtPath: "\(folder)/\(number)")
        }
    }

    private func names() -> Set<String> {
        Set((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [])
    }

    @Test func `a run begins with the newest outputs of those before`() throws {
        defer { try? FileManager.default.removeItem(atPath: state) }
        try make(30)
        let folders = WorkspaceFolders(stateDirectory: state, reserved: ReservedFolders([]))
        _ = try folders.open(for: Script.assignment())
        #expect(names() == Set((11...30).map { "\($0)" }))
    }

    @Test func `old outputs are removed, and then their folder`() throws {
        defer { try? FileManager.default.removeItem(atPath: state) }
        try make(3)
        let folders = WorkspaceFolders(stateDirectory: state, reserved: ReservedFolders([]))
        folders.sweepOutputs(now: 1_002 + 86_400 + 1)
        #expect(names() == ["3"])
        folders.sweepOutputs(now: Int(Date().timeIntervalSince1970) + 100_000)
        #expect(!FileManager.default.fileExists(atPath: folder))
    }
}
