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

    /// Moves the token of a new login out of the hub's answer and into the cookie.
    static func answer(_ result: JSONValue) throws(Refusal) -> Response {
        guard let token = result["token"]?.stringValue, TokenForm.split(token) != nil,
            let principal = result["principal"]
        else {
            throw Refusal(.internalError, "the hub answered a login without a token")
        }
        var response = Response.json(principal)
        response.headers.append(("Set-Cookie", "\(name)=\(token); \(attributes)"))
        return response
    }
}
