import JSON

extension APIError {
    /// From the body and headers of an answer that is no success.
    ///
    /// A body that is not an API's (a proxy's page) is not shown; the status says enough.
    public init(status: Int, headers: [(name: String, value: String)], body: [UInt8]) {
        // A proxy's page is no JSON: then there is no type and no message.
        let error = (try? StreamData(body))?.error
        self.init(
            kind: Kind(type: error?.type, code: error?.code, status: status), status: status,
            message: error?.message ?? "no message", code: error?.code,
            requestID: headers.first { $0.name == "request-id" }?.value ?? error?.requestID,
            advice: RetryAdvice(headers: headers))
    }

    /// From an error in the middle of a stream.
    init(streamed error: ErrorData?) {
        self.init(
            kind: Kind(type: error?.type, code: error?.code, status: 0), status: 200,
            message: error?.message ?? "no message", code: error?.code,
            requestID: error?.requestID)
    }

    /// The same without a secret that a careless peer put into it, and with the answer's id.
    func redacted(_ secret: String, requestID: String?) -> APIError {
        APIError(
            kind: kind, status: status, message: message.replacing(secret, with: "<redacted>"),
            code: code?.replacing(secret, with: "<redacted>"),
            requestID: self.requestID ?? requestID, advice: advice)
    }
}

extension String {
    fileprivate func replacing(_ secret: String, with replacement: String) -> String {
        guard !secret.isEmpty else { return self }
        var result = ""
        var rest = self[...]
        while !rest.isEmpty {
            if rest.hasPrefix(secret) {
                result += replacement
                rest = rest.dropFirst(secret.count)
            } else {
                result.append(rest.removeFirst())
            }
        }
        return result
    }
}
