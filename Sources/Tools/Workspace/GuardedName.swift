import System

/// A name in a workspace that commands and file tools must not reach, or must not change.
package struct GuardedName: Sendable, Equatable {
    package enum Kind: Sendable, Equatable {
        /// A person's credential: nobody sees it.
        case secret
        /// It runs later, outside of the sandbox, when this happens: it can be read only.
        ///
        /// The rule of the list: what runs though nobody names it, by entering or opening the
        /// folder, signing in, or a use of git. What a person starts by name (`make`, `npm run`) is
        /// theirs to read first.
        case startup(when: String)
    }

    /// From the workspace on, or from any folder where ``isAnywhere``.
    package let parts: [String]
    let kind: Kind
    /// Whether it counts in every folder, as for a project, and not only in a home.
    let isAnywhere: Bool

    private init(_ path: String, _ kind: Kind, anywhere: Bool) {
        parts = path.split(separator: "/").map(String.init)
        self.kind = kind
        isAnywhere = anywhere
    }

    /// When it runs; nil for a secret.
    var moment: String? {
        if case .startup(let moment) = kind { moment } else { nil }
    }

    /// What a person's home folder holds of keys, should it be the workspace.
    static let secrets = [
        ".aws", ".azure", ".config/gcloud", ".config/gh", ".docker", ".git-credentials", ".gnupg",
        ".kube", ".netrc", ".pgpass", ".pypirc", ".ssh",
    ].map { GuardedName($0, .secret, anywhere: false) }

    /// What runs when somebody signs in whose home the workspace is.
    private static let homeFiles: [(when: String, paths: [String])] = [
        (
            "a shell starts",
            [
                ".bash_aliases", ".bash_login", ".bash_logout", ".bash_profile", ".bashrc",
                ".config/fish", ".profile", ".zlogin", ".zlogout", ".zprofile", ".zshenv", ".zshrc",
            ]
        ),
        (
            "somebody signs in",
            [
                ".config/autostart", ".config/environment.d", ".config/systemd",
                ".local/share/systemd", ".pam_environment", ".xprofile", ".xsession", ".xsessionrc",
            ]
        ),
        ("git is used", [".config/git", ".gitconfig"]),
    ]

    /// What runs when somebody works in the folder.
    private static let projectFiles: [(when: String, paths: [String])] = [
        ("direnv enters the folder", [".envrc"]),
        (
            "an editor opens the folder",
            [
                ".cursor", ".devcontainer", ".dir-locals.el", ".exrc", ".idea", ".nvim.lua",
                ".vscode",
            ]
        ),
        ("another agent starts in the folder", [".claude", ".codex", ".gemini", ".mcp.json"]),
        ("git runs its hooks", [".husky", ".lefthook.yml", ".pre-commit-config.yaml"]),
        // As a whole for file tools; commands see what ``GitGuards`` says.
        ("git is used", [".git"]),
    ]

    package static let startup =
        homeFiles.flatMap { list in
            list.paths.map { GuardedName($0, .startup(when: list.when), anywhere: false) }
        }
        + projectFiles.flatMap { list in
            list.paths.map { GuardedName($0, .startup(when: list.when), anywhere: true) }
        }

    /// A repository's folder, or the file that names one.
    static let git = GuardedName(".git", .startup(when: "git is used"), anywhere: true)

    /// Whether a path is, or lies in, what is meant.
    package func covers(_ path: [String]) -> Bool {
        guard !path.isEmpty, parts.count <= path.count else { return false }
        let starts = isAnywhere ? 0...(path.count - parts.count) : 0...0
        return starts.contains { matches(path[$0...].prefix(parts.count)) }
    }

    /// What is left of it in a folder that has these names above it: `systemd` in `…/.config`.
    ///
    /// Nil where the folder has nothing to do with it; empty where the folder is it, or within it.
    package func rest(below folder: [String]) -> [String]? {
        if folder.indices.contains(where: { matches(folder[$0...].prefix(parts.count)) }) {
            return []
        }
        let known = (1..<max(1, parts.count)).last {
            folder.suffix($0).elementsEqual(parts.prefix($0))
        }
        return known.map { Array(parts.dropFirst($0)) }
    }

    private func matches(_ names: ArraySlice<String>) -> Bool {
        // By bytes: in Swift, two texts of different bytes can be equal.
        RealPath(parts: Array(names)) == RealPath(parts: parts)
    }
}

extension GuardedName {
    /// What a person should know about paths of which one runs later, outside of the sandbox.
    ///
    /// For a question only: a command can name a file in ways that no list of words shows.
    static func warning(about paths: [String]) -> String? {
        for path in paths {
            let parts = RealPath(path).parts
            guard let name = startup.first(where: { $0.covers(parts) }), let moment = name.moment
            else { continue }
            return "Careful: \(path) runs outside of the sandbox when \(moment)."
        }
        return nil
    }
}

extension String {
    /// What is between blanks, quotes, redirections and the like.
    var words: [String] {
        split { " \t\n'\"<>|&;()=`".contains($0) }.map(String.init)
    }
}
