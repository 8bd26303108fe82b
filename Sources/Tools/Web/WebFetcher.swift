import HTTPClient

/// WebFetch: the text of a page of the public web.
package struct WebFetcher: Sendable {
    private let client: PageClient

    /// - Parameter admits: which addresses may be connected to; asked for every redirect anew.
    package init(admits: @escaping @Sendable (RemoteAddress) -> Bool) {
        client = PageClient(admits: admits)
    }

    /// Fetches, follows redirects, and takes the text out.
    ///
    /// Blocks for up to ``ToolLimits/fetchTime``.
    func fetch(_ input: WebFetchInput, isCancelled: () -> Bool) -> ToolOutcome {
        let start = ContinuousClock.now
        var next = input.url
        var base: PageAddress?
        for _ in 0...ToolLimits.maximumRedirects {
            let shown = ShownText.clean(Array(next.utf8)).shortened(to: 200)
            let rest = ToolLimits.fetchTime - (ContinuousClock.now - start)
            guard rest > .zero, !isCancelled() else { return .failure("\(shown): out of time.") }
            let page: Page
            do {
                let address = try Self.address(try base?.resolve(next) ?? next)
                base = address
                page = try client.get(
                    address.url, maximumBytes: ToolLimits.maximumPageBytes, timeout: rest)
            } catch {
                return .failure("\(shown) was not fetched: \(error).")
            }
            guard let redirect = page.redirect else { return Self.answer(page, shown) }
            next = redirect
        }
        return .failure(
            "\(input.url) was not fetched: more than \(ToolLimits.maximumRedirects) redirects.")
    }

    /// Reads an address, and has libcurl read it too: before and after it was put together anew.
    package static func address(_ text: String) throws(PageAddress.Problem) -> PageAddress {
        let address = try PageAddress(text)
        guard address.isConfirmed(by: text), address.isConfirmed(by: address.url) else {
            throw PageAddress.Problem(
                "two parsers read it differently; write scheme, host, port and path plainly")
        }
        return address
    }

    private static func answer(_ page: Page, _ url: String) -> ToolOutcome {
        let type = (page.header("content-type") ?? "text/plain").lowercased()
        let isText = ["text/", "json", "xml", "javascript", "yaml", "toml"].contains(
            where: type.contains)
        guard isText, !page.body.prefix(8_192).contains(0) else {
            return .failure(
                "\(url) answered \(page.status) with \(page.body.count) bytes of \(type), which is "
                    + "no text.")
        }
        let text = type.contains("html") ? HTMLText(page.body).text : ShownText.clean(page.body)
        let head = "\(url) (status \(page.status)\(page.isCut ? ", cut off" : ""))\n\n"
        return ToolOutcome(
            text: head + text.shortened(to: ToolLimits.maximumResultBytes - head.utf8.count - 16),
            isError: page.status >= 400)
    }
}

extension Page {
    /// Where it leads, as it was written; nil for an answer that is no redirect.
    fileprivate var redirect: String? {
        guard [301, 302, 303, 307, 308].contains(status) else { return nil }
        return header("location")
    }
}
