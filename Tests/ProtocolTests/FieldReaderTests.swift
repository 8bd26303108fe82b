import JSON
import Protocol
import Realtime
import Testing

@Suite struct FieldReaderTests {
    private func problems(_ fields: JSONObject, _ read: (FieldReader) -> Void) -> [String] {
        let reader = FieldReader(fields, path: "events[0]")
        read(reader)
        do throws(ValidationError) {
            try reader.check()
            return []
        } catch {
            return error.problems.map(\.path)
        }
    }

    @Test func `every problem is found at once, each with its path`() {
        let found = problems(["name": 3, "mode": "loud", "count": 11]) { reader in
            _ = reader.requiredString("name")
            _ = reader.choice("mode") as Scope?
            _ = reader.integer("count", in: 1...10)
            _ = reader.requiredBoolean("allowed")
        }
        #expect(
            found == ["events[0].name", "events[0].mode", "events[0].count", "events[0].allowed"])
    }

    @Test func `absent and null optional fields are no problem`() {
        let found = problems(["name": .null]) { reader in
            #expect(reader.string("name") == nil)
            #expect(reader.timestamp("at") == nil)
        }
        #expect(found.isEmpty)
    }

    @Test(arguments: ["a\u{0}b", "a\u{1B}[31m", "", String(repeating: "x", count: 257)])
    func `a string has no control characters and a length`(text: String) {
        #expect(problems(["name": .string(text)]) { _ = $0.string("name") } == ["events[0].name"])
    }

    @Test func `a partial update tells absent, null and set apart`() {
        let reader = FieldReader(["clear": .null, "set": "x"])
        guard case .keep = reader.change("absent", { $0.string("absent") }),
            case .clear = reader.change("clear", { $0.string("clear") }),
            case .set("x") = reader.change("set", { $0.string("set") })
        else {
            Issue.record("the three changes are not told apart")
            return
        }
    }
}
