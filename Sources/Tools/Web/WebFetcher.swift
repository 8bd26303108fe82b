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
        var url = input.url
        for _ in 0...ToolLimits.maximumRedirects {
            if let problem = Self.problem(url) { return .failure("\(url): \(problem)") }
            let rest = ToolLimits.fetchTime - (ContinuousClock.now - start)
            guard rest > .zero, !isCancelled() else { return .failure("\(url): out of time.") }
            let page: Page
            do throws(PageError) {
                page = try client.get(
                    url, maximumBytes: ToolLimits.maximumPageBytes, timeout: rest)
            } catch {
                return .failure("\(url) was not fetched: \(error).")
            }
            guard let next = page.redirect else { return Self.answer(page, url) }
            url = next
        }
        return .failure(
            "\(input.url) was not fetched: more than \(ToolLimits.maximumRedirects) redirects.")
    }

    /// What is wrong with an address before anything is looked up.
    static func problem(_ url: String) -> String? {
        let lower = url.lowercased()
        guard let scheme = ["http://", "https://"].first(where: { lower.hasPrefix($0) }) else {
            return "only http and https addresses are fetched."
        }
        guard url.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F }) else {
            return "an address must not hold blanks or control characters."
        }
        let authority = url.dropFirst(scheme.count).prefix { !"/?#\\".contains($0) }
        guard !authority.isEmpty else { return "the address names no host." }
        return authority.contains("@") ? "an address with a user or password is refused." : nil
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
