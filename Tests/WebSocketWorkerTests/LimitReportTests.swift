import Testing
import WebSocketWorker

@Suite struct LimitReportTests {
    @Test func `a storm is its first line, and its number once a minute`() {
        var reports = LimitReports()
        func note(_ limit: String, at seconds: Int) -> Bool {
            reports.note(limit, at: .seconds(seconds))
        }
        func taken(at seconds: Int) -> [String] {
            reports.take(at: .seconds(seconds)).map { "\($0.limit) \($0.count)" }
        }
        #expect(note("a", at: 100))
        for _ in 1...9_999 { #expect(!note("a", at: 101)) }
        #expect(note("b", at: 110))
        #expect(taken(at: 159).isEmpty)
        #expect(taken(at: 160) == ["a 9999"])
        #expect(!note("a", at: 161), "one that goes on")
        #expect(taken(at: 220) == ["a 1"])
        #expect(taken(at: 280).isEmpty)
        #expect(note("a", at: 281), "one that had ended")
    }
}
