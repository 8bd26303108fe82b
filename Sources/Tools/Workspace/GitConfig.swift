/// A file of git's settings (git-config(1)), read to know whether git would run something for it.
///
/// By a list of settings that are harmless, for git gets new ones: what is not on it, and a file
/// that this reader does not understand, counts as dangerous. Pure.
package struct GitConfig {
    /// One setting.
    package struct Setting: Equatable {
        /// In lower case, as the key; without the subsection.
        package var section: String
        package var subsection: String?
        package var key: String
        package var value: String
    }

    /// What a person would write: `core.fsmonitor`, `remote.origin.uploadpack`.
    package private(set) var dangers: [String] = []

    /// - Parameter depth: how many folders of the workspace the file lies in.
    package init(_ bytes: [UInt8], depth: Int) {
        guard let settings = Self.settings(bytes) else {
            dangers = ["a line that is no setting"]
            return
        }
        dangers = settings.filter { !Self.isHarmless($0, depth) }.map(\.name)
    }

    // MARK: - What is harmless

    private static let plain: [String: Set<String>] = [
        "core": [
            "abbrev", "autocrlf", "bare", "bigfilethreshold", "checkstat", "commentchar",
            "compression", "eol", "filemode", "fscache", "hidedotfiles", "ignorecase",
            "logallrefupdates", "longpaths", "precomposeunicode", "preloadindex", "protecthfs",
            "protectntfs", "quotepath", "repositoryformatversion", "safecrlf", "sharedrepository",
            "sparsecheckout", "sparsecheckoutcone", "splitindex", "symlinks", "trustctime",
            "untrackedcache", "whitespace", "worktree",
        ],
        "extensions": [
            "compatobjectformat", "noop", "objectformat", "partialclone", "preciousobjects",
            "refstorage", "relativeworktrees", "worktreeconfig",
        ],
        "user": ["email", "name", "useconfigonly"],
        "author": ["email", "name"],
        "committer": ["email", "name"],
        "init": ["defaultbranch"],
        "submodule": ["active", "fetchjobs", "recurse"],
        "pull": ["ff", "rebase"],
        "push": ["autosetupremote", "default", "followtags"],
        "fetch": ["parallel", "prune", "prunetags", "recursesubmodules"],
        "merge": ["conflictstyle", "ff", "renames", "stat"],
        "rebase": ["autosquash", "autostash", "stat", "updaterefs"],
        "diff": ["algorithm", "colormoved", "mnemonicprefix", "noprefix", "renames"],
        "status": ["branch", "short", "showuntrackedfiles", "submodulesummary"],
        "log": ["abbrevcommit", "date", "decorate"],
        "gc": ["auto", "autodetach"],
        "maintenance": ["auto", "strategy"],
        "receive": ["denycurrentbranch", "denydeletes", "denynonfastforwards"],
        "rerere": ["autoupdate", "enabled"],
        "color": ["branch", "diff", "status", "ui"],
        "column": ["ui"],
        "feature": ["manyfiles"],
        "index": ["threads", "version"],
        "pack": ["threads", "windowmemory"],
        "lfs": ["repositoryformatversion"],
    ]

    /// With a name between section and key.
    private static let named: [String: Set<String>] = [
        "branch": ["description", "merge", "pushremote", "rebase", "remote"],
        "remote": [
            "fetch", "mirror", "partialclonefilter", "promisor", "prune", "push", "pushurl",
            "skipdefaultupdate", "skipfetchall", "tagopt", "url",
        ],
        "submodule": [
            "active", "branch", "fetchrecursesubmodules", "ignore", "path", "shallow", "update",
            "url",
        ],
    ]

    private static func isHarmless(_ setting: Setting, _ depth: Int) -> Bool {
        let known = setting.subsection == nil ? plain : named
        guard known[setting.section]?.contains(setting.key) == true else { return false }
        return switch setting.key {
        // `ext::sh -c …`, and helpers of other names.
        case "url", "pushurl": !setting.value.contains("::") && setting.value.utf8.first != 0x2D
        // A submodule's; elsewhere it would have a checkout write there.
        case "worktree": leadsWithin(setting.value, depth)
        case "update": ["checkout", "merge", "none", "rebase"].contains(setting.value)
        default: true
        }
    }

    private static func leadsWithin(_ path: String, _ depth: Int) -> Bool {
        guard path.utf8.first != UInt8(ascii: "/"), path.utf8.first != UInt8(ascii: "~") else {
            return false
        }
        var depth = depth
        for name in path.utf8.split(separator: UInt8(ascii: "/")) where !name.elementsEqual([0x2E])
        {
            depth += name.elementsEqual([0x2E, 0x2E]) ? -1 : 1
            if depth < 0 { return false }
        }
        return true
    }
}

extension GitConfig.Setting {
    fileprivate var name: String {
        [section, subsection, key].compactMap { $0 }.joined(separator: ".")
    }
}

// MARK: - Reading

extension GitConfig {
    /// Nil for what is not as git writes it: a quoted or continued value is, more is not.
    package static func settings(_ bytes: [UInt8]) -> [Setting]? {
        guard let text = String(validating: bytes, as: UTF8.self) else { return nil }
        var settings: [Setting] = []
        var section: (name: String, subsection: String?)?
        for line in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline) {
            let words = line.drop(while: isBlank)
            guard let first = words.first, first != "#", first != ";" else { continue }
            if first == "[" {
                guard let header = header(words) else { return nil }
                section = header
                continue
            }
            guard let section, let (key, value) = setting(words) else { return nil }
            settings.append(
                Setting(
                    section: section.name, subsection: section.subsection, key: key, value: value))
        }
        return settings
    }

    /// `[core]` or `[remote "origin"]`, alone in its line.
    private static func header(_ line: Substring) -> (String, String?)? {
        let inner = line.dropFirst()
        guard let end = inner.lastIndex(of: "]"),
            inner[inner.index(after: end)...].allSatisfy(isBlank)
        else { return nil }
        let name = inner[..<end].prefix { isWord($0) }
        let rest = inner[name.endIndex..<end].drop(while: isBlank)
        guard !name.isEmpty else { return nil }
        guard !rest.isEmpty else { return (name.lowercased(), nil) }
        guard rest.count >= 2, rest.first == "\"", rest.last == "\"" else { return nil }
        let subsection = rest.dropFirst().dropLast()
        guard !subsection.contains(where: { $0 == "\"" || $0 == "\\" }) else { return nil }
        return (name.lowercased(), String(subsection))
    }

    private static func setting(_ line: Substring) -> (String, String)? {
        let key = line.prefix { isWord($0) }
        guard key.first?.isLetter == true else { return nil }
        let rest = line[key.endIndex...].drop(while: isBlank)
        // A key alone means `true`.
        guard let sign = rest.first else { return (key.lowercased(), "true") }
        guard sign == "=", let value = value(rest.dropFirst().drop(while: isBlank)) else {
            return nil
        }
        return (key.lowercased(), value)
    }

    /// Without the quotes and escapes, which no harmless value needs.
    private static func value(_ text: Substring) -> String? {
        var value = text
        while let last = value.last, isBlank(last) { value.removeLast() }
        if value.count >= 2, value.first == "\"", value.last == "\"" {
            value = value.dropFirst().dropLast()
        }
        guard !value.contains(where: { $0 == "\"" || $0 == "\\" }) else { return nil }
        return String(value)
    }

    private static func isBlank(_ character: Character) -> Bool {
        character == " " || character == "\t" || character == "\r"
    }

    private static func isWord(_ character: Character) -> Bool {
        character.isASCII && (character.isLetter || character.isNumber || character == "-")
    }
}
