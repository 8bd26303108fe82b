import Crypto
import Testing

@Suite struct DigestTests {
    init() throws { try Crypto.initialise() }

    @Test func `the digest is BLAKE2b-256`() {
        // From Python's hashlib.blake2b(b"abc", digest_size=32).
        let expected = "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319"
        #expect(Digest(of: "abc").hex == expected)
        #expect(Digest(of: "").bytes.count == 32)
        #expect("\(Digest(of: "abc"))" == expected)
    }

    @Test func `a digest comes back from its hexadecimal form`() {
        let digest = Digest(of: "token")
        #expect(Digest(hex: digest.hex) == digest)
        #expect(Digest(hex: digest.hex.uppercased()) == digest)
        #expect(Digest(bytes: digest.bytes) == digest)
        #expect(digest != Digest(of: "Token"))
    }

    @Test func `what is no digest is refused`() {
        #expect(Digest(bytes: [1, 2]) == nil)
        #expect(Digest(hex: "") == nil)
        #expect(Digest(hex: String(repeating: "g", count: 64)) == nil)
        #expect(Digest(hex: String(repeating: "١", count: 32)) == nil)
    }

    @Test func `a digest finds itself in a dictionary`() {
        let table = Dictionary(uniqueKeysWithValues: (0..<100).map { (Digest(of: "\($0)"), $0) })
        #expect(table[Digest(of: "57")] == 57)
        #expect(table[Digest(of: "100")] == nil)
    }
}

@Suite struct SecureRandomTests {
    init() throws { try Crypto.initialise() }

    @Test func `an identifier is 22 characters of the URL alphabet and new each time`() {
        let identifiers = Set((0..<1000).map { _ in SecureRandom.identifier() })
        #expect(identifiers.count == 1000)
        for identifier in identifiers {
            #expect(identifier.utf8.count == 22)
            #expect(Base64URL.decode(identifier)?.count == 16)
        }
    }

    @Test func `uniform numbers stay below their bound`() {
        #expect((0..<1000).allSatisfy { _ in SecureRandom.uniform(below: 7) < 7 })
        #expect(Set((0..<1000).map { _ in SecureRandom.uniform(below: 7) }).count == 7)
        #expect(SecureRandom.uniform(below: 0) == 0)
        #expect(SecureRandom.bytes(0).isEmpty)
    }
}

@Suite struct Base64URLTests {
    @Test func `bytes of every length come back`() {
        for count in 0..<70 {
            let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 151) }
            #expect(Base64URL.decode(Base64URL.encode(bytes)) == bytes)
        }
        #expect(Base64URL.encode([0xFB, 0xFF, 0xBF]) == "-_-_")
        #expect(Base64URL.encode([]) == "")
    }

    @Test(arguments: ["A", "AA==", "+/+/", "AB", "A A", "AA\n", "é"])
    func `what the encoder does not make is refused`(text: String) {
        #expect(Base64URL.decode(text) == nil)
    }
}

@Suite struct PasswordHashTests {
    init() throws { try Crypto.initialise() }

    @Test func `passwords of one salt are compared by one hash`() throws {
        let salt = PasswordSalt(secret: "s", name: "ann")
        let kept = try PasswordHash(hashing: "correct horse", salt: salt)
        #expect(kept.matches("correct horse") && !kept.matches("wrong horse"))
        #expect(
            kept.isMade(with: salt) && !kept.isMade(with: PasswordSalt(secret: "s", name: "bob")))
        #expect(try kept.isEqual(to: PasswordHash(hashing: "correct horse", salt: salt)))
        #expect(try !kept.isEqual(to: PasswordHash(hashing: "wrong horse", salt: salt)))
        #expect(try !PasswordHash(hashing: "correct horse").isMade(with: salt))
    }

    @Test func `only the right password matches, also after storage`() throws {
        let hash = try PasswordHash(hashing: "pässwörd")
        let back = try #require(PasswordHash(stored: hash.stored))
        #expect(hash.stored.hasPrefix("$argon2id$"))
        #expect(back.matches("pässwörd"))
        #expect(!back.matches("pässwörd "))
        #expect(!back.matches(""))
    }

    @Test func `what is no stored hash is refused, and a damaged one matches nothing`() {
        #expect(PasswordHash(stored: "secret") == nil)
        #expect(PasswordHash(stored: "$argon2id$\n") == nil)
        #expect(PasswordHash(stored: "$argon2id$" + String(repeating: "a", count: 200)) == nil)
        #expect(PasswordHash(stored: "$argon2id$v=19$broken")?.matches("") == false)
    }
}

@Suite struct SecretTests {
    @Test func `no way of printing shows the text`() {
        let secret = Secret("hunter2")
        var dumped = ""
        dump(secret, to: &dumped)
        for text in ["\(secret)", String(reflecting: secret), "\([secret])", dumped] {
            #expect(!text.contains("hunter2"))
        }
        #expect(secret.reveal() == "hunter2")
    }
}
