import JSON

/// What a request is answered with: at once, or as a stream that goes on.
enum Answer {
    case whole(status: Int, headers: [(String, String)], body: JSONValue)
    case stream(Performance)

    /// The API's form of an error.
    static func error(
        status: Int, type: String? = nil, message: String, headers: [(String, String)] = []
    ) -> Answer {
        .whole(
            status: status, headers: headers,
            body: [
                "type": "error",
                "error": [
                    "type": .string(type ?? ErrorType.of(status)), "message": .string(message),
                ],
            ])
    }
}

/// The API's names of its errors.
enum ErrorType {
    static func of(_ status: Int) -> String {
        switch status {
        case 401: "authentication_error"
        case 402: "billing_error"
        case 403: "permission_error"
        case 404: "not_found_error"
        case 409: "conflict_error"
        case 413: "request_too_large"
        case 429: "rate_limit_error"
        case 504: "timeout_error"
        case 529: "overloaded_error"
        case 500...: "api_error"
        default: "invalid_request_error"
        }
    }
}

/// Bytes of HTTP/1.1 answers.
enum ResponseText {
    static func head(status: Int, headers: [(String, String)]) -> [UInt8] {
        var text = "HTTP/1.1 \(status) \(reason(status))\r\n"
        for (name, value) in headers { text += "\(name): \(value)\r\n" }
        return Array((text + "\r\n").utf8)
    }

    /// One chunk of a body whose length is not known (RFC 9112 §7.1).
    static func chunk(_ bytes: [UInt8]) -> [UInt8] {
        Array("\(String(bytes.count, radix: 16))\r\n".utf8) + bytes + Array("\r\n".utf8)
    }

    static let lastChunk = Array("0\r\n\r\n".utf8)
    static let goOn = Array("HTTP/1.1 100 Continue\r\n\r\n".utf8)

    private static func reason(_ status: Int) -> String {
        switch status {
        case 200: "OK"
        case 400: "Bad Request"
        case 401: "Unauthorized"
        case 404: "Not Found"
        case 429: "Too Many Requests"
        case 500: "Internal Server Error"
        case 529: "Overloaded"
        default: "Answer"
        }
    }
}
