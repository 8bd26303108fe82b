import Hub
import JSON
import Protocol
import Realtime
import Store
import Testing
import TestSupport

@Suite struct `Transcript bounds` {
    private static let limit: Int64 = 64_000

    @Test func `old tool results lose their text, and every pair stays whole`() throws {
        let entries = try kept(1...12) { turn in
            [
                person("ask \(turn)"), use("u\(turn)"), result("u\(turn)", bytes: 9_000),
                says("done"),
            ]
        }
        let results = entries.compactMap { $0.block("tool_result") }
        #expect(results.count == 12)
        #expect(results.map { $0["tool_use_id"] } == (1...12).map { .string("u\($0)") })
        let shortened = results.prefix {
            $0["content"]?.stringValue?.contains("was removed") == true
        }
        #expect((4...8).contains(shortened.count))
        #expect(
            results.dropFirst(shortened.count).allSatisfy {
                $0["content"]?.stringValue?.count == 9_000
            })
        #expect(
            entries.compactMap { $0.block("tool_use")?["id"] } == results.map { $0["tool_use_id"] })
    }

    @Test func `where that is not enough the oldest turns go, and a person's message says so`()
        throws
    {
        let entries = try kept(1...40) { turn in
            [
                person("ask \(turn)"), use("u\(turn)"), result("u\(turn)", bytes: 100),
                says(String(repeating: "x", count: 4_000)),
            ]
        }
        #expect(entries.count < 100 && entries[0].role == .user)
        let first = entries[0].blocks
        #expect(first.count == 2)
        #expect(first[0]["text"]?.stringValue?.contains("Earlier turns were removed") == true)
        #expect(first[1]["text"]?.stringValue?.hasPrefix("ask ") == true)
        #expect(
            entries.compactMap { $0.block("tool_use")?["id"] }
                == entries.compactMap { $0.block("tool_result")?["tool_use_id"] })
        #expect(entries.last?.blocks.first?["text"]?.stringValue?.count == 4_000)
    }

    @Test func `a summary stays in front`() throws {
        let summary = TranscriptEntry(
            role: .user, isSummary: true,
            content: JSONValue.array([["type": "text", "text": "sum"]]).encoded())
        let entries = try kept(0...40) { turn in
            turn == 0
                ? [summary] : [person("ask \(turn)"), says(String(repeating: "x", count: 4_000))]
        }
        #expect(entries[0] == summary)
        #expect(entries[1].blocks.first?["text"]?.stringValue?.contains("Earlier turns") == true)
    }

    @Test func `what is no content of blocks is kept as it is`() throws {
        let odd = TranscriptEntry(role: .user, content: Array("not JSON".utf8))
        let entries = try kept(0...5) { turn in
            turn == 0 ? [odd] : [use("u\(turn)"), result("u\(turn)", bytes: 9_000)]
        }
        #expect(entries[0] == odd)
    }

    /// What is left of these turns after each was bounded.
    private func kept(
        _ turns: ClosedRange<Int>, _ entries: (Int) -> [TranscriptEntry]
    ) throws -> [TranscriptEntry] {
        let directory = try TemporaryDirectory()
        let time = Timestamp(milliseconds: 0)
        return try Store(path: directory.file("db")).transaction { store in
            try store.insert(TeamRow(id: "t", name: "T", createdAt: time))
            try store.insert(SessionRow(id: "s", teamID: "t", mode: .ask, createdAt: time))
            for turn in turns {
                for entry in entries(turn) {
                    try store.append(entry, to: "s")
                    _ = try TranscriptBounds(maximumBytes: Self.limit).apply(to: "s", store)
                    #expect(try store.transcriptSize(of: "s").bytes <= Self.limit)
                }
            }
            return try store.transcript(of: "s", after: 0, maximumBytes: .max).rows.map(\.entry)
        }
    }

    private func person(_ text: String) -> TranscriptEntry { TranscriptEntry(personsText: text) }
    private func says(_ text: String) -> TranscriptEntry { .says(text) }

    private func use(_ id: String) -> TranscriptEntry {
        let block: JSONValue = ["type": "tool_use", "id": .string(id), "name": "T", "input": [:]]
        return TranscriptEntry(role: .assistant, content: JSONValue.array([block]).encoded())
    }

    private func result(_ id: String, bytes: Int) -> TranscriptEntry {
        let text = String(repeating: "r", count: bytes)
        let block: JSONValue = [
            "type": "tool_result", "tool_use_id": .string(id), "content": .string(text),
        ]
        return TranscriptEntry(role: .user, content: JSONValue.array([block]).encoded())
    }
}

extension TranscriptEntry {
    fileprivate var blocks: [JSONValue] {
        (try? JSONValue(parsing: content))?.arrayValue ?? []  // an entry that is none on purpose
    }

    fileprivate func block(_ type: String) -> JSONValue? {
        blocks.first { $0["type"]?.stringValue == type }
    }
}
