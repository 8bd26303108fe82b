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
    private let headers: (String) -> String?
    private let body: (_ maximumBytes: Int) -> Result<[UInt8], FastCGIBodyError>

    /// - Parameter headers: looks up a header by its lower-case name.
    package init(
        method: String, path: String, prefix: String = "", query: String? = nil,
        remoteAddress: String,
        headers: @escaping (String) -> String?,
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

    /// A header by its lower-case name; several of a name come as the web server joined them.
    package func header(_ name: String) -> String? {
        headers(name)
    }

    /// Reads the body, at most once.
    package func readBody(maximumBytes: Int) throws(FastCGIBodyError) -> [UInt8] {
        try body(maximumBytes).get()
    }
}

extension Request {
    /// Views a request of libfcgi, which must outlive this value.
    init(_ request: FastCGIRequest) {
        let prefix = request.parameter("SWITCHBOARD_PREFIX") ?? ""
        // Spelled otherwise it is found by nothing.
        let isBelow = request.path.hasPrefix("\(prefix)/")
        self.init(
            method: request.method,
            path: isBelow ? String(request.path.dropFirst(prefix.count)) : request.path,
            prefix: prefix, query: request.query,
            remoteAddress: request.parameter("REMOTE_ADDR") ?? "",
            headers: { name in
                name == "content-type"
                    ? request.parameter("CONTENT_TYPE")
                    : request.parameter(Self.parameterName(name))
            },
            body: { maximumBytes in
                Result { () throws(FastCGIBodyError) in
                    try request.readBody(maximumBytes: maximumBytes)
                }
            })
    }

    /// `x-api-key` is `HTTP_X_API_KEY` (RFC 3875 §4.1.18).
    private static func parameterName(_ header: String) -> String {
        "HTTP_" + header.uppercased().replacing("-", with: "_")
    }
}
