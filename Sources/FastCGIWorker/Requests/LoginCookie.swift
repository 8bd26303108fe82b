import Access
import JSON
import Protocol
import Realtime

/// The cookies of a signed-in browser: the login, and a mark of the device that outlives it.
///
/// Both are closed to scripts and to other sites, and their names begin with `__Host-`: a browser
/// takes such a one over TLS from this very host only, so that no sibling domain plants one.
enum LoginCookie {
    static let name = PresentedCredentials.cookieName
    /// Proves nothing by itself: a browser that shows it is judged by its own failures to sign in.
    static let deviceName = "__Host-switchboard.device"

    private static let attributes = "HttpOnly; Secure; SameSite=Strict; Path=/"
    /// 400 days: as long as browsers keep a cookie (RFC 6265bis §5.5).
    private static let deviceSeconds = 400 * 86_400

    /// Makes a browser forget its login; the device stays known.
    static let cleared: Response.Header = ("Set-Cookie", "\(name)=; Max-Age=0; \(attributes)")

    /// What the browser keeps of an earlier sign-in; nil for nothing, and for several that may have
    /// been planted.
    static func device(in request: Request) -> String? {
        guard
            case .value(let token) = CookieText.value(
                of: deviceName, in: request.header("cookie") ?? ""),
            (1...128).contains(token.utf8.count), token.utf8.allSatisfy({ 0x21...0x7E ~= $0 })
        else { return nil }
        return token
    }

    /// Moves the tokens of a new login out of the hub's answer and into cookies that live as long.
    ///
    /// Example of the hub's answer:
    /// `{"token":"swl_l1.…","expiresAt":"2026-12-20T08:30:00.000Z","deviceToken":null,"me":{…}}`.
    static func answer(
        _ result: JSONValue, device: String?, at now: Timestamp
    ) throws(Refusal) -> Response {
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
        // Known already, its time begins anew.
        if let device = result["deviceToken"]?.stringValue ?? device {
            response.headers.append(
                ("Set-Cookie", "\(deviceName)=\(device); Max-Age=\(deviceSeconds); \(attributes)"))
        }
        return response
    }
}
