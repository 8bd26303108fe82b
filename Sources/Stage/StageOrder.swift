import System

/// A folder that a sandbox is shown, by the descriptor that was checked, and what of it differs.
package struct StagedFolder: Sendable {
    /// Held since the run began.
    package let entry: OwnedDescriptor
    /// Where the sandbox has it.
    package let place: String
    package let isWritable: Bool
    /// Folders before what they hold.
    package var changes: [StageChange]

    package init(
        entry: OwnedDescriptor, place: String, isWritable: Bool, changes: [StageChange] = []
    ) {
        self.entry = entry
        self.place = place
        self.isWritable = isWritable
        self.changes = changes
    }
}

/// What is different about a place in a staged folder.
package struct StageChange: Sendable, Equatable {
    package enum Kind: String, Sendable {
        /// Nothing of it can be moved away or replaced: it is mounted over itself.
        case pin
        /// It can be read only.
        case protect
        /// It is empty.
        case hide
    }

    package let kind: Kind
    /// Relative to the folder, without links.
    package let path: String
    /// What has to be there; anything else ends the start of the sandbox.
    package let identity: FileIdentity

    package init(kind: Kind, path: String, identity: FileIdentity) {
        self.kind = kind
        self.path = path
        self.identity = identity
    }
}

/// What the stage is told: the folders, then the program to become.
///
/// As arguments of the process:
/// `switchboard-sandbox 7 rw 1 hide 2049 131 .ssh 8 ro 0 -- /usr/bin/bwrap …`.
package struct StageOrder {
    /// Who is told: a program beside the product's others.
    package static let programName = "switchboard-sandbox"

    package struct Folder: Equatable {
        package let descriptor: Int32
        package let isWritable: Bool
        package let changes: [StageChange]
    }

    package private(set) var folders: [Folder] = []
    /// A path and arguments.
    package private(set) var program: [String] = []

    /// - Parameter first: the number that the first folder's descriptor has in the new process.
    package static func arguments(
        _ folders: [StagedFolder], firstDescriptor first: Int
    ) -> [String] {
        var arguments: [String] = []
        for (index, folder) in folders.enumerated() {
            arguments += [
                "\(first + index)", folder.isWritable ? "rw" : "ro", "\(folder.changes.count)",
            ]
            for change in folder.changes {
                arguments += [
                    change.kind.rawValue, "\(change.identity.device)", "\(change.identity.inode)",
                    change.path,
                ]
            }
        }
        return arguments + ["--"]
    }

    /// - Parameter arguments: those of the process, without its name.
    /// - Returns: nil for what no worker of ours says.
    package init?(_ arguments: [String]) {
        var rest = arguments[...]
        while let word = rest.popFirst(), word != "--" {
            guard let descriptor = Int32(word), let access = rest.popFirst(),
                let count = rest.popFirst().flatMap({ Int($0) }), count >= 0
            else { return nil }
            var changes: [StageChange] = []
            for _ in 0..<count {
                guard let kind = rest.popFirst().flatMap(StageChange.Kind.init),
                    let device = rest.popFirst().flatMap({ UInt($0) }),
                    let inode = rest.popFirst().flatMap({ UInt($0) }), let path = rest.popFirst()
                else { return nil }
                let identity = FileIdentity(device: device, inode: inode)
                changes.append(StageChange(kind: kind, path: path, identity: identity))
            }
            folders.append(
                Folder(descriptor: descriptor, isWritable: access == "rw", changes: changes))
        }
        program = Array(rest)
        guard !program.isEmpty else { return nil }
    }
}
