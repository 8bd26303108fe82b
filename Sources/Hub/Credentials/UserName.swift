import Foundation

/// A user name and what it is compared by.
///
/// Names that differ in case or in the form of their characters are one name (``folded``), and so
/// are names that look alike (``look``), in the manner of Unicode TS #39: a stranger must not be able
/// to pass for a colleague in a question or a list.
struct UserName: Equatable, Sendable {
    /// As it is shown: in the composed form (NFC).
    let text: String
    /// NFKC and without case; what people sign in by.
    let folded: String
    /// ``folded`` of the Latin letters that it looks like.
    let look: String

    /// Any text: one that somebody types to sign in, or one on record.
    init(_ text: String) {
        self.text = text.precomposedStringWithCanonicalMapping
        folded = Self.folded(text)
        look = Self.folded(Self.latinised(text.precomposedStringWithCompatibilityMapping))
    }

    /// What a new name has to be; nil where it is that.
    var problem: String? {
        let scalars = text.unicodeScalars
        guard scalars.allSatisfy(Self.isVisible) else {
            return "letters, digits, single spaces and . _ - ' + @ only, nothing invisible"
        }
        let alphabets = Set(folded.unicodeScalars.compactMap(Alphabet.init))
        guard alphabets.count <= 1 else {
            return "letters of one alphabet, not of Latin, Greek and Cyrillic mixed"
        }
        guard text.first != " ", text.last != " ", !text.contains("  ") else {
            return "no space at either end, and single ones between words"
        }
        return nil
    }

    /// Unicode's default caseless match over compatibility forms, as far as names need it: upper case
    /// first, so that ß is ss and both sigmas are one.
    private static func folded(_ text: String) -> String {
        text.precomposedStringWithCompatibilityMapping.uppercased().lowercased()
            .precomposedStringWithCompatibilityMapping
    }

    private static func latinised(_ text: String) -> String {
        String(String.UnicodeScalarView(text.unicodeScalars.map { lookAlikes[$0] ?? $0 }))
    }

    private static func isVisible(_ scalar: Unicode.Scalar) -> Bool {
        if " ._-'+@".unicodeScalars.contains(scalar) { return true }
        guard !scalar.properties.isDefaultIgnorableCodePoint else { return false }
        switch scalar.properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter,
            .nonspacingMark, .spacingMark, .decimalNumber:
            return true
        default:
            return false
        }
    }

    /// Letters and digits that are drawn as a Latin letter is (from Unicode's confusables.txt).
    private static let lookAlikes: [Unicode.Scalar: Unicode.Scalar] = {
        let pairs = [
            ("АВЕЅЗІЈКМНОРСТУХҮԌԛԜҺӀ", "ABES3IJKMHOPCTYXYGQWHI"),
            ("авеѕіјкмнорстухүԁԛԝһӏғ", "abesijkmhopctyxydqwhlf"),
            ("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧ", "ABEZHIKMNOPTYX"), ("αεικνορτυχγ", "aeikvoptuxy"),
            ("0123456789Iı|", "ol23456789lil"), ("ɑɡɩʟɪ", "agili"),
        ]
        var map: [Unicode.Scalar: Unicode.Scalar] = [:]
        for (others, latin) in pairs {
            for (other, letter) in zip(others.unicodeScalars, latin.unicodeScalars) {
                // What looks like a capital I looks like a small l, too.
                map[other] = letter == "I" ? "l" : letter
            }
        }
        return map
    }()
}

/// The alphabets whose letters are mistaken for each other's.
private enum Alphabet {
    case latin, greek, cyrillic, armenian, cherokee

    /// Nil for characters of other scripts, and for those that all scripts share.
    init?(_ scalar: Unicode.Scalar) {
        guard scalar.properties.isAlphabetic else { return nil }
        switch scalar.value {
        case 0x41...0x24F, 0x250...0x2AF, 0x1E00...0x1EFF, 0x2C60...0x2C7F, 0xA720...0xA7FF:
            self = .latin
        case 0x370...0x3FF, 0x1F00...0x1FFF, 0x2C80...0x2CFF: self = .greek
        case 0x400...0x52F, 0x1C80...0x1C8F, 0x2DE0...0x2DFF, 0xA640...0xA69F: self = .cyrillic
        case 0x530...0x58F: self = .armenian
        case 0x13A0...0x13FF, 0xAB70...0xABBF: self = .cherokee
        default: return nil
        }
    }
}

/// A password in the one form that is hashed.
struct PasswordText: Sendable {
    /// Composed (NFC), so that it does not matter how a keyboard writes an ä.
    let composed: String
    /// As it came.
    let raw: String

    init(_ raw: String) {
        self.raw = raw
        composed = raw.precomposedStringWithCanonicalMapping
    }

    /// Whether the two forms differ in bytes: Swift's own comparison cannot tell.
    var isRecomposed: Bool { !raw.utf8.elementsEqual(composed.utf8) }

    /// 8, in code points of the composed form, as NIST SP 800-63B §3.1.1 counts them: guessing is
    /// slowed down besides, so that length need not do it alone.
    static let minimumCharacters = 8
    /// A passphrase fits many times; what is hashed stays small.
    static let maximumBytes = 1_024

    /// What a new password has to be; nil where it is that.
    var problem: String? {
        composed.unicodeScalars.count < Self.minimumCharacters
            ? "at least \(Self.minimumCharacters) characters" : nil
    }
}
