/// One whole HTTP request, as the web server passed it on.
public struct FastCGIRequest: Equatable, Sendable {
    let id: UInt16
    public let parameters: FastCGIParameters
    /// The body, or why it is not there.
    public let body: Result<[UInt8], FastCGIBodyError>

    /// - Parameter received: the body as far as it was kept; nil where it was over the limit.
    init(
        id: UInt16, parameters: FastCGIParameters, received: [UInt8]?, maximumBodyBytes: Int
    ) {
        self.id = id
        self.parameters = parameters
        body = Result { () throws(FastCGIBodyError) in
            let announced = try Self.announcedBytes(parameters)
            guard let received, announced <= maximumBodyBytes else {
                throw .tooLarge(maximumBytes: maximumBodyBytes)
            }
            guard received.count == announced else { throw .truncated }
            return received
        }
    }

    /// A parameter of the web server, such as `HTTP_COOKIE`; the first of several, nil of none.
    public func parameter(_ name: String) -> String? { parameters[name].first }

    /// The method in the case in which it was sent; empty where the web server names none.
    public var method: String { parameter("REQUEST_METHOD") ?? "" }

    /// The path as the client sent it, without the query and not decoded.
    public var path: String { String((parameter("REQUEST_URI") ?? "").prefix { $0 != "?" }) }

    /// What stands behind the question mark, not decoded; nil where there is nothing.
    public var query: String? {
        parameter("QUERY_STRING").flatMap { $0.isEmpty ? nil : $0 }
    }

    /// `CONTENT_LENGTH`, 0 where there is none (RFC 3875 §4.1.2: digits only).
    private static func announcedBytes(
        _ parameters: FastCGIParameters
    ) throws(FastCGIBodyError) -> Int {
        let texts = parameters["CONTENT_LENGTH"].filter { !$0.isEmpty }
        guard let text = texts.first else { return 0 }
        guard texts.count == 1, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let count = Int(text)
        else { throw .malformedLength }
        return count
    }
}
