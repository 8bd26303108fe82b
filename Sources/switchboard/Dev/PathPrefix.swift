import ArgumentParser

/// The path that an installation lives under on its host, such as `/agents`; or none.
struct PathPrefix: Equatable, Sendable {
    static let none = PathPrefix(text: "")

    /// Without a slash at its end.
    let text: String

    private init(text: String) { self.text = text }

    /// One line of nginx's files with the prefix in it, by the rules that the head of
    /// `nginx/snippets/switchboard-locations.conf` lists.
    func rendered(_ line: String) -> String {
        guard self != .none else { return line }
        let words = line.drop { $0 == " " }
        if words.hasPrefix("location ~ ^$") {
            return line.replacing("^$", with: "^\(text)$", maxReplacements: 1)
        }
        if words.hasPrefix("location ") {
            return line.replacing("/", with: "\(text)/", maxReplacements: 1)
        }
        if words.hasPrefix("error_page ") {
            return line.replacing(" /", with: " \(text)/", maxReplacements: 1)
        }
        if words.hasPrefix("fastcgi_param SWITCHBOARD_PREFIX ") {
            return line.replacing("\"\"", with: "\"\(text)\"", maxReplacements: 1)
        }
        return line
    }
}

extension PathPrefix: ExpressibleByArgument {
    /// Slash and word, once or several times: what an nginx pattern and a URL take as it is.
    init?(argument: String) {
        let text = argument.hasSuffix("/") ? String(argument.dropLast()) : argument
        guard text.isEmpty || text.wholeMatch(of: /(\/[A-Za-z0-9_-]+)+/) != nil else { return nil }
        self.init(text: text)
    }

    var defaultValueDescription: String { "none" }
}
