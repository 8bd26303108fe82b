import CCurl
import Glibc

/// Where a URL leads as libcurl's own parser reads it (curl_url_set(3)): the second opinion beside
/// a parser of ours.
public struct URLParts: Sendable, Equatable {
    /// In lower case.
    public let scheme: String
    /// As it would be looked up; an IPv6 address in brackets.
    public let host: String
    /// The scheme's own where the URL names none.
    public let port: Int
    /// Whether a user, a password or an IPv6 zone is named.
    public let namesMore: Bool

    /// - Returns: nil for what libcurl does not take.
    public init?(_ url: String) {
        guard let handle = unsafe curl_url() else { return nil }
        defer { unsafe curl_url_cleanup(handle) }
        guard unsafe curl_url_set(handle, CURLUPART_URL, url, 0) == CURLUE_OK,
            let scheme = unsafe Self.part(CURLUPART_SCHEME, of: handle),
            let host = unsafe Self.part(CURLUPART_HOST, of: handle),
            let port = unsafe Self.part(CURLUPART_PORT, of: handle).flatMap({ Int($0) })
        else { return nil }
        self.scheme = scheme
        self.host = host
        self.port = port
        namesMore = [CURLUPART_USER, CURLUPART_PASSWORD, CURLUPART_OPTIONS, CURLUPART_ZONEID]
            .contains { unsafe Self.part($0, of: handle) != nil }
    }

    private static func part(_ part: CURLUPart, of handle: OpaquePointer) -> String? {
        var text: UnsafeMutablePointer<CChar>?
        let code = unsafe curl_url_get(handle, part, &text, switchboard_CURLU_DEFAULT_PORT)
        guard code == CURLUE_OK, let text = unsafe text else { return nil }
        defer { unsafe curl_free(text) }
        return unsafe String(cString: text)
    }
}
