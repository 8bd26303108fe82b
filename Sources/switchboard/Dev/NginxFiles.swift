import Daemon

/// Renders the product's own nginx files for a development installation.
///
/// Nothing is changed but the literals that the head comment of `nginx/switchboard.conf` lists, so
/// what runs here is what an administrator installs.
struct NginxFiles {
    let source: String
    let console: String
    let client: String
    let layout: DevLayout
    let listen: [String]
    let prefix: PathPrefix
    let webSocketWorkers: [String]

    /// Writes `nginx.conf`, `site.conf` and `snippets/` below `layout.nginx`.
    func render() throws(CommandFailure) {
        try copy("switchboard-dev-main.conf", to: "nginx.conf")
        try copy("switchboard.conf", to: "site.conf")
        for name in FileSystem.names(in: "\(source)/snippets") where name.hasSuffix(".conf") {
            try copy("snippets/\(name)", to: "snippets/\(name)")
        }
    }

    private func copy(_ name: String, to target: String) throws(CommandFailure) {
        let path = "\(source)/\(name)"
        do {
            guard let bytes = try SmallFile.read(path, maximumBytes: 1_048_576) else {
                throw CommandFailure("\(path) is missing; nginx cannot be configured without it")
            }
            let lines = String(decoding: bytes, as: UTF8.self)
                .split(separator: "\n", omittingEmptySubsequences: false)
            let text = rendered(lines.map(String.init)).joined(separator: "\n")
            try SmallFile.replace(
                "\(layout.nginx)/\(target)", with: Array(text.utf8), mode: 0o600)
        } catch let error as CommandFailure {
            throw error
        } catch {
            throw CommandFailure("\(error)")
        }
    }

    /// Lines that stand for several are written once, where the first of their kind was.
    func rendered(_ lines: [String]) -> [String] {
        var result: [String] = []
        var isDone: Set<String> = []
        for line in lines {
            let words = line.drop { $0 == " " }
            if words.hasPrefix("#") { continue }
            let expansion: (kind: String, lines: [String])? =
                if words.hasPrefix("listen 443 ") || words.hasPrefix("listen [::]:443 ") {
                    ("https", listen.map { "    listen \($0) ssl http2;" })
                } else if words.hasPrefix("listen 80;") || words.hasPrefix("listen [::]:80;") {
                    ("http", ["    listen unix:\(layout.httpSocket);"])
                } else if words.hasPrefix("server unix:/run/switchboard/ws-") {
                    ("workers", webSocketWorkers.map(server))
                } else {
                    nil
                }
            if let expansion {
                if isDone.insert(expansion.kind).inserted { result += expansion.lines }
            } else {
                result.append(replacingLiterals(in: prefix.rendered(line)))
            }
        }
        return result
    }

    private func server(_ worker: String) -> String {
        "    server unix:\(layout.paths.webSocketSocket(name: worker)) max_fails=0;"
    }

    private func replacingLiterals(in line: String) -> String {
        let literals = [
            (
                "/usr/share/switchboard/nginx/switchboard-",
                "\(layout.nginx)/snippets/switchboard-"
            ),
            ("/run/switchboard/", "\(layout.paths.runDirectory)/"),
            ("/etc/switchboard/tls/", "\(layout.tls)/"),
            ("/usr/share/switchboard/console", console),
            ("/usr/share/switchboard/client", client),
            ("/var/log/nginx/switchboard-", "\(layout.nginx)/"),
        ]
        for (literal, replacement) in literals {
            if let range = line.firstRange(of: literal) {
                return line.replacingCharacters(in: range, with: replacement)
            }
        }
        return line
    }
}

extension String {
    /// The text with one range replaced.
    fileprivate func replacingCharacters(
        in range: Range<String.Index>, with text: String
    ) -> String {
        self[..<range.lowerBound] + text + self[range.upperBound...]
    }
}
