import FastCGI
import JSON
import Protocol

/// Reads a request's body as JSON and says what is wrong with it.
struct RequestBody {
    let maximumBytes: Int

    /// The body; an empty one counts as `{}`.
    ///
    /// Not JSON, by its media type or its text, is 415; JSON that nobody could mean (a key twice, a
    /// number out of range, nesting without end) is 400.
    func read(_ request: Request) throws(Refusal) -> JSONValue {
        let bytes = try bytes(of: request)
        if bytes.isEmpty { return [:] }
        guard Self.isJSON(request.header("content-type")) else {
            throw Refusal(
                .unsupportedMediaType, "the body is not JSON: send content-type: application/json")
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
        let type = (contentType ?? "").prefix { $0 != ";" }.lowercased()
        let words = type.split { $0 == " " || $0 == "\t" }
        guard words.count == 1, let word = words.first else { return false }
        return word == "application/json" || word.hasSuffix("+json")
    }

    private static func refusal(_ error: JSONError) -> Refusal {
        switch error.reason {
        case .truncated, .syntax, .invalidUTF8, .trailingBytes, .outOfMemory:
            Refusal(
                .unsupportedMediaType, "the body is not JSON: \(error)",
                details: [
                    "line": .integer(Int64(error.line)), "column": .integer(Int64(error.column)),
                ])
        case .duplicateKey, .zeroInKey, .numberOutOfRange, .tooDeep:
            Refusal(path: "", "\(error)")
        }
    }
}
