import Protocol

/// How often a watched file changed, and what it was when it was last taken over.
public struct GenerationRow: Sendable, Equatable {
    public let count: Int64
    /// Of the content, 64 hexadecimal digits.
    public let digest: String

    public init(count: Int64, digest: String) {
        self.count = count
        self.digest = digest
    }
}

extension StoreTransaction {
    public func generation(of file: WatchedFile) throws(StoreError) -> GenerationRow? {
        try row("SELECT count, digest FROM generations WHERE file = ?", [file.rawValue]) {
            (row) throws(StoreError) in
            GenerationRow(count: try row.integer(), digest: try row.text())
        }
    }

    public func put(_ generation: GenerationRow, of file: WatchedFile) throws(StoreError) {
        try execute(
            """
            INSERT INTO generations (file, count, digest) VALUES (?, ?, ?)
            ON CONFLICT (file) DO UPDATE SET count = excluded.count, digest = excluded.digest
            """, [file.rawValue, generation.count, generation.digest])
    }
}
