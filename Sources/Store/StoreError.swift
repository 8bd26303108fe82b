import GRDB
import System

/// Why the database did not do what was asked.
public enum StoreError: Error, Equatable, Sendable, CustomStringConvertible {
    /// A rule of the schema was broken, by a mistake in this program: the command is rolled back,
    /// everything else goes on.
    case constraint(String, reason: String)
    /// A stored value is none that this program writes.
    case damaged(column: Int, of: String)
    case inUse(path: String)
    case unusable(path: String, SystemError)
    /// Made by a newer version of this program.
    case tooNew(version: Int, supported: Int)
    /// Nothing is written at the moment; see ``Store/takesWrites``.
    case suspended(String)
    /// Disk full, I/O error, file damaged: nothing of the transaction is kept.
    case failed(String, reason: String, code: Int32)

    init(_ what: String, _ error: any Error) {
        switch error {
        case let error as StoreError:
            self = error
        case let error as DatabaseError where error.resultCode == .SQLITE_CONSTRAINT:
            self = .constraint(what, reason: error.message ?? "no reason given")
        case let error as DatabaseError:
            self = .failed(
                what, reason: error.message ?? "no reason given",
                code: error.extendedResultCode.rawValue)
        default:
            self = .failed(what, reason: "\(error)", code: -1)
        }
    }

    /// Whether only the command that met it fails; any other error fails the whole transaction.
    public var isLocal: Bool {
        switch self {
        case .constraint, .damaged, .suspended: true
        case .inUse, .unusable, .tooNew, .failed: false
        }
    }

    public var description: String {
        switch self {
        case .constraint(let what, let reason):
            "the database refused \(what): \(reason)"
        case .damaged(let column, let what):
            "column \(column) of \(what) holds a value that no version of this program writes"
        case .inUse(let path):
            "the database \(path) is in use by another hub; stop that one first, or choose"
                + " another state directory"
        case .unusable(let path, let error):
            "could not open \(path): \(error); the directory must exist and belong"
                + " to the hub's user"
        case .tooNew(let version, let supported):
            "the database has version \(version), this program knows versions up to \(supported);"
                + " install the newer program again"
        case .suspended(let what):
            "\(what) was not tried: the database takes no writes at the moment"
        case .failed(let what, let reason, let code):
            "\(what) failed: \(reason) (SQLite \(code)); see that the disk has space and works,"
                + " then start again"
        }
    }
}
