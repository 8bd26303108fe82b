import FastCGI
import JSON
import Protocol

/// Reads a request's body as JSON and says what is wrong with it.
struct RequestBody {
    let maximumBytes: Int

    /// The body; an empty one counts as `{}` where a route may do without.
    ///
    /// Another media type or charset is 415; text that is no JSON in UTF-8 (a byte order mark, UTF-16
    /// and a NUL among it) is 400 `INVALID_JSON`; JSON that nobody could mean (a key twice, a number
    /// out of range, nesting without end) is 400 `VALIDATION_ERROR`.
    func read(_ request: Request, isOptional: Bool) throws(Refusal) -> JSONValue {
        let bytes = try bytes(of: request)
        if bytes.isEmpty {
            guard isOptional else { throw Refusal(path: "", "the body is required") }
            return [:]
        }
        guard Self.isJSON(request.header("content-type")) else {
            throw Refusal(
                .unsupportedMediaType,
                "the body is not JSON in UTF-8: send content-type: application/json")
        }
        do {
            return try JSONValue(parsing: bytes, maximumDepth: Limits.maximumJSONDepth)
        } catch {
            throw Self.refusal(error)
        }
    }

    private func bytes(of request: Request) throws(Refusal) -> [UInt8] {
        do {
            return try request.readBody(maximumBytes: maximumBytes)
        } catch {
            switch error {
            case .tooLarge:
                throw Refusal(
                    .payloadTooLarge, "the body is over the limit of \(maximumBytes) bytes",
                    details: ["maximumBytes": .integer(Int64(maximumBytes))])
            case .truncated, .malformedLength: throw Refusal(.badRequest, "\(error)")
            }
        }
    }

    private static func isJSON(_ contentType: String?) -> Bool {
        let parts = (contentType ?? "").lowercased().split(
            separator: ";", omittingEmptySubsequences: false
        ).map { part in part.split { $0 == " " || $0 == "\t" }.joined(separator: " ") }
        guard let type = parts.first, type == "application/json" || type.hasSuffix("+json"),
            !type.contains(" ")
        else { return false }
        let charsets = parts.dropFirst().filter { $0.hasPrefix("charset=") }
        return charsets.allSatisfy { ["charset=utf-8", "charset=\"utf-8\""].contains($0) }
    }

    private static func refusal(_ error: JSONError) -> Refusal {
        switch error.reason {
        case .truncated, .syntax, .invalidUTF8, .trailingBytes:
            Refusal(
                .invalidJSON, "the body is not JSON: \(error)",
                details: [
                    "line": .integer(Int64(error.line)), "column": .integer(Int64(error.column)),
                ])
        case .outOfMemory:
            Refusal(.serviceUnavailable, "there is no memory for the body; try again")
        case .duplicateKey, .zeroInKey, .numberOutOfRange, .tooDeep:
            Refusal(path: "", "\(error)")
        }
    }
}
