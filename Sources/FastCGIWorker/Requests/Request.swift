import FastCGI

/// One HTTP request as the handler sees it, on one thread.
package struct Request {
    /// As sent.
    package let method: String
    /// As sent, not decoded, behind ``prefix``.
    package let path: String
    /// The path that the installation lives under, such as `/agents`; usually empty.
    package let prefix: String
    package let query: String?
    /// The client's address, from the web server.
    package let remoteAddress: String
    private let headers: (String) -> [String]
    private let body: (_ maximumBytes: Int) -> Result<[UInt8], FastCGIBodyError>

    /// - Parameter headers: every value of a header, by its lower-case name.
    package init(
        method: String, path: String, prefix: String = "", query: String? = nil,
        remoteAddress: String, headers: @escaping (String) -> [String],
        body: @escaping (_ maximumBytes: Int) -> Result<[UInt8], FastCGIBodyError>
    ) {
        self.method = method
        self.path = path
        self.prefix = prefix
        self.query = query
        self.remoteAddress = remoteAddress
        self.headers = headers
        self.body = body
    }

    /// A header by its lower-case name; cookies in parts are joined (RFC 6265 §4.2.1).
    package func header(_ name: String) -> String? {
        let values = headers(name)
        return name == "cookie" && values.count > 1
            ? values.joined(separator: "; ") : values.first
    }

    /// Reads the body, at most once.
    package func readBody(maximumBytes: Int) throws(FastCGIBodyError) -> [UInt8] {
        try body(maximumBytes).get()
    }
}

extension Request {
    /// The headers that decide something, none of which may come twice.
    ///
    /// The web server, a proxy and this worker might each take another one of them. Cookies may come
    /// in parts.
    package static let uniqueHeaders = [
        "authorization", "x-api-key", "origin", "sec-fetch-site", "host", "content-type",
        "x-request-id",
    ]

    /// The first of those headers that was sent more than once.
    var repeatedHeader: String? { Self.uniqueHeaders.first { headers($0).count > 1 } }

    init(_ request: FastCGIRequest) {
        let prefix = request.parameter("SWITCHBOARD_PREFIX") ?? ""
        // Spelled otherwise it is found by nothing.
        let isBelow = request.path.hasPrefix("\(prefix)/")
        self.init(
            method: request.method,
            path: isBelow ? String(request.path.dropFirst(prefix.count)) : request.path,
            prefix: prefix, query: request.query,
            remoteAddress: request.parameter("REMOTE_ADDR") ?? "",
            headers: { request.parameters[Self.parameterName($0)] }, body: { _ in request.body })
    }

    /// `x-api-key` is `HTTP_X_API_KEY` (RFC 3875 §4.1.18); the body's type has a name of its own.
    private static func parameterName(_ header: String) -> String {
        let name = header.uppercased().replacing("-", with: "_")
        return name == "CONTENT_TYPE" ? name : "HTTP_" + name
    }
}
