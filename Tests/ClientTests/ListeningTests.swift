import Client
import JSON
import Protocol
import Realtime
import Testing

@Suite struct ListeningTests {
    private let channel = ChannelIdentity.team("t1")

    @Test func `each publication counts once and in order`() {
        var positions = ListenPositions([channel: StreamPosition(epoch: "e", offset: 4)])
        let taken = [4, 6, 5, 5, 6, 8, 7, 8].map { positions.take(channel, $0) }
        #expect(taken == [false, false, true, false, true, false, true, true])
        #expect(positions[channel] == StreamPosition(epoch: "e", offset: 8))
    }

    @Test func `nothing counts before the channel is joined`() {
        var positions = ListenPositions([:])
        let before = positions.take(channel, 1)
        positions.joined(channel, at: StreamPosition(epoch: "e", offset: 9))
        let next = positions.take(channel, 10)
        let elsewhere = positions.take(.team("other"), 11)
        #expect([before, next, elsewhere] == [false, true, false])
    }

    @Test func `events are written as REST takes them`() throws {
        let batch = try ProducedBatch(
            [
                ["channel": "team:t1", "type": "log_entry", "eventId": "e1", "payload": [1]],
                ["channel": "session:s1", "type": "text_delta", "delta": "a"],
            ], at: Timestamp(milliseconds: 0))
        let events = try batch.events { ChannelIdentity($0, of: "t1") }
        #expect(events.map(\.isIdempotent) == [true, false])
        #expect(events[0].content == .ready(textBytes: batch.texts.count))
        #expect(events[1].content == .session(.textDelta, fields: ["delta": "a"]))
        let text = try JSONValue(parsing: EventText.completed(batch.texts, offset: 3))
        #expect(text["payload"] == [1])
        #expect(text["eventId"] == "e1")
        #expect(text["timestamp"] == "1970-01-01T00:00:00.000Z")
    }

    @Test func `a wrong event is named by its place`() {
        let events: [JSONObject] = [
            ["channel": "team:t1", "type": "log_entry"],
            ["channel": "team:t1", "type": "connected"],
        ]
        let error = #expect(throws: ValidationError.self) {
            try ProducedBatch(events, at: Timestamp(milliseconds: 0))
        }
        #expect(error?.problems.map(\.path) == ["events[1].type"])
        #expect(throws: ValidationError.self) {
            try ProducedBatch([], at: Timestamp(milliseconds: 0))
        }
    }
}
