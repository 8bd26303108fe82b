import Protocol

/// When a credential was last used, as workers report it every few seconds.
extension HubCore {
    func noteUse(of ids: [CredentialID], _ iteration: Iteration) throws {
        for id in ids {
            switch credentials[id]?.subject {
            case .apiKey: try iteration.store.setKeyUsed(id, at: iteration.now)
            case .login: try iteration.store.setLoginUsed(id, at: iteration.now)
            case nil: break
            }
        }
    }
}
