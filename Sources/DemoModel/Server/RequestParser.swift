/// One HTTP/1.1 request, complete.
struct HTTPServerRequest: Equatable {
    let method: String
    /// Without query, and without scheme and host where a proxy's client named them.
    let path: String
    /// Names in lower case.
    let headers: [String: String]
    let body: [UInt8]

    var keepsConnection: Bool { headers["connection"]?.lowercased() != "close" }
}

/// Takes the requests of one connection out of its bytes.
///
/// For clients on this machine that speak HTTP/1.1 with a content length (RFC 9112), which is all
/// that the SDKs and libcurl send; anything else is refused and ends the connection.
struct RequestParser {
    static let maximumHeadBytes = 64 * 1024
    /// Above the API's own limit of 32 MB.
    static let maximumBodyBytes = 64 * 1024 * 1024

    enum Step: Equatable {
        case needsMore
        case request(HTTPServerRequest)
        /// The client waits for "100 Continue" before it sends the body.
        case wantsContinue
        case refused(status: Int, reason: String)
    }

    private var buffer: [UInt8] = []
    private var head: (method: String, path: String, headers: [String: String], length: Int)?
    private var hasContinued = false

    mutating func append(_ bytes: some Sequence<UInt8>) { buffer += bytes }

    /// What the bytes so far are; to be called again until it needs more.
    mutating func next() -> Step {
        if head == nil {
            guard let end = headEnd() else {
                return buffer.count <= Self.maximumHeadBytes
                    ? .needsMore : .refused(status: 431, reason: "the head is too large")
            }
            let text = String(decoding: buffer[..<end], as: UTF8.self)
            buffer.removeFirst(end + 4)
            if let refusal = parseHead(text) { return refusal }
        }
        guard let head else { return .needsMore }
        guard buffer.count >= head.length else {
            guard head.headers["expect"] != nil, !hasContinued else { return .needsMore }
            hasContinued = true
            return .wantsContinue
        }
        let body = Array(buffer.prefix(head.length))
        buffer.removeFirst(head.length)
        self.head = nil
        hasContinued = false
        return .request(
            HTTPServerRequest(
                method: head.method, path: head.path, headers: head.headers, body: body))
    }

    /// Where the empty line begins.
    private func headEnd() -> Int? {
        let searched = buffer.prefix(Self.maximumHeadBytes)
        return searched.indices.dropLast(3).first { index in
            searched[index] == UInt8(ascii: "\r")
                && searched[index...].starts(with: "\r\n\r\n".utf8)
        }
    }

    private mutating func parseHead(_ text: String) -> Step? {
        let lines = text.split(separator: "\r\n")
        let words = lines.first?.split(separator: " ") ?? []
        guard words.count == 3, words[2] == "HTTP/1.1" else {
            return .refused(status: 400, reason: "no HTTP/1.1 request line")
        }
        var headers: [String: String] = [:]
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: ":") else {
                return .refused(status: 400, reason: "a header without a colon")
            }
            let value = line[line.index(after: colon)...].drop { $0 == " " || $0 == "\t" }
            headers[line[..<colon].lowercased()] = String(value)
        }
        guard headers["transfer-encoding"] == nil else {
            return .refused(status: 411, reason: "a body needs a content-length")
        }
        guard let length = Int(headers["content-length"] ?? "0"), length >= 0 else {
            return .refused(status: 400, reason: "a content-length that is no number")
        }
        guard length <= Self.maximumBodyBytes else {
            return .refused(status: 413, reason: "the body is too large")
        }
        head = (String(words[0]), Self.path(words[1]), headers, length)
        return nil
    }

    private static func path(_ target: Substring) -> String {
        var path = target
        if path.hasPrefix("http://") {
            path = path.dropFirst("http://".count).drop { $0 != "/" }
        }
        return String(path.prefix { $0 != "?" })
    }
}
