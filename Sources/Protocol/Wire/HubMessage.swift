import JSON
import Realtime

/// What the hub tells a peer.
///
/// First ``welcome(_:)``, then the whole credential table, then answers and pushes in the order in
/// which they took effect.
public enum HubMessage: Sendable, Equatable {
    case welcome(Welcome)
    case credentials(CredentialUpdate)
    /// Answers `subscribe` and `resume`. From here on the channel's deliveries follow.
    case subscribed(Int64, Joined, Page)
    /// Answers `read`.
    case page(Int64, Page)
    /// Answers `publish` and `call`.
    case result(Int64, JSONValue)
    /// The same with a value that is JSON text already; a peer reads it as ``result(_:_:)``.
    case resultText(Int64, [UInt8])
    /// Answers anything that was refused.
    case refused(Int64, OperationError)
    /// One publication of a channel that this worker joined; `text` is the ready message.
    case delivery(ChannelIdentity, Offset, text: [UInt8])
    /// The channel is gone with what it was about: its subscriptions end, and so has the worker's own
    /// interest in it.
    case withdrawn(ChannelIdentity)
    /// A watched file changed: the ready message for every open connection, and the new counts.
    case announcement(Generations, text: [UInt8])
    /// About a run, to an agent worker.
    case agent(AgentMessage)

    public var envelope: Envelope {
        switch self {
        case .welcome(let welcome):
            return Envelope(header: welcome.header)
        case .credentials(let update):
            return Envelope(header: update.header)
        case .subscribed(let request, let joined, let page):
            var header: JSONObject = ["type": "subscribed", "request": .integer(request)]
            joined.write(to: &header)
            page.write(to: &header)
            return Envelope(header: header, body: (joined.snapshot ?? []) + page.texts)
        case .page(let request, let page):
            var header: JSONObject = ["type": "page", "request": .integer(request)]
            page.write(to: &header)
            return Envelope(header: header, body: page.texts)
        case .result(let request, let value):
            return Self.result(request, value.encoded())
        case .resultText(let request, let text):
            return Self.result(request, text)
        case .refused(let request, let error):
            return Envelope(header: error.header(request: request))
        case .delivery(let channel, let offset, let text):
            return Envelope(
                header: [
                    "type": "delivery", "channel": .string(channel.description),
                    "offset": .integer(offset),
                ], body: text)
        case .withdrawn(let channel):
            return Envelope(header: [
                "type": "withdrawn", "channel": .string(channel.description),
            ])
        case .announcement(let generations, let text):
            return Envelope(
                header: ["type": "announcement", "generations": generations.json], body: text)
        case .agent(let message):
            return message.envelope
        }
    }

    /// An answer travels in the body; one that no message can hold becomes a refusal.
    private static func result(_ request: Int64, _ text: [UInt8]) -> Envelope {
        guard text.count <= Envelope.maximumBytes - 1_024 else {
            let error = OperationError(
                .internalError,
                "the answer has \(text.count) bytes, which is too much for one; ask for fewer rows")
            return Envelope(header: error.header(request: request))
        }
        return Envelope(header: ["type": "result", "request": .integer(request)], body: text)
    }

    private static func value(_ body: [UInt8]) throws(WireError) -> JSONValue {
        do {
            return try JSONValue(parsing: body, maximumDepth: Limits.maximumJSONDepth + 8)
        } catch {
            throw .badHeader(error)
        }
    }

    public init(_ envelope: Envelope) throws(WireError) {
        let reader = HeaderReader(envelope.header)
        switch try reader.string("type") {
        case "delivery":
            self = .delivery(
                try reader.channel(), try reader.integer("offset"), text: envelope.body)
        case "welcome":
            self = .welcome(try Welcome(reader))
        case "credentials":
            self = .credentials(try CredentialUpdate(reader))
        case "subscribed":
            let joined = try Joined(reader, body: envelope.body)
            let texts = envelope.body.dropFirst(joined.snapshot?.count ?? 0)
            self = .subscribed(
                try reader.integer("request"), joined, try Page(reader, texts: texts))
        case "page":
            self = .page(
                try reader.integer("request"), try Page(reader, texts: envelope.body[...]))
        case "result":
            self = .result(try reader.integer("request"), try Self.value(envelope.body))
        case "refused":
            self = .refused(try reader.integer("request"), try OperationError(reader))
        case "withdrawn":
            self = .withdrawn(try reader.channel())
        case "announcement":
            self = .announcement(try Generations(reader), text: envelope.body)
        case let type:
            guard let message = try AgentMessage(type, reader) else { throw .unknownType(type) }
            self = .agent(message)
        }
    }
}

/// How often each watched file changed since the database was made.
///
/// A worker that was away sees from them that it has something to announce, and a worker that was
/// not announces nothing twice.
public struct Generations: Sendable, Equatable {
    public var config: Int64
    public var theme: Int64

    public init(config: Int64, theme: Int64) {
        self.config = config
        self.theme = theme
    }

    public subscript(file: WatchedFile) -> Int64 {
        get { file == .config ? config : theme }
        set { if file == .config { config = newValue } else { theme = newValue } }
    }

    var json: JSONValue { ["config": .integer(config), "theme": .integer(theme)] }

    init(_ reader: HeaderReader) throws(WireError) {
        let inner = HeaderReader(try reader.object("generations"))
        config = try inner.integer("config")
        theme = try inner.integer("theme")
    }
}

/// The hub's first words to a peer.
public struct Welcome: Sendable, Equatable {
    /// Drawn anew at every start of the hub.
    public let instance: String
    public let generations: Generations

    public init(instance: String, generations: Generations) {
        self.instance = instance
        self.generations = generations
    }

    var header: JSONObject {
        [
            "type": "welcome", "version": .integer(Hello.currentVersion),
            "instance": .string(instance), "generations": generations.json,
        ]
    }

    init(_ reader: HeaderReader) throws(WireError) {
        let version = try reader.integer("version")
        guard version == Hello.currentVersion else { throw .wrongVersion(version) }
        instance = try reader.string("instance")
        generations = try Generations(reader)
    }
}

/// The hub's answer to joining a channel.
public struct Joined: Sendable, Equatable {
    /// The channel's epoch and last offset at this point of the stream.
    public let head: StreamPosition
    /// Whether everything after `since` is, or will be, in the pages.
    public let isRecovered: Bool
    /// A session's state at ``head`` as JSON text.
    public let snapshot: [UInt8]?

    public init(head: StreamPosition, isRecovered: Bool, snapshot: [UInt8]? = nil) {
        self.head = head
        self.isRecovered = isRecovered
        self.snapshot = snapshot
    }

    func write(to header: inout JSONObject) {
        header.set(head)
        header["recovered"] = .bool(isRecovered)
        if let snapshot { header["snapshot"] = .integer(Int64(snapshot.count)) }
    }

    init(_ reader: HeaderReader, body: [UInt8]) throws(WireError) {
        head = try reader.position()
        isRecovered = try reader.boolean("recovered")
        guard reader.fields["snapshot"] != nil else {
            snapshot = nil
            return
        }
        let length = try reader.count("snapshot")
        guard length <= body.count else { throw .badField("snapshot") }
        snapshot = Array(body.prefix(length))
    }
}

/// A run of recovered publications in offset order.
public struct Page: Sendable, Equatable {
    /// Offset and length of each text in ``texts``.
    public let items: [Item]
    /// The ready messages behind each other.
    public let texts: [UInt8]
    /// Whether nothing is missing after the last one: live deliveries go on from here.
    public let reachesHead: Bool

    public struct Item: Sendable, Equatable {
        public let offset: Offset
        public let bytes: Int

        public init(offset: Offset, bytes: Int) {
            self.offset = offset
            self.bytes = bytes
        }
    }

    public init(items: [Item], texts: [UInt8], reachesHead: Bool) {
        self.items = items
        self.texts = texts
        self.reachesHead = reachesHead
    }

    /// Nothing was missed.
    public static var empty: Page { Page(items: [], texts: [], reachesHead: true) }

    func write(to header: inout JSONObject) {
        header["offsets"] = .array(items.map { .integer($0.offset) })
        header["lengths"] = .array(items.map { .integer(Int64($0.bytes)) })
        header["last"] = .bool(reachesHead)
    }

    init(_ reader: HeaderReader, texts: ArraySlice<UInt8>) throws(WireError) {
        let offsets = try reader.array("offsets")
        let lengths = try reader.array("lengths")
        guard offsets.count == lengths.count else { throw .badField("lengths") }
        var items: [Item] = []
        var total = 0
        for (offset, length) in zip(offsets, lengths) {
            guard let offset = offset.integerValue,
                let bytes = length.integerValue.flatMap({ Int(exactly: $0) }),
                bytes >= 0, bytes <= texts.count - total
            else { throw .badField("lengths") }
            total += bytes
            items.append(Item(offset: offset, bytes: bytes))
        }
        guard total == texts.count else { throw .badField("lengths") }
        self.items = items
        self.texts = Array(texts)
        reachesHead = try reader.boolean("last")
    }
}

extension OperationError {
    func header(request: Int64) -> JSONObject {
        var header: JSONObject = [
            "type": "refused", "request": .integer(request), "code": .string(code.rawValue),
            "message": .string(message),
        ]
        if let details { header["details"] = details }
        if let retryAfterSeconds { header["retryAfter"] = .integer(Int64(retryAfterSeconds)) }
        return header
    }

    init(_ reader: HeaderReader) throws(WireError) {
        self.init(
            try reader.word("code"), try reader.string("message"),
            details: reader.fields["details"],
            retryAfterSeconds: try reader.optionalInteger("retryAfter").flatMap {
                Int(exactly: $0)
            })
    }
}
