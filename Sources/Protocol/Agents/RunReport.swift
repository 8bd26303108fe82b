import JSON
import Realtime

/// What a run has to tell, stored in one transaction: what people see, and what the model is shown.
///
/// Events are of the lease's session (`content: .session`), or domain events with ready texts on the
/// channel of its agent or its team. Answered by `result` (null) when everything is stored, or by
/// ``ErrorCode/leaseLost``, after which the worker stops the run and says nothing more of it. A
/// report without events is fine.
///
/// A worker that lost the link does not know whether its last reports were stored, and sends them
/// again with their numbers: the hub remembers the lease's highest number in the transaction, and
/// answers one that is not higher like the first time, without effect. A hub that died may lose text
/// that it still held to batch; the final text is the record.
///
/// Example header: `{"type":"report","request":7,"session":"ses_1","generation":4,"number":12,
/// "events":[…],"transcript":[{"role":"assistant","summary":false,"bytes":42}]}`; the body holds the
/// texts of ready events, then the entries' contents.
public struct RunReport: Sendable, Equatable {
    public let lease: SessionLease
    /// From 1 up within the lease, in the order of sending.
    public let number: Int64
    public let events: [ProducedEvent]
    /// The texts of ready events behind each other, as in `publish`.
    public let texts: [UInt8]
    public let transcript: [TranscriptEntry]

    public init(
        lease: SessionLease, number: Int64, events: [ProducedEvent], texts: [UInt8] = [],
        transcript: [TranscriptEntry] = []
    ) {
        self.lease = lease
        self.number = number
        self.events = events
        self.texts = texts
        self.transcript = transcript
    }

    func envelope(request: Int64) -> Envelope {
        let header: JSONObject = [
            "type": "report", "request": .integer(request),
            "session": .string(lease.session.text), "generation": .integer(lease.generation),
            "number": .integer(number),
            "events": .array(events.map { .object($0.header) }),
            "transcript": .array(transcript.map(\.header)),
        ]
        return Envelope(
            header: header, body: transcript.reduce(into: texts) { $0 += $1.content })
    }

    init(_ reader: HeaderReader, body: [UInt8]) throws(WireError) {
        lease = SessionLease(
            session: try reader.identifier("session"), generation: try reader.integer("generation"))
        number = try reader.integer("number")
        let items = try reader.array("events")
        var events: [ProducedEvent] = []
        var textBytes = 0
        for item in items {
            let event = try ProducedEvent(item)
            if case .ready(let bytes) = event.content {
                guard bytes > 0, bytes <= body.count - textBytes else { throw .badField("bytes") }
                textBytes += bytes
            }
            events.append(event)
        }
        guard events.count <= Limits.maximumEventsPerPublish else { throw .badField("events") }
        var rest = body[textBytes...]
        var transcript: [TranscriptEntry] = []
        for item in try reader.array("transcript") {
            transcript.append(try TranscriptEntry(item, rest: &rest))
        }
        guard rest.isEmpty else { throw .badField("bytes") }
        self.events = events
        texts = Array(body.prefix(textBytes))
        self.transcript = transcript
    }
}
