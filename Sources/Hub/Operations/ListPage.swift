import Crypto
import JSON
import Protocol
import Realtime
import Store

/// Which part of a list is wanted, and its answer `{items, nextCursor}`.
///
/// A page ends at ``limit`` or at `Limits.maximumPageBytes`, whichever comes first, and the cursor
/// goes on from there; it holds one item at least where there is one.
package struct ListPage: Equatable, Sendable {
    /// Rows in the answer.
    package let limit: Int
    /// The position of the last row of the page before; nil for the first page.
    package let after: String?

    /// Rows to read: one more than wanted tells whether there is a next page.
    package var fetch: Int { limit + 1 }

    /// The position as the id that it is for most lists; nil too where it is not one.
    package func afterID<Kind>() -> Identifier<Kind>? {
        after.flatMap { try? Identifier(parsing: $0) }  // a cursor made up by the caller
    }

    /// The answer to a list whose rows are small.
    ///
    /// - Parameters:
    ///   - rows: up to ``fetch``.
    ///   - position: what ``after`` has to be to go on behind a row.
    package func answer<Row>(
        _ rows: [Row], position: (Row) -> String, json: (Row) -> JSONValue
    ) -> [UInt8] {
        answer(
            RowBatch(rows: Array(rows.prefix(limit)), hasMore: rows.count > limit),
            position: position, text: { json($0).encoded() })
    }

    /// The same for rows that were read up to a limit of bytes.
    package func answer<Row>(
        _ batch: RowBatch<Row>, position: (Row) -> String, json: (Row) -> JSONValue
    ) -> [UInt8] {
        answer(batch, position: position, text: { json($0).encoded() })
    }

    /// - Parameters:
    ///   - end: where the list goes on behind the last of these rows; nil: behind that row.
    ///   - more: members of the answer beside the two.
    package func answer<Row>(
        _ batch: RowBatch<Row>, maximumBytes: Int = Limits.maximumPageBytes, end: String? = nil,
        more: JSONObject = [:], position: (Row) -> String, text: (Row) -> [UInt8]
    ) -> [UInt8] {
        var items = Array("{\"items\":[".utf8)
        var last: String?
        var isWhole = true
        for row in batch.rows {
            let item = text(row)
            isWhole = last == nil || items.count + item.count <= maximumBytes
            guard isWhole else { break }
            if last != nil { items.append(UInt8(ascii: ",")) }
            items += item
            last = position(row)
        }
        let next = !isWhole ? last : batch.hasMore ? end ?? last : nil
        items += Array("]".utf8)
        for (key, value) in [("nextCursor", .text(next.map(Self.cursor)))] + Array(more) {
            items += Array(",\"\(key)\":".utf8) + value.encoded()
        }
        return items + Array("}".utf8)
    }

    /// A position as callers see it: opaque.
    static func cursor(_ position: String) -> String { Base64URL.encode(Array(position.utf8)) }
}
