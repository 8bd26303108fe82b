/// What a person recognises a login by: `Firefox on Linux`.
///
/// Of the header `User-Agent`, which anybody writes: only words of ours, or one plain word of it,
/// reach a list.
package enum DeviceName {
    /// The first that occurs decides: later ones name themselves after earlier ones.
    private static let browsers = [
        ("Edg/", "Edge"), ("EdgA/", "Edge"), ("OPR/", "Opera"),
        ("SamsungBrowser/", "Samsung Internet"),
        ("Firefox/", "Firefox"), ("FxiOS/", "Firefox"), ("HeadlessChrome/", "Chrome"),
        ("CriOS/", "Chrome"), ("Chromium/", "Chromium"), ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
    ]
    private static let systems = [
        ("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"),
        ("CrOS", "ChromeOS"), ("Mac OS X", "macOS"), ("Linux", "Linux"),
    ]

    /// Nil where there is nothing to go by; at most 40 characters.
    package static func of(_ userAgent: String?) -> String? {
        guard let userAgent else { return nil }
        let browser = browsers.first { userAgent.contains($0.0) }?.1
        let system = systems.first { userAgent.contains($0.0) }?.1
        if let browser { return system.map { "\(browser) on \($0)" } ?? browser }
        let word = userAgent.utf8.prefix(40).prefix { byte in
            byte == UInt8(ascii: "/") || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "-")
                || (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte)
                || (0x61...0x7A).contains(byte)
        }
        return word.isEmpty ? system : String(decoding: word, as: UTF8.self)
    }
}
