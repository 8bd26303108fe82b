import Daemon
import JSON
import Protocol
import Realtime
import Store
import System

/// `workspaces.*`: folders that agents work in, with defaults for their sessions.
struct WorkspaceOperations {
    let directory: SessionDirectory
    let settings: () -> HubSettings
    let metrics: HubMetrics
    /// What no workspace may overlap; see ``Paths/reserved``.
    let reserved: [RealPath]

    func register(in operations: OperationRegistry) {
        operations.onRead(.listWorkspaces, list)
        operations.on(.createWorkspace, create)
        operations.on(.getWorkspace) { call in try workspace(call).json }
        operations.on(.updateWorkspace, update)
        operations.on(.deleteWorkspace, delete)
    }

    /// Oldest first.
    private func list(_ call: OperationCall) throws -> HeavyRead {
        let (team, page) = (try call.visibleTeam(), try call.page())
        return HeavyRead(for: team) { store in
            let rows = try store.workspaces(
                of: team, after: page.afterMoment(), limit: page.fetch)
            return page.answer(
                rows, position: { ListPage.position($0.createdAt, $0.id) }, json: \.json)
        }
    }

    /// Without a name it is called like its folder.
    private func create(_ call: OperationCall) throws -> JSONValue {
        let team = try call.team()
        guard try call.store.workspaceCount(of: team) < settings().maximumWorkspacesPerTeam else {
            metrics.reached(limit: "hub.maximumWorkspacesPerTeam")
            throw OperationError(
                .limitReached,
                "the team has \(settings().maximumWorkspacesPerTeam) workspaces; delete some")
        }
        var row = try call.read { reader in
            let path = reader.require("path", path(reader), or: "/")
            let folder = path.split(separator: "/").last.map(String.init) ?? path
            return WorkspaceRow(
                id: Fresh.identifier("wks"), teamID: team, name: reader.string("name") ?? folder,
                path: path, createdAt: call.iteration.now)
        }
        try applyDefaults(to: &row, call)
        try call.store.put(row)
        return row.json
    }

    private func update(_ call: OperationCall) throws -> JSONValue {
        var row = try workspace(call)
        let (name, path) = try call.read { ($0.string("name"), self.path($0)) }
        row.name = name ?? row.name
        row.path = path ?? row.path
        try applyDefaults(to: &row, call)
        row.updatedAt = call.iteration.now
        try call.store.put(row)
        return row.json
    }

    private func delete(_ call: OperationCall) throws -> JSONValue {
        let row = try workspace(call)
        try call.store.deleteWorkspace(row.id)
        directory.forget(row.id)
        return ["deleted": true]
    }

    private func workspace(_ call: OperationCall) throws -> WorkspaceRow {
        guard let row = try call.store.workspace(try call.pathID()), call.maySee(row.teamID) else {
            throw call.notFound()
        }
        return row
    }

    private func applyDefaults(to row: inout WorkspaceRow, _ call: OperationCall) throws {
        let (mode, agent, model, startup) = try call.read { reader in
            (
                reader.change("mode") { $0.choice("mode") as SessionMode? },
                reader.change("agent") { $0.string("agent") },
                reader.change("model") { $0.string("model") },
                reader.boolean("allowsStartupFiles")
            )
        }
        mode.apply(to: &row.mode)
        agent.apply(to: &row.agent)
        model.apply(to: &row.model)
        row.allowsStartupFiles = startup ?? row.allowsStartupFiles
    }

    /// Absolute, without a step back: what an agent is given as its folder has to be that folder.
    ///
    /// Switchboard's own folders are refused here as far as a path tells; the agent's worker looks
    /// at the folders themselves.
    private func path(_ reader: FieldReader) -> String? {
        guard let path = reader.string("path", bytes: 1...4_096) else { return nil }
        guard path.hasPrefix("/"), !path.split(separator: "/").contains("..") else {
            reader.refuse("path", "an absolute path without \"..\"")
            return nil
        }
        guard !reserved.contains(where: RealPath(path).overlaps) else {
            reader.refuse(
                "path", "a folder that neither is, nor lies in, nor holds one of Switchboard's own")
            return nil
        }
        return path
    }
}
