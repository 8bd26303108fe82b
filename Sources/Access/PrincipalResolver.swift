import Crypto
import Protocol
import Realtime

/// Decides whom a request acts as: the one resolver of WebSocket handshakes and REST.
///
/// The first place that holds something decides, and an invalid credential there never falls back
/// to the next place: whoever sent it meant it.
public enum PrincipalResolver {
    /// A principal, and where its credential stood.
    public struct Resolution: Sendable, Equatable {
        public let principal: Principal
        public let source: CredentialSource
        /// When the credential ends, as far as that is known today.
        public let expiresAt: Timestamp?
    }

    /// Finds the credential and checks it against the table.
    ///
    /// Pure: the same for the same arguments. Costs one hash of the token's secret.
    public static func resolve(
        _ presented: PresentedCredentials, _ table: CredentialTable, at now: Timestamp
    ) throws(AccessError) -> Resolution {
        if let parameter = QueryText.credentialParameter(in: presented.query ?? "") {
            throw .inQuery(parameter: parameter)
        }
        guard let (source, token) = find(presented) else { throw .missing }
        guard table.isCurrent else { throw .unavailable }
        guard let token, let (form, id, secret) = TokenForm.split(token), mayHold(source, form)
        else { throw invalidity(source, token) }
        guard let credential = table[id] else { throw invalidity(source, token, isUnknown: true) }
        guard credential.isOf(form), let digest = Digest(hex: credential.digest),
            Digest(of: secret) == digest
        else { throw invalidity(source, token) }
        if credential.isExpired(at: now) {
            throw form == .login ? .sessionExpired : .invalidAPIKey(isUnknown: false)
        }
        return Resolution(
            principal: Principal(credential), source: source, expiresAt: credential.expiresAt)
    }

    /// The first place that holds anything; no token where what it holds has the wrong form.
    private static func find(
        _ presented: PresentedCredentials
    ) -> (source: CredentialSource, token: String?)? {
        if let apiKey = presented.apiKey { return (.apiKeyHeader, apiKey) }
        if let header = presented.authorization, isOurs(header) {
            return (.authorizationHeader, bearer(header))
        }
        let prefix = PresentedCredentials.subprotocolPrefix
        let offers = presented.subprotocols.filter { $0.hasPrefix(prefix) }
        if let first = offers.first {
            let isUnique = offers.allSatisfy { $0 == first }
            return (.subprotocol, isUnique ? String(first.dropFirst(prefix.count)) : nil)
        }
        switch CookieText.value(of: PresentedCredentials.cookieName, in: presented.cookie ?? "") {
        case .absent: return nil
        case .malformed: return (.cookie, nil)
        case .value(let value): return (.cookie, value)
        }
    }

    /// Whether it may be meant for us: another scheme (`Basic`, `Negotiate`) is that of a proxy in
    /// front, for which a browser sends it with every request.
    private static func isOurs(_ header: String) -> Bool {
        guard let scheme = header.split(separator: " ").first else { return true }
        return scheme.lowercased() == "bearer"
    }

    /// RFC 6750 §2.1; the scheme's case does not matter (RFC 9110 §11.1).
    private static func bearer(_ header: String) -> String? {
        let parts = header.split(separator: " ", omittingEmptySubsequences: true)
        guard parts.count == 2, parts[0].lowercased() == "bearer" else { return nil }
        return String(parts[1])
    }

    private static func mayHold(_ source: CredentialSource, _ form: TokenForm) -> Bool {
        switch source {
        case .apiKeyHeader: form == .apiKey
        case .cookie: form == .login
        case .authorizationHeader, .subprotocol: true
        }
    }

    private static func invalidity(
        _ source: CredentialSource, _ token: String?, isUnknown: Bool = false
    ) -> AccessError {
        let isLogin =
            switch source {
            case .apiKeyHeader: false
            case .cookie: true
            case .authorizationHeader, .subprotocol:
                token?.hasPrefix(TokenForm.login.rawValue) == true
            }
        return isLogin
            ? .invalidSession(isUnknown: isUnknown) : .invalidAPIKey(isUnknown: isUnknown)
    }
}

extension Credential {
    fileprivate func isOf(_ form: TokenForm) -> Bool {
        switch subject {
        case .apiKey: form == .apiKey
        case .login: form == .login
        }
    }
}
