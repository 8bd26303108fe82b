import Access
import Protocol

/// Decides whom a request acts as.
///
/// A seam: the worker's is ``CredentialGate``. Any thread, without a round trip to the hub.
package protocol Gate: Sendable {
    /// - Throws: why a missing, wrong or ended credential is refused, and every credential while the
    ///   hub is away.
    func admit(_ request: Request) throws(AccessError) -> Caller
}

/// Who asks, and how it was proven.
package struct Caller: Sendable {
    package let principal: Principal
    /// A browser sends a cookie on its own, so that it alone allows no write.
    package let isByCookie: Bool

    package init(principal: Principal, isByCookie: Bool) {
        self.principal = principal
        self.isByCookie = isByCookie
    }
}
