import CFastCGI

/// One HTTP request, valid until `finish()` or the slot's next `accept()`, on the slot's thread.
@safe public final class FastCGIRequest {
    /// Owned by the slot; nil once finished.
    private var request: UnsafeMutablePointer<FCGX_Request>?

    init(_ request: UnsafeMutablePointer<FCGX_Request>) {
        unsafe self.request = request
    }

    /// A parameter of the web server, such as `HTTP_COOKIE`, copied; nil where it is missing.
    ///
    /// Bytes that are not UTF-8 become U+FFFD. The cost is linear in the number of parameters.
    public func parameter(_ name: String) -> String? {
        guard let request = unsafe request, let list = unsafe request.pointee.envp else {
            return nil
        }
        return unsafe FCGX_GetParam(name, list).map { unsafe String(cString: $0) }
    }

    /// The method in the case in which it was sent; empty where the web server names none.
    public var method: String { parameter("REQUEST_METHOD") ?? "" }

    /// The path as the client sent it, without the query and not decoded.
    public var path: String { String((parameter("REQUEST_URI") ?? "").prefix { $0 != "?" }) }

    /// What stands behind the question mark, not decoded; nil where there is nothing.
    public var query: String? {
        parameter("QUERY_STRING").flatMap { $0.isEmpty ? nil : $0 }
    }

    /// Reads the whole body, at most once.
    public func readBody(maximumBytes: Int) throws(FastCGIBodyError) -> [UInt8] {
        let announced = try announcedBytes()
        if announced > maximumBytes { throw .tooLarge(maximumBytes: maximumBytes) }
        guard let request = unsafe request, let stream = unsafe request.pointee.in else {
            throw .truncated
        }
        var body: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 8192)
        while true {
            let count = unsafe chunk.withUnsafeMutableBytes { bytes in
                let start = unsafe bytes.baseAddress?.assumingMemoryBound(to: CChar.self)
                return Int(unsafe FCGX_GetStr(start, Int32(bytes.count), stream))
            }
            body.append(contentsOf: chunk[..<count])
            if body.count > maximumBytes { throw .tooLarge(maximumBytes: maximumBytes) }
            if count < chunk.count { break }
        }
        guard unsafe FCGX_GetError(stream) == 0, body.count >= announced else {
            throw .truncated
        }
        return body
    }

    /// `CONTENT_LENGTH`, 0 where there is none (RFC 3875 §4.1.2: digits only).
    private func announcedBytes() throws(FastCGIBodyError) -> Int {
        guard let text = parameter("CONTENT_LENGTH"), !text.isEmpty else { return 0 }
        guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let count = Int(text) else {
            throw .malformedLength
        }
        return count
    }

    /// Answers the whole response; call it once.
    ///
    /// A line break in a header is a programmer's mistake: whatever a peer sent is checked before it
    /// gets here.
    ///
    /// - Returns: false when the web server did not take it (it has gone, or timed out).
    @discardableResult
    public func respond(status: Int, headers: [(String, String)], body: [UInt8]) -> Bool {
        guard let request = unsafe request, let stream = unsafe request.pointee.out else {
            return false
        }
        var bytes = Array("Status: \(status)\r\n".utf8)
        for (name, value) in headers {
            let line = "\(name): \(value)"
            precondition(!line.utf8.contains(where: Self.endsLine), "a line break in \(name)")
            bytes.append(contentsOf: line.utf8)
            bytes.append(contentsOf: [0x0D, 0x0A])
        }
        bytes.append(contentsOf: [0x0D, 0x0A])
        bytes.append(contentsOf: body)
        let written = unsafe bytes.withUnsafeBytes { bytes in
            let start = unsafe bytes.baseAddress?.assumingMemoryBound(to: CChar.self)
            return Int(unsafe FCGX_PutStr(start, Int32(bytes.count), stream))
        }
        return unsafe written == bytes.count && FCGX_FFlush(stream) == 0
    }

    private static func endsLine(_ byte: UInt8) -> Bool {
        byte == 0x0D || byte == 0x0A || byte == 0
    }

    /// Ends the request and closes its connection; later calls change nothing.
    ///
    /// libfcgi waits here up to 200 ms for the web server to close its side.
    public func finish() {
        guard let finished = unsafe request else { return }
        unsafe request = nil
        unsafe FCGX_Finish_r(finished)
    }
}
