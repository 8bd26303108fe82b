import JSON

/// What the data of one event says, as far as anybody here reads it.
///
/// The same form holds a whole message (its fields at the top) and the errors of many gateways.
struct StreamData {
    var type: String?
    var index: Int?
    var message = MessageData()
    var block: BlockData?
    var delta: DeltaData?
    var error: ErrorData?

    init(_ bytes: [UInt8]) throws(JSONError) {
        var reader = JSONReader(bytes)
        var requestID: String?
        try reader.readObject { key, reader throws(JSONError) in
            switch key {
            case "type": type = try reader.readText()?.whole
            case "index": index = try reader.readCount(upTo: Int(Int32.max))
            case "content_block": block = try BlockData(&reader)
            case "delta": delta = try DeltaData(&reader)
            case "error", "message", "detail", "code": try takeError(key, &reader)
            case "request_id", "requestId": requestID = try reader.readText()?.whole
            default: try message.take(key, &reader)
            }
        }
        error?.requestID = requestID
    }

    /// `message` is an object of a stream, and a text of some errors.
    private mutating func takeError(
        _ key: String, _ reader: inout JSONReader
    ) throws(JSONError) {
        let raw = try reader.readRaw()
        var inner = JSONReader(raw)
        if key == "message", raw.first == UInt8(ascii: "{") {
            try inner.readObject { key, reader throws(JSONError) in
                try message.take(key, &reader)
            }
        } else if raw.first != UInt8(ascii: "n") {
            var found = error ?? ErrorData()
            try found.take(key, &inner)
            error = found
        }
    }
}

/// A message, or its beginning.
struct MessageData {
    var id: String?
    var model: String?
    var content: [BlockData] = []
    var stopReason: String?
    var usage: UsageData?

    mutating func take(_ key: String, _ reader: inout JSONReader) throws(JSONError) {
        switch key {
        case "id": id = try reader.readText()?.whole
        case "model": model = try reader.readText()?.whole
        case "stop_reason": stopReason = try reader.readText()?.whole
        case "usage": usage = try UsageData(&reader)
        case "content":
            try reader.readArray { reader throws(JSONError) in
                content.append(try BlockData(&reader))
            }
        default: break
        }
    }
}

/// A block as it begins, or whole.
struct BlockData {
    var type: String?
    var id: String?
    var name: String?
    var text: JSONText?
    var thinking: JSONText?
    var signature: String?
    var data: String?
    /// JSON, of whatever kind.
    var input: ArraySlice<UInt8>?
    /// All of it.
    let raw: ArraySlice<UInt8>

    init(type: String) {
        self.type = type
        raw = []
    }

    init(_ reader: inout JSONReader) throws(JSONError) {
        raw = try reader.readRaw()
        var inner = JSONReader(raw)
        try inner.readObject { key, reader throws(JSONError) in
            switch key {
            case "type": type = try reader.readText()?.whole
            case "id": id = try reader.readText()?.whole
            case "name": name = try reader.readText()?.whole
            case "text": text = try reader.readText()
            case "thinking": thinking = try reader.readText()
            case "signature": signature = try reader.readText()?.whole
            case "data": data = try reader.readText()?.whole
            case "input": input = try reader.readRaw()
            default: break
            }
        }
    }
}

/// A piece of a block, or the end of a message.
struct DeltaData {
    enum Piece {
        case text(JSONText)
        case thinking(JSONText)
        case signature(String)
        case input(JSONText)
    }

    private var type: String?
    private var text: JSONText?
    private var thinking: JSONText?
    private var signature: String?
    private var input: JSONText?
    private(set) var stopReason: String?

    init(_ reader: inout JSONReader) throws(JSONError) {
        try reader.readObject { key, reader throws(JSONError) in
            switch key {
            case "type": type = try reader.readText()?.whole
            case "text": text = try reader.readText()
            case "thinking": thinking = try reader.readText()
            case "signature": signature = try reader.readText()?.whole
            case "partial_json": input = try Self.input(&reader)
            case "stop_reason": stopReason = try reader.readText()?.whole
            default: break
            }
        }
    }

    /// Nil for a delta that this client does not know; without a type its fields say what it is.
    var piece: Piece? {
        switch type {
        case "text_delta": text.map(Piece.text)
        case "thinking_delta": thinking.map(Piece.thinking)
        case "signature_delta": signature.map(Piece.signature)
        case "input_json_delta": input.map(Piece.input)
        case nil:
            text.map(Piece.text) ?? input.map(Piece.input) ?? thinking.map(Piece.thinking)
                ?? signature.map(Piece.signature)
        default: nil
        }
    }

    /// Some gateways give the object itself instead of its text.
    private static func input(_ reader: inout JSONReader) throws(JSONError) -> JSONText? {
        let raw = try reader.readRaw()
        guard raw.first != UInt8(ascii: "{") else {
            return JSONText(String(decoding: raw, as: UTF8.self))
        }
        var inner = JSONReader(raw)
        return try inner.readText()
    }
}

/// Counts of tokens; nil where nothing usable was said.
struct UsageData {
    private(set) var inputTokens: Int?
    private(set) var outputTokens: Int?
    private(set) var cacheReadTokens: Int?
    private(set) var cacheCreationTokens: Int?
    /// Whether a count was no number that tokens can have.
    private(set) var isOdd = false

    init(_ reader: inout JSONReader) throws(JSONError) {
        try reader.readObject { key, reader throws(JSONError) in
            switch key {
            case "input_tokens": inputTokens = try count(&reader)
            case "output_tokens": outputTokens = try count(&reader)
            case "cache_read_input_tokens": cacheReadTokens = try count(&reader)
            case "cache_creation_input_tokens": cacheCreationTokens = try count(&reader)
            default: break
            }
        }
    }

    private mutating func count(_ reader: inout JSONReader) throws(JSONError) -> Int? {
        let raw = try reader.readRaw()
        guard raw.first != UInt8(ascii: "n") else { return nil }
        var inner = JSONReader(raw)
        let count = try inner.readCount(upTo: Usage.maximumCount)
        if count.map({ String($0).utf8.elementsEqual(raw) }) != true { isOdd = true }
        return count
    }
}

extension JSONReader {
    /// A number from 0 up, also as a text or with a fraction, which is cut; nil for anything else.
    ///
    /// A larger one is the maximum.
    mutating func readCount(upTo maximum: Int) throws(JSONError) -> Int? {
        var inner = JSONReader(try readRaw())
        let number: Double?
        switch try? inner.readValue(maximumDepth: 0) {  // an object or array is no count
        case .integer(let integer)?:
            return integer < 0 ? nil : Int(min(integer, Int64(maximum)))
        case .double(let double)?: number = double
        case .string(let text)?: number = Double(text)
        default: number = nil
        }
        guard let number, number >= 0 else { return nil }
        return number < Double(maximum) ? Int(number) : maximum
    }
}
