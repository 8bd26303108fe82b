import HTTPClient
import Testing
import Tools

@Suite struct `Texts and addresses` {
    @Test func `a character is never split, wherever the bytes are cut`() {
        let text = "aß€😀z"
        let bytes = Array(text.utf8)
        for cut in 0...bytes.count {
            for second in cut...bytes.count {
                var pieces = UTF8Pieces()
                let parts = [
                    pieces.append(bytes[..<cut]), pieces.append(bytes[cut..<second]),
                    pieces.append(bytes[second...]), pieces.finish(),
                ]
                #expect(parts.joined() == text)
                #expect(!parts.contains { $0.contains("\u{FFFD}") })
            }
        }
    }

    @Test func `bytes that are no text come out as such, and none is kept for ever`() {
        var pieces = UTF8Pieces()
        #expect(pieces.append([0xFF, 0x61, 0x80]) == "\u{FFFD}a\u{FFFD}")
        #expect(pieces.append([0xE2, 0x82]) == "")
        #expect(pieces.finish() == "\u{FFFD}")
        #expect(pieces.finish() == "")
    }

    @Test(arguments: [
        ("<p>a</p><p>b</p>", "a\n\nb"), ("a<br>b", "a\nb"), ("a <b>b</b>\n c", "a b c"),
        ("<script>x < y</script>a<STYLE>b</STYLE>c", "ac"), ("<!-- x > y -->a", "a"),
        ("1 &lt; 2 &amp;&amp; &#65;&#x42; &bogus; &", "1 < 2 && AB &bogus; &"),
        ("a < b", "a < b"), ("<", "<"), ("<script>never closed", ""),
        ("<!-- never closed", "<!-- never closed"),
        ("<a href=\"https://x.org/\">x</a>", "x (https://x.org/)"),
        ("<ul><li>a<li>b</ul>", "- a\n\n- b"), ("<title>t</title><body>b", "t\n\nb"),
        ("&#0;&#27;&#xD800;a", "&#0;&#27;&#xD800;a"), ("<td>a</td><td>b</td>", "a b"),
    ])
    func `the text of a page is what a reader sees`(_ html: String, _ text: String) {
        #expect(HTMLText(Array(html.utf8)).text == text)
    }

    @Test func `a page made to be slow is not`() {
        for piece in ["<", "<!--", "<a href=\"", "&", "<script>", "<p>", "</", "&#", " "] {
            let bytes = Array(String(repeating: piece, count: 200_000).utf8)
            let time = ContinuousClock().measure { _ = HTMLText(bytes) }
            #expect(time < .seconds(10), "\(piece)")
        }
    }

    @Test(arguments: [
        "127.0.0.1", "127.255.0.1", "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.1",
        "169.254.169.254", "100.64.0.1", "0.0.0.0", "192.0.0.192", "198.18.0.1", "224.0.0.1",
        "255.255.255.255", "203.0.113.9",
    ])
    func `addresses of somebody's inside are not public`(_ text: String) {
        let number = text.split(separator: ".").compactMap { UInt32($0) }
            .reduce(0) { $0 << 8 | $1 }
        #expect(!AddressPolicy.isPublic(.v4(number)))
        let bytes = (0..<4).map { UInt8(truncatingIfNeeded: number >> (24 - 8 * $0)) }
        let zeros = [UInt8](repeating: 0, count: 10)
        #expect(!AddressPolicy.isPublic(.v6(zeros + [0xFF, 0xFF] + bytes)), "mapped")
        #expect(
            !AddressPolicy.isPublic(.v6([0, 0x64, 0xFF, 0x9B] + zeros.dropLast(2) + bytes)),
            "translated")
        #expect(!AddressPolicy.isPublic(.v6([0x20, 0x02] + bytes + zeros)), "6to4")
        #expect(!AddressPolicy.isPublic(.v6(zeros + [0, 0] + bytes)), "compatible")
    }

    @Test func `addresses of the public internet are`() {
        #expect(AddressPolicy.isPublic(.v4(0x0808_0808)))
        #expect(AddressPolicy.isPublic(.v4(0xAC20_0001)), "172.32.0.1")
        let google: [UInt8] = [0x20, 0x01, 0x48, 0x60] + [UInt8](repeating: 0, count: 11) + [1]
        #expect(AddressPolicy.isPublic(.v6(google)))
        for first: [UInt8] in [
            [0xFE, 0x80], [0xFC, 0], [0xFD, 0], [0xFF, 2], [0, 0], [0x20, 1, 0x0D, 0xB8],
            [0x20, 1, 0, 0], [0xFE, 0xC0],
        ] {
            let rest = [UInt8](repeating: 1, count: 16 - first.count)
            #expect(!AddressPolicy.isPublic(.v6(first + rest)))
        }
        #expect(!AddressPolicy.isPublic(.v6([])))
    }
}
