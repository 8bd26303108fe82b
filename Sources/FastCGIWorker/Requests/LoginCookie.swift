import Access
import JSON
import Protocol
import Realtime

/// The cookie that carries a login: closed to scripts and to other sites.
enum LoginCookie {
    static let name = PresentedCredentials.cookieName

    private static let attributes = "HttpOnly; Secure; SameSite=Strict; Path=/"

    /// Makes a browser forget it.
    static let cleared: Response.Header = ("Set-Cookie", "\(name)=; Max-Age=0; \(attributes)")

    /// Moves the token of a new login out of the hub's answer and into a cookie that lives as long.
    ///
    /// Example of the hub's answer:
    /// `{"token":"swl_l1.…","expiresAt":"2026-12-20T08:30:00.000Z","me":{…}}`.
    static func answer(_ result: JSONValue, at now: Timestamp) throws(Refusal) -> Response {
        guard let token = result["token"]?.stringValue, TokenForm.split(token) != nil,
            let end = result["expiresAt"]?.stringValue.flatMap({ Timestamp(parsing: $0) }),
            let me = result["me"]
        else {
            throw Refusal(.internalError, "the hub answered a login without a token")
        }
        let seconds = max((end - now).wholeMilliseconds / 1_000, 0)
        var response = Response.json(me)
        response.headers.append(
            ("Set-Cookie", "\(name)=\(token); Max-Age=\(seconds); \(attributes)"))
        return response
    }
}
