import Glibc
import TestSupport

/// The web server's end of one FastCGI connection (FastCGI specification 1.0, §3.3, §5), for tests.
final class FastCGIClient {
    private let descriptor: Int32

    /// Connects; nil where nobody listens.
    init?(path: String) {
        guard let descriptor = try? BlockingSocket.connect(to: path) else { return nil }
        self.descriptor = descriptor
        var limit = timeval(tv_sec: 5, tv_usec: 0)
        let size = socklen_t(MemoryLayout<timeval>.size)
        unsafe setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, size)
    }

    deinit { close(descriptor) }

    /// Sends any bytes; what the other side no longer takes is dropped.
    func send(_ bytes: [UInt8]) {
        unsafe _ = Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL))
    }

    /// Ends this side's sending and leaves the other open.
    func finishSending() {
        _ = Glibc.shutdown(descriptor, Int32(SHUT_WR))
    }

    /// Reads until the other side closes, or is silent for 5 s, and joins what came on FCGI_STDOUT.
    func response() -> CGIResponse? {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = unsafe recv(descriptor, &chunk, chunk.count, 0)
            if count <= 0 { break }
            bytes += chunk[..<count]
        }
        var output: [UInt8] = []
        var rest = bytes[...]
        while rest.count >= 8 {
            let header = Array(rest.prefix(8))
            let length = Int(header[4]) << 8 | Int(header[5])
            if header[1] == 6 { output += rest.dropFirst(8).prefix(length) }
            rest = rest.dropFirst(8 + length + Int(header[6]))
        }
        return CGIResponse(output)
    }
}

/// A CGI response, taken apart.
struct CGIResponse {
    var status = 0
    var headers: [String: String] = [:]
    var body: [UInt8] = []

    init?(_ bytes: [UInt8]) {
        let end: [UInt8] = [13, 10, 13, 10]
        guard let split = bytes.indices.first(where: { bytes[$0...].starts(with: end) }) else {
            return nil
        }
        for line in String(decoding: bytes[..<split], as: UTF8.self).split(separator: "\r\n") {
            let parts = line.split(separator: ":", maxSplits: 1)
            headers[parts[0].lowercased()] = String(parts[1].drop { $0 == " " })
        }
        status = headers["status"].flatMap { Int($0.prefix(3)) } ?? 0
        body = Array(bytes[(split + 4)...])
    }
}

extension FastCGIClient {
    /// One record of request 1.
    static func record(_ type: UInt8, _ content: [UInt8] = []) -> [UInt8] {
        [1, type, 0, 1, UInt8(content.count >> 8), UInt8(content.count & 255), 0, 0] + content
    }

    static let begin = record(1, [0, 1, 0, 0, 0, 0, 0, 0])

    static func parameters(_ values: [(String, String)]) -> [UInt8] {
        func length(_ count: Int) -> [UInt8] {
            count < 128
                ? [UInt8(count)]
                : [
                    0x80 | UInt8(count >> 24), UInt8(count >> 16 & 255), UInt8(count >> 8 & 255),
                    UInt8(count & 255),
                ]
        }
        return values.flatMap { name, value in
            length(name.utf8.count) + length(value.utf8.count) + name.utf8 + value.utf8
        }
    }

    /// Begin, parameters and their end.
    static func head(_ values: [(String, String)]) -> [UInt8] {
        begin + record(4, parameters(values)) + record(4)
    }

    /// The body's records and their end.
    static func body(_ bytes: [UInt8]) -> [UInt8] {
        stride(from: 0, to: bytes.count, by: 60_000).flatMap { start in
            record(5, Array(bytes[start..<min(start + 60_000, bytes.count)]))
        } + record(5)
    }

    /// A whole request.
    static func request(
        _ method: String, _ path: String, query: String = "", headers: [(String, String)] = [],
        body: [UInt8] = []
    ) -> [UInt8] {
        var values = [
            ("REQUEST_METHOD", method), ("REQUEST_URI", query.isEmpty ? path : "\(path)?\(query)"),
            ("QUERY_STRING", query),
            ("REMOTE_ADDR", "192.0.2.1"), ("HTTP_HOST", "example.org"),
        ]
        if !body.isEmpty { values.append(("CONTENT_LENGTH", String(body.count))) }
        values += headers
        return head(values) + Self.body(body)
    }
}
