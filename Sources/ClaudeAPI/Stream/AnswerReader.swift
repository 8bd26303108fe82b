/// Reads the body of a successful answer, whatever it turns out to be.
///
/// What it is shows in its first byte rather than in its content type: an event stream, one message
/// as JSON (or events as JSON, one a line), or a page that somebody else put in the model's place.
public struct AnswerReader: Sendable {
    private enum Form {
        case undecided
        case stream
        case json([UInt8])
    }

    private var form = Form.undecided
    private var parser = ServerSentEventParser()
    private var machine = MessageStreamStateMachine()
    private let type: String

    /// Of a message that did not come as a stream, as of one event.
    public static let maximumMessageBytes = ServerSentEventParser.maximumEventBytes

    public init(contentType: String) {
        type = contentType.lowercased()
    }

    /// Whether an event was given that a further attempt would give anew.
    public var hasBegun: Bool { machine.hasBegun }
    /// Whether the model has said all, and only the stream's end is missing.
    public var isEnding: Bool { machine.isEnding }
    /// Grows with everything that is more than a sign of life.
    public var progress: Int {
        if case .json(let bytes) = form { machine.progress + bytes.count } else { machine.progress }
    }

    /// What the bytes mean, and what is wrong with them behind that; then nothing more is read.
    public mutating func receive(
        _ bytes: [UInt8]
    ) -> (events: [ClaudeEvent], failure: ClaudeError?) {
        var bytes = bytes[...]
        if case .undecided = form {
            // In front of the first line, and parts of a byte order mark.
            bytes = bytes.drop { [0x20, 0x09, 0x0A, 0x0D, 0xEF, 0xBB, 0xBF].contains($0) }
            guard let first = bytes.first else { return ([], nil) }
            if let failure = decide(first) { return ([], failure) }
        }
        if case .json(var body) = form {
            form = .undecided
            body += bytes
            form = .json(body)
            let isTooLarge = body.count > Self.maximumMessageBytes
            return ([], isTooLarge ? .tooLarge(maximumBytes: Self.maximumMessageBytes) : nil)
        }
        return fold(parser.receive(Array(bytes)))
    }

    /// The connection has ended.
    public mutating func ended() -> (events: [ClaudeEvent], failure: ClaudeError?) {
        if case .json(let body) = form { return takeJSON(body) }
        do throws(ClaudeError) {
            return (try machine.streamEnded(), nil)
        } catch {
            let isStream = type.hasPrefix("text/event-stream") || machine.progress > 0
            return ([], isStream ? error : .malformed("its answer is \(shownType), no message"))
        }
    }

    private mutating func decide(_ first: UInt8) -> ClaudeError? {
        switch first {
        case UInt8(ascii: "<"):
            return .malformed(
                "its answer is a page (\(shownType)), no message; the address of the model's "
                    + "endpoint may be a proxy's or a sign-in's")
        case 0x1F: return .malformed("its answer is compressed, which nobody asked for")
        case UInt8(ascii: "{"), UInt8(ascii: "["): form = .json([])
        default:
            form = .stream
            if !type.hasPrefix("text/event-stream") { machine.note(.contentType) }
        }
        return nil
    }

    private mutating func takeJSON(
        _ body: [UInt8]
    ) -> (events: [ClaudeEvent], failure: ClaudeError?) {
        let data = try? StreamData(body)  // no JSON is no message
        let isWhole = data?.type == nil || data?.type == "message" || data?.type == "error"
        let lines = isWhole ? [body[...]] : body.split { $0 == 0x0A || $0 == 0x0D }
        machine.note(.wholeMessage)
        var (events, failure) = fold(
            lines.map { ServerSentEvent(name: "message", data: Array($0)) })
        guard failure == nil, events.last?.isLast != true else { return (events, failure) }
        do throws(ClaudeError) {
            events += try machine.streamEnded()
        } catch {
            failure =
                machine.progress > 0
                ? error
                : .malformed("its answer is \(shownType), but no message of the Messages API")
        }
        return (events, failure)
    }

    private mutating func fold(
        _ read: [ServerSentEvent]
    ) -> (events: [ClaudeEvent], failure: ClaudeError?) {
        var events: [ClaudeEvent] = []
        do throws(ClaudeError) {
            for event in read { events += try machine.receive(event) }
        } catch {
            return (events, error)
        }
        if case .eventTooLarge(let maximumBytes)? = parser.failure {
            return (events, .tooLarge(maximumBytes: maximumBytes))
        }
        return (events, nil)
    }

    private var shownType: String { type.isEmpty ? "of no type" : String(type.prefix(80)) }
}
