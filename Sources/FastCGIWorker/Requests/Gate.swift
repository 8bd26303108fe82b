import Protocol

/// Decides whom a request acts as.
///
/// A seam: the worker's is ``CredentialGate``. /// Any thread, without a round trip to the hub.
package protocol Gate: Sendable {
    /// - Throws: the refusal of a missing, wrong or ended credential, and of every credential while
    ///   the hub is away.
    func admit(_ request: Request) throws(Refusal) -> Caller
    /// Whether the request was refused for a credential that the worker may not have heard of yet.
    func isUnknown(_ request: Request) -> Bool
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
