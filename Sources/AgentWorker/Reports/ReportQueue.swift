import JSON
import Protocol
import Realtime

/// What a run has to tell the hub: gathered, numbered, and kept until the hub has stored it.
///
/// Pure. While the link is lost it keeps what is the record, and a preview up to a limit, so that who
/// watches a restart of the hub misses nothing; over its own limit it says so, and the run must stop,
/// because it could not be told any more.
package struct ReportQueue: Sendable {
    private struct Sent: Sendable {
        let report: RunReport
        let bytes: Int
        /// The session would miss something without it.
        let isRecord: Bool
    }

    private let lease: SessionLease
    private let channels: OperatorChannels
    private let eventPrefix: String
    private var lastEvent = 0
    private var lastNumber: Int64 = 0
    private var events: [ProducedEvent] = []
    private var entries: [TranscriptEntry] = []
    private var told: (events: [ProducedEvent], texts: [UInt8]) = ([], [])
    private var openBytes = 0
    private var unanswered: [Sent] = []

    /// 8 MiB of reports that the hub has not stored: minutes of any run, or a link that won't do.
    package static let maximumBytes = 8 * 1024 * 1024
    /// Over it a preview is let go while the link is lost: it must never cost the record its place.
    package static let maximumPreviewBytes = 1024 * 1024
    /// Events of one report: half of what the hub takes.
    package static let maximumEvents = Limits.maximumEventsPerPublish / 2
    /// Content of one report: a quarter of an IPC message.
    static let maximumReportBytes = Envelope.maximumBytes / 4

    /// - Parameter eventPrefix: unique for the process and the run, as events are named by it.
    package init(_ assignment: RunAssignment, eventPrefix: String) {
        lease = assignment.lease
        channels = OperatorChannels(assignment)
        self.eventPrefix = eventPrefix
    }

    /// Everything was stored.
    package var isEmpty: Bool {
        unanswered.isEmpty && events.isEmpty && entries.isEmpty && told.events.isEmpty
    }

    package var isOverLimit: Bool { bytes > Self.maximumBytes }

    private var bytes: Int { unanswered.reduce(openBytes) { $0 + $1.bytes } }

    /// - Parameter isLinkUp: without a link a preview is kept up to ``maximumPreviewBytes`` only.
    package mutating func add(_ notice: SessionNotice, at time: Timestamp, isLinkUp: Bool) {
        if notice.type == .textDelta, !isLinkUp, bytes > Self.maximumPreviewBytes { return }
        openBytes += JSONValue.object(notice.fields).bytes
        events.append(
            ProducedEvent(
                channel: .session(lease.session), eventID: nextEventID(), isIdempotent: false,
                time: time, content: .session(notice.type, fields: notice.fields)))
    }

    package mutating func add(_ entry: TranscriptEntry) {
        openBytes += entry.content.count
        entries.append(entry)
    }

    package mutating func add(_ notice: OperatorNotice, at time: Timestamp, isLinkUp: Bool) {
        if notice.type == .logEntry, !isLinkUp { return }
        for channel in notice.isForTeam ? channels.all : channels.forDetails {
            let eventID = nextEventID()
            let text = EventText.open(
                type: notice.type.rawValue, channel: channel.name, at: time, eventID: eventID,
                body: ["payload": .object(channels.payload(notice))])
            told.events.append(
                ProducedEvent(
                    channel: channel, eventID: eventID, isIdempotent: false, time: time,
                    content: .ready(textBytes: text.count)))
            told.texts += text
            openBytes += text.count
        }
    }

    /// Makes reports of what was gathered; each is kept until ``stored(_:)``.
    ///
    /// What operators are told travels apart: a channel that refuses it must not cost the session
    /// its record. It goes first, because nothing is taken after a report with an end.
    package mutating func close() -> [RunReport] {
        let before = unanswered.count
        while !told.events.isEmpty {
            let some = Array(told.events.prefix(Self.maximumEvents))
            let bytes = some.reduce(0) { $0 + $1.textBytes }
            append(
                RunReport(
                    lease: lease, number: nextNumber(), events: some,
                    texts: Array(told.texts.prefix(bytes))),
                isRecord: false)
            told.events.removeFirst(some.count)
            told.texts.removeFirst(bytes)
        }
        closeRecord()
        openBytes = 0
        return unanswered[before...].map(\.report)
    }

    /// Everything that has no answer, in order, for a link that is new.
    package var unstored: [RunReport] { unanswered.map(\.report) }

    package mutating func stored(_ number: Int64) {
        unanswered.removeAll { $0.report.number == number }
    }

    /// The hub will not have this report.
    ///
    /// - Returns: whether the session misses something by it.
    package mutating func refused(_ number: Int64) -> Bool {
        let isRecord = unanswered.first { $0.report.number == number }?.isRecord ?? false
        stored(number)
        return isRecord
    }

    /// Mostly one report; cut only where there is more than one takes.
    private mutating func closeRecord() {
        while !events.isEmpty || !entries.isEmpty {
            let some = Array(events.prefix(Self.maximumEvents))
            events.removeFirst(some.count)
            append(
                RunReport(
                    lease: lease, number: nextNumber(), events: some,
                    transcript: events.isEmpty ? takeEntries() : []),
                isRecord: true)
        }
    }

    private mutating func takeEntries() -> [TranscriptEntry] {
        var taken: [TranscriptEntry] = []
        var bytes = 0
        while let entry = entries.first,
            taken.isEmpty || bytes + entry.content.count <= Self.maximumReportBytes
        {
            bytes += entry.content.count
            taken.append(entries.removeFirst())
        }
        return taken
    }

    private mutating func append(_ report: RunReport, isRecord: Bool) {
        let bytes =
            report.texts.count + report.transcript.reduce(0) { $0 + $1.content.count }
            + report.events.reduce(0) { $0 + $1.bytes }
        unanswered.append(Sent(report: report, bytes: bytes, isRecord: isRecord))
    }

    private mutating func nextNumber() -> Int64 {
        lastNumber += 1
        return lastNumber
    }

    private mutating func nextEventID() -> EventID {
        lastEvent += 1
        return EventID(stringLiteral: "\(eventPrefix).\(lastEvent)")
    }
}

extension ProducedEvent {
    /// About what it takes in memory.
    fileprivate var bytes: Int {
        guard case .session(_, let fields) = content else { return 200 }
        return 200 + JSONValue.object(fields).bytes
    }

    fileprivate var textBytes: Int {
        if case .ready(let bytes) = content { bytes } else { 0 }
    }
}
