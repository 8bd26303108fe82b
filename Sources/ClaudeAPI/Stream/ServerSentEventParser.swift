/// One event of a `text/event-stream`.
public struct ServerSentEvent: Sendable, Equatable {
    /// The `event` field; `message` where there was none.
    public let name: String
    /// The `data` lines joined by line feeds: bytes, because only whole events are whole UTF-8.
    public let data: [UInt8]

    public init(name: String, data: [UInt8]) {
        self.name = name
        self.data = data
    }
}

/// What a peer's event stream can do wrong: be endless without a line or event ending.
public enum ServerSentEventError: Error, Sendable, Equatable, CustomStringConvertible {
    case eventTooLarge(maximumBytes: Int)

    public var description: String {
        switch self {
        case .eventTooLarge(let maximumBytes):
            "a line or event of the stream is larger than \(maximumBytes) bytes"
        }
    }
}

/// Takes an event stream apart, whatever way its bytes were cut into packets.
///
/// WHATWG HTML §9.2.6: lines end in CR, LF or CRLF, a byte order mark at the start is skipped,
/// lines that begin with a colon are comments, several `data` lines are one text, an empty line
/// ends the event, and one without data is none. `id` and `retry` serve reconnecting, which this
/// stream's clients must not do, and are ignored as unknown fields are.
public struct ServerSentEventParser: Sendable {
    /// Largest line, and largest data of one event; the API's largest are whole encrypted blocks.
    public static let maximumEventBytes = 8 * 1024 * 1024

    private let maximumBytes: Int
    /// The line that has no end yet.
    private var line: [UInt8] = []
    private var name = ""
    private var data: [UInt8] = []
    private var hasData = false
    private var endedInCarriageReturn = false
    private var isFirstLine = true
    /// Set for good by the first fault: what follows it is ignored.
    public private(set) var failure: ServerSentEventError?

    public init(maximumEventBytes: Int = Self.maximumEventBytes) {
        maximumBytes = maximumEventBytes
    }

    /// The events that end in these bytes, in order; those before a fault are among them.
    ///
    /// Linear in the bytes. What has no end yet is kept, and lost when the stream ends there.
    public mutating func receive(_ bytes: [UInt8]) -> [ServerSentEvent] {
        var events: [ServerSentEvent] = []
        var rest = bytes[...]
        if endedInCarriageReturn, let first = rest.first {
            endedInCarriageReturn = false
            if first == Self.lineFeed { rest.removeFirst() }
        }
        while failure == nil, !rest.isEmpty {
            guard let end = rest.firstIndex(where: { $0 == Self.lineFeed || $0 == Self.return })
            else {
                append(rest)
                break
            }
            append(rest[..<end])
            if failure == nil { endLine(&events) }
            let isReturn = rest[end] == Self.return
            rest = rest[(end + 1)...]
            if isReturn && rest.first == Self.lineFeed { rest.removeFirst() }
            // Its line feed may begin the next bytes.
            endedInCarriageReturn = isReturn && rest.isEmpty && bytes.last == Self.return
        }
        return events
    }

    private static let lineFeed = UInt8(ascii: "\n")
    private static let `return` = UInt8(ascii: "\r")

    private mutating func append(_ bytes: ArraySlice<UInt8>) {
        if line.count + bytes.count > maximumBytes { fail() } else { line += bytes }
    }

    private mutating func endLine(_ events: inout [ServerSentEvent]) {
        var line = self.line[...]
        if isFirstLine, line.starts(with: [0xEF, 0xBB, 0xBF]) { line = line.dropFirst(3) }
        isFirstLine = false
        if line.isEmpty { endEvent(&events) } else { take(line) }
        // A rare large line's memory goes back; a usual one's is used again.
        self.line.removeAll(keepingCapacity: self.line.capacity <= 65_536)
    }

    private mutating func take(_ line: ArraySlice<UInt8>) {
        let colon = line.firstIndex(of: UInt8(ascii: ":"))
        let field = line[..<(colon ?? line.endIndex)]
        var value = colon.map { line[line.index(after: $0)...] } ?? []
        if value.first == UInt8(ascii: " ") { value = value.dropFirst() }
        if field.elementsEqual("data".utf8) {
            guard data.count + value.count < maximumBytes else { return fail() }
            if hasData { data.append(UInt8(ascii: "\n")) }
            data += value
            hasData = true
        } else if field.elementsEqual("event".utf8) {
            name = String(decoding: value, as: UTF8.self)
        }
    }

    private mutating func endEvent(_ events: inout [ServerSentEvent]) {
        // Data of one empty line is empty, and no event (step "if the data buffer is empty").
        if !data.isEmpty {
            events.append(ServerSentEvent(name: name.isEmpty ? "message" : name, data: data))
        }
        name = ""
        data = []
        hasData = false
    }

    private mutating func fail() {
        failure = .eventTooLarge(maximumBytes: maximumBytes)
        line = []
        data = []
    }
}
