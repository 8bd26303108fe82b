import CSodium

/// Base64 with the alphabet that is safe in URLs, file names and cookies, without padding
/// (RFC 4648 §5).
public enum Base64URL {
    private static let variant = Int32(sodium_base64_VARIANT_URLSAFE_NO_PADDING)

    /// Encodes; the cost is linear and the time independent of the bytes (`sodium_bin2base64`).
    public static func encode(_ bytes: [UInt8]) -> String {
        // The size counts the zero at the end, which C wants and Swift does not.
        var text = [CChar](repeating: 0, count: sodium_base64_encoded_len(bytes.count, variant))
        unsafe sodium_bin2base64(&text, text.count, bytes, bytes.count, variant)
        return String(decoding: text.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Decodes; `nil` for any other character, for padding, and for a length or last character that
    /// the encoder does not make.
    public static func decode(_ text: String) -> [UInt8]? {
        let characters = text.utf8.map { CChar(bitPattern: $0) }
        var bytes = [UInt8](repeating: 0, count: characters.count)
        var length = 0
        let status = unsafe sodium_base642bin(
            &bytes, bytes.count, characters, characters.count, nil, &length, nil, variant)
        return status == 0 ? Array(bytes.prefix(length)) : nil
    }
}
