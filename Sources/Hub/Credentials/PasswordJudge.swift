import Crypto
import Protocol
import Realtime
import Store

/// Compares a password with every account of one name.
///
/// The accounts of a name share their salt, so that one hash is computed whether nobody, one team or
/// several have that name, and the time tells nothing. A hash from before that, or of another cost,
/// is compared on its own, also with the password in the form in which it came, and is renewed by
/// the right password.
struct PasswordJudge: Sendable {
    /// The right password was given.
    struct Match: Sendable {
        let user: UserID
        /// The hash that was compared, so that a change meanwhile is seen.
        let stored: String
        /// What to keep instead.
        let renewed: String?
    }

    let password: Secret
    let salt: PasswordSalt
    /// In the order in which they are preferred.
    let candidates: [UserRow]

    /// 16: accounts of one name that a sign-in without a team looks at, the oldest first.
    static let maximumCandidates = 16

    /// Blocks for 100 ms, or a multiple where there are old hashes.
    ///
    /// On a password thread.
    @Sendable func match() -> Match? {
        let text = PasswordText(password.reveal())
        let known = candidates.compactMap { user in
            PasswordHash(stored: user.password).map { (user: user, hash: $0) }
        }
        let old = known.filter { !$0.hash.isMade(with: salt) }
        if !old.isEmpty, let match = match(text, old) { return match }
        // Another one instead of those above: an unknown name takes no less time than a known one.
        if old.isEmpty && text.isRecomposed { _ = hash(text.raw) }
        guard old.isEmpty || old.count < known.count, let made = hash(text.composed) else {
            return nil
        }
        let right = known.first { $0.hash.isEqual(to: made) }
        return right.map { Match(user: $0.user.id, stored: $0.hash.stored, renewed: nil) }
    }

    private func match(
        _ text: PasswordText, _ old: [(user: UserRow, hash: PasswordHash)]
    ) -> Match? {
        let forms = text.isRecomposed ? [text.composed, text.raw] : [text.composed]
        for (user, hash) in old where forms.contains(where: { hash.matches($0) }) {
            return Match(
                user: user.id, stored: hash.stored, renewed: self.hash(text.composed)?.stored)
        }
        return nil
    }

    /// Nil without the memory for it: then nobody signs in.
    private func hash(_ password: String) -> PasswordHash? {
        try? PasswordHash(hashing: password, salt: salt)  // no memory: said once, at start
    }
}

extension HubCore {
    /// The salt of everybody who has this name.
    func passwordSalt(_ name: UserName, _ store: StoreTransaction) throws -> PasswordSalt {
        let secret = try store.installationValue("passwordSalt") {
            Base64URL.encode(SecureRandom.bytes(32))
        }
        return PasswordSalt(secret: secret, name: name.folded)
    }

    /// Fills in what names are compared by, for accounts from before that; says which are one now.
    func foldNames(_ store: StoreTransaction) throws {
        for user in try store.usersWithoutFolding() {
            let name = UserName(user.name)
            if try store.hasUser(folded: name.folded, look: name.look, in: user.teamID) {
                logger.warning(
                    """
                    an account's name is that of another in its team, or looks like it; both still \
                    sign in, each with its own password; make one anew under another name
                    """,
                    metadata: ["user": "\(user.id)", "name": "\(user.name)"])
            }
            try store.setFolding(name.folded, look: name.look, of: user.id)
        }
    }
}
