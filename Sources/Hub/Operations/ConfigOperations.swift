import Daemon
import JSON
import Protocol

/// `config.get`, `config.update`, `theme.get`, `theme.replace`: the files are read and written on
/// the files thread; what was written is in effect, and announced, when the answer leaves.
extension HubCore {
    func setUpConfigOperations() {
        operations.on(.getConfig) { [unowned self] _ in settings.effective }
        operations.onDeferred(.updateConfig) { [unowned self] call, reply in
            let patch = call.document
            try edit("config.update", reply, call.iteration) { directory in
                let merged = try directory.document(.config).patched(with: patch)
                guard let settings = try directory.check(merged, as: .config) else {
                    preconditionFailure("a configuration that was checked has settings")
                }
                try directory.write(merged, to: .config)
                return (settings.effective, WatchedContent(reading: .config, directory))
            }
        }
        operations.on(.getTheme) { [unowned self] _ in theme }
        operations.onDeferred(.replaceTheme) { [unowned self] call, reply in
            let theme = JSONValue.object(call.document)
            try edit("theme.replace", reply, call.iteration) { directory in
                _ = try directory.check(theme, as: .theme)
                try directory.write(theme, to: .theme)
                return (theme, WatchedContent(reading: .theme, directory))
            }
        }
    }

    var configDirectory: ConfigDirectory {
        ConfigDirectory(path: paths.configDirectory, environment: environment)
    }

    /// Runs `work` on the files thread, takes over what it wrote, and answers with its result.
    private func edit(
        _ label: String, _ reply: Reply, _ iteration: Iteration,
        _ work: @escaping @Sendable (ConfigDirectory) throws -> (JSONValue, WatchedContent)
    ) throws(OperationError) {
        let directory = configDirectory
        let isTaken = desks.files.offload(label, reply: reply) {
            Result { try work(directory) }.mapError(Self.refusal)
        } then: {
            [unowned self] (result: Result<(JSONValue, WatchedContent), OperationError>, iteration)
            in
            let (answer, content) = try result.get()
            try takeOver(content, iteration)
            iteration.answer(reply, answer)
        }
        guard isTaken else {
            throw OperationError(
                .rateLimited, "too many edits are waiting; try again", retryAfterSeconds: 1)
        }
        iteration.deferAnswer(reply)
    }

    @Sendable private static func refusal(_ error: any Error) -> OperationError {
        switch error {
        case let error as SettingsError:
            let problems = error.problems.map {
                ValidationError.Problem(path: $0.key, problem: $0.expected)
            }
            return OperationError(ValidationError(problems))
        case let error as ThemeError:
            return OperationError(ValidationError(path: "", "\(error)"))
        case let error as ConfigWriteError:
            return OperationError(.conflict, "\(error)")
        case let error as JSONError:
            return OperationError(
                .conflict, "the file on disk is not JSON, mend it there first: \(error)")
        default:
            return OperationError(.serviceUnavailable, "the file cannot be used: \(error)")
        }
    }
}

extension OperationCall {
    /// The parameters as the document that the caller sent; the command line adds its team.
    fileprivate var document: JSONObject {
        var document = parameters
        if caller == .local { document["teamId"] = nil }
        return document
    }
}

extension JSONValue {
    /// A copy with the members of `patch` put in, two levels deep; null removes a member, except
    /// where null is what a setting can be.
    fileprivate func patched(with patch: JSONObject) -> JSONValue {
        var document = objectValue ?? [:]
        for (group, value) in patch {
            guard let changes = value.objectValue else {
                document.set(group, value.isNull ? Optional.none : value)
                continue
            }
            var members = document[group]?.objectValue ?? [:]
            for (name, value) in changes {
                let isRemoval = value.isNull && !Self.canBeNull(group, name)
                members.set(name, isRemoval ? Optional.none : value)
            }
            document[group] = .object(members)
        }
        return .object(document)
    }

    private static func canBeNull(_ group: String, _ name: String) -> Bool {
        let document: JSONValue = .object([group: .object([name: .null])])
        // Refused: it can be anything but null.
        return (try? Settings.parse(document, environment: [:])) != nil
    }
}

extension JSONObject {
    /// Sets a member, or removes it where there is no value; null is a value.
    fileprivate mutating func set(_ key: String, _ value: JSONValue?) { self[key] = value }
}
