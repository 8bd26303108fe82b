import JSON
import Realtime

/// One message of a session as the model's API takes it; not the transcript that people see.
///
/// The hub keeps entries in order and never looks into ``content``. The message of a person becomes
/// an entry in the transaction that grants the lease for it, so that no crash can lose it from the
/// conversation; everything else comes with a worker's reports.
///
/// `messages.transcript {sessionId, generation, cursor?}` answers `{items, nextCursor}`, oldest
/// first, beginning at the newest summary; an item is `{role, summary, content}` with the content
/// as a string.
public struct TranscriptEntry: Sendable, Equatable {
    public enum Role: String, Sendable, CaseIterable { case user, assistant }

    public let role: Role
    /// Stands for everything before it, which the model is not shown again.
    public let isSummary: Bool
    /// The API's content blocks: a JSON array as text.
    public let content: [UInt8]

    /// 4 MiB: more than any model's context holds, and a quarter of an IPC message.
    public static let maximumBytes = 4 * 1024 * 1024

    public init(role: Role, isSummary: Bool = false, content: [UInt8]) {
        self.role = role
        self.isSummary = isSummary
        self.content = content
    }

    /// A person's message: one text block.
    public init(personsText text: String) {
        let block: JSONValue = ["type": "text", "text": .string(text)]
        self.init(role: .user, content: JSONValue.array([block]).encoded())
    }

    /// As `messages.transcript` lists it.
    public var json: JSONValue {
        [
            "role": .string(role.rawValue), "summary": .bool(isSummary),
            "content": .string(String(decoding: content, as: UTF8.self)),
        ]
    }

    /// Reads an item of `messages.transcript`.
    public init(_ item: JSONValue) throws(WireError) {
        let reader = try HeaderReader(item, "items")
        self.init(
            role: try reader.word("role"), isSummary: try reader.boolean("summary"),
            content: Array(try reader.string("content").utf8))
    }

    var header: JSONValue {
        [
            "role": .string(role.rawValue), "summary": .bool(isSummary),
            "bytes": .integer(Int64(content.count)),
        ]
    }

    /// Reads a report's entry and cuts its content off the front of `rest`.
    init(_ item: JSONValue, rest: inout ArraySlice<UInt8>) throws(WireError) {
        let reader = try HeaderReader(item, "transcript")
        let bytes = try reader.count("bytes")
        guard bytes <= min(rest.count, Self.maximumBytes) else { throw .badField("bytes") }
        self.init(
            role: try reader.word("role"), isSummary: try reader.boolean("summary"),
            content: Array(rest.prefix(bytes)))
        rest = rest.dropFirst(bytes)
    }
}
