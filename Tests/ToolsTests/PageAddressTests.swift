import HTTPClient
import Testing
import Tools

@Suite struct `Page addresses` {
    @Test(arguments: [
        ("http://example.org", "http://example.org:80/"),
        ("HTTPS://Example.ORG/a?b#c", "https://example.org:443/a?b"),
        ("http://example.org:8080?x", "http://example.org:8080/?x"),
        ("http://a_b.x--y.org/", "http://a_b.x--y.org:80/"),
        ("http://xn--bcher-kva.example/ü", "http://xn--bcher-kva.example:80/%C3%BC"),
        ("http://93.184.216.34/", "http://93.184.216.34:80/"),
        ("http://[2001:DB8:0:0::1]:81/", "http://[2001:db8::1]:81/"),
        ("http://x.org/a@b:c/[d]", "http://x.org:80/a@b:c/[d]"),
    ])
    func `a plain address is put together anew`(_ text: String, _ url: String) throws {
        #expect(try WebFetcher.address(text).url == url)
    }

    @Test(
        arguments: [
            ("/x", "http://a.org:80/x"), ("x", "http://a.org:80/b/x"),
            ("?x", "http://a.org:80/b/c?x"),
            ("#x", "http://a.org:80/b/c?d"), ("", "http://a.org:80/b/c?d"),
            ("//b.org/x", "http://b.org:80/x"), ("https://b.org", "https://b.org:443/"),
            ("x/y:z", "http://a.org:80/b/x/y:z"), ("../x", "http://a.org:80/b/../x"),
            ("x:y", nil), ("ftp://b.org/", nil), ("//b.org@c.org/", nil), ("\\\\b.org/", nil),
            ("/\\b.org/", nil), ("http:/b.org", nil), ("http:x", nil), (" http://b.org/", nil),
            ("///b.org", nil), ("//0177.1/", nil), ("HTTP:b.org", nil),
        ] as [(String, String?)])
    func `a redirect is resolved by us, and read as strictly`(
        _ reference: String, _ url: String?
    ) throws {
        let base = try PageAddress("http://a.org/b/c?d#e")
        let address = try? WebFetcher.address(try base.resolve(reference))
        #expect(address?.url == url)
    }

    /// Pieces that parsers are known to read in different ways, put together from a seed.
    @Test(arguments: 1...8 as ClosedRange<UInt64>)
    func `libcurl reads the same host and port in every address that is taken`(
        _ seed: UInt64
    ) throws {
        var random = SeededRandom(seed: seed)
        var taken = 0
        for _ in 0..<20_000 {
            let text = OddAddress.make(&random)
            guard let address = try? PageAddress(text) else { continue }
            taken += 1
            for read in [URLParts(text), URLParts(address.url)] {
                let parts = try #require(
                    read, "seed \(seed): libcurl refuses \(text.debugDescription)")
                #expect(
                    parts.scheme == address.scheme && parts.port == address.port
                        && parts.host.lowercased() == address.host && !parts.namesMore,
                    "seed \(seed): \(text.debugDescription) is \(parts) to libcurl")
            }
        }
        #expect(taken > 200, "most of what is made is refused; some of it must be taken")
    }
}

/// Addresses as attackers write them.
private enum OddAddress {
    static func make(_ random: inout SeededRandom) -> String {
        var text = pick(schemes, &random) + pick(users, &random) + pick(hosts, &random)
        text += pick(ports, &random) + pick(paths, &random)
        // One time in three, one more odd character anywhere.
        guard random.next() % 3 == 0 else { return text }
        var scalars = Array(text.unicodeScalars)
        let place = Int(random.next() % UInt64(scalars.count + 1))
        scalars.insert(contentsOf: Array(pick(odd, &random).unicodeScalars), at: place)
        return String(String.UnicodeScalarView(scalars))
    }

    private static func pick(_ words: [String], _ random: inout SeededRandom) -> String {
        words[Int(random.next() % UInt64(words.count))]
    }

    private static let schemes =
        Array(repeating: "http://", count: 6) + [
            "https://", "HTTP://", "http:/", "http:", "http:\\\\", "http:///", "//", "ftp://",
            " http://", "http ://", "view-source:http://", "httpſ://",
        ]
    private static let users =
        Array(repeating: "", count: 12) + [
            "a@", "a:b@", "a#@", "a?@", "a/@", "a\\@", "@", "a@b@", "%40", "a%40", "[a]@", ";@",
        ]
    private static let hosts = [
        "example.org", "EXAMPLE.org", "a.b-c.org", "a_b.org", "xn--bcher-kva.example", "1.2.3.4",
        "127.0.0.1", "localhost", "255.255.255.255", "256.1.1.1", "1.2.3", "1.2.3.4.5", "127.1",
        "0177.0.0.1", "0x7f.1", "0x7f000001", "2130706433", "4294967296", "1.2.3.4.", "a.org.",
        "a..org", ".a.org", "-a.org", "a-.org", "a.0x", "a.1", "a.0x7g", "[::1]",
        "[::ffff:1.2.3.4]",
        "[::1%25eth0]", "[::1%eth0]", "[fe80::1]", "[::1", "::1", "[1.2.3.4]", "[v1.a]", "[]",
        "[::00001]", "ex%61mple.org", "%31.2.3.4", "bücher.example", "１.２.３.４", "a。org", "a\u{AD}b",
        "", "a b", "a\tb", "a\nb", "a,b", "a;b", "a!b", "a'b", "a(b)", "a~b", "a*b", "a$b", "a&b=c",
        "a|b", "a<b", "a\"b", "a`b", "a{b}", "a^b", "0", "00", "08", "1e3", "0.0", "①.2.3.4",
        String(repeating: "a", count: 63) + ".org", String(repeating: "a", count: 64) + ".org",
        String(repeating: "a.", count: 127) + "b",
    ]
    private static let ports =
        Array(repeating: "", count: 6) + [
            ":80", ":8080", ":", ":0", ":080", ":65535", ":65536", ":99999999999", ":-1", ":+80",
            ": 80", ":8０", ":80:90", ":80@x", ":a", ":%38%30", ":80\\", ":0x50",
        ]
    private static let paths = [
        "", "/", "/a/b", "/../x", "?q", "#f", "/@b", "/a:80", "\\a", "/\\b", "/%2e%2e/", "?a@b",
        "#@b/", "/ü", "//x.org", "/a|b{c}", "?", "#", ";x", "/a\u{0}b", "/a?b#c?d",
    ]
    private static let odd = [
        "@", ":", "/", "\\", "?", "#", "%", "[", "]", ".", "..", "\t", "\n", "\r", " ", "\u{0}",
        "\u{7F}", "\u{A0}", "\u{200B}", "\u{FF0E}", "\u{2024}", "\u{2044}", "\u{FF0F}", "\u{301}",
        "%00", "%2f", "%40", "%09", "0", "-", "_", "x",
    ]
}

/// SplitMix64: the same addresses for the same seed, everywhere.
struct SeededRandom: RandomNumberGenerator {
    private var state: UInt64
    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }
}
